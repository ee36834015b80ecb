import { credentialStorePath } from '../config/credential-files.ts'
import { openTransport } from '../delivery/open-target.ts'
import { checkCredentials } from '../oci/registry/check-credentials.ts'
import type { Credential } from '../oci/registry/credential.ts'
import { storeCredential } from '../oci/registry/credential-store.ts'
import { parseRegistryName } from '../oci/reference.ts'
import { WasmpackError } from '../errors.ts'
import { askSecret } from './ask-secret.ts'
import { type OutputFlags, withOutput } from './flags/output.ts'
import { readAccess, readCredential, type TransportFlags, withTransport } from './flags/transport.ts'
import { type Context, type Define, withExamples } from './verb.ts'

type Flags = OutputFlags & TransportFlags

export const login: Define = (command, begin) => {
  command
    .description(
      `Check credentials with the registry and keep them where docker, podman and oras find them too: in Docker's
config file, or in the credential helper that it names. Nothing is kept that the registry refused.`,
    )
    .argument('<registry>', 'host, with its port if it has one')
    .action(async (text: string, flags: Flags) => {
      const context = begin(flags)
      const registry = parseRegistryName(text)
      const credential = await credentialToKeep(flags, context)
      const transport = await openTransport(await readAccess(flags, context))
      await checkCredentials(registry, credential, transport, context.signal)
      const path = credentialStorePath({ registryConfig: flags.registryConfig })
      const { place } = await storeCredential(path, registry, credential)
      context.reporter.result({ registry, place }, `logged in to ${registry}; kept in ${place}`)
    })
  withExamples(
    withOutput(withTransport(command)),
    'wasmpack login registry.example.com -u ci --password-stdin < password.txt',
    'wasmpack login registry.example.com -u alice',
  )
}

/** From the flags; on a terminal the password of the given user is asked for. */
async function credentialToKeep(flags: Flags, context: Context): Promise<Credential> {
  const { username, passwordStdin, identityTokenStdin } = flags
  if (username === undefined || passwordStdin || identityTokenStdin) {
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
