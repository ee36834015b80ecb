import { findCredentialStorePath, findRealmPinsPath } from '../config/credential-files.ts'
import { openTransport } from '../delivery/open/open-registry.ts'
import { checkCredentials } from '../oci/registry/auth/check-credentials.ts'
import type { Credential } from '../oci/registry/credentials/credential.ts'
import { storeCredential } from '../oci/registry/credentials/credential-store.ts'
import type { RealmPin } from '../oci/registry/auth/realm.ts'
import { openKnownRealms, createPin, storePin } from '../oci/registry/auth/realm-pins.ts'
import { parseRegistryName } from '../oci/reference.ts'
import { WasmpackError } from '../errors.ts'
import { askSecret } from './cli/ask-secret.ts'
import { type OutputFlags, type Context, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { readAccess, readCredential, type TransportFlags, addTransportOptions } from './flags/transport.ts'

type Flags = OutputFlags & TransportFlags

export const loginCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Check credentials with the registry and store them in Docker's config file or its credential helper, which docker,
podman and oras read too. Rejected credentials are not stored.`,
    )
    .argument('<registry>', 'registry host, with the port if needed')
    .action(async (text: string, flags: Flags) => {
      const context = createContext(flags)
      const registry = parseRegistryName(text)
      const credential = await readLoginCredential(flags, context)
      const access = await readAccess(flags, context)
      const realms = openKnownRealms(undefined, access.trustedRealms)
      const transport = openTransport(access)
      const { realm } = await checkCredentials(registry, credential, {
        transport,
        realms,
        signal: context.signal,
      })
      const path = findCredentialStorePath({ registryConfig: flags.registryConfig })
      const { place } = await storeCredential(path, registry, credential)
      const pin = realm === undefined ? undefined : createPin(realm, realms)
      await storeRealmPin(registry, pin, context)
      context.reporter.result(
        { registry, place, ...(pin === undefined ? {} : { realm: pin.origin }) },
        `logged in to ${registry}; kept in ${place}`,
      )
    })
  addExamples(
    addOutputOptions(addTransportOptions(command)),
    'wasmpack login registry.example.com -u ci --password-stdin < password.txt',
    'wasmpack login registry.example.com -u alice',
  )
}

/** A login holds without it: what cannot be noted is told, as where the home directory is read-only. */
async function storeRealmPin(
  registry: string,
  pin: RealmPin | undefined,
  { reporter }: Context,
): Promise<void> {
  const path = findRealmPinsPath()
  try {
    if (path !== undefined) return await storePin(path, registry, pin)
  } catch (error) {
    if (!(error instanceof WasmpackError) || error.code !== 'FILE_UNWRITABLE') throw error
  }
  if (pin === undefined) return
  const where = path ?? 'a home directory, which is not there'
  reporter.warn(
    `the token service ${pin.origin} could not be noted in ${where}: another one will not be noticed`,
  )
}

/** From the flags; on a terminal the password of the given user is asked for. */
async function readLoginCredential(flags: Flags, context: Context): Promise<Credential> {
  const { username, passwordStdin, identityTokenStdin, registryTokenStdin } = flags
  if (username === undefined || passwordStdin || identityTokenStdin || registryTokenStdin) {
    const given = await readCredential(flags, context)
    if (given) return given
    throw new WasmpackError('USAGE', 'login needs a user', {
      hint: 'give --username NAME, and --password-stdin where nobody can be asked',
    })
  }
  return {
    kind: 'basic',
    username,
    password: await askSecret(`Password of ${username}: `, '--password-stdin', context.signal),
  }
}
