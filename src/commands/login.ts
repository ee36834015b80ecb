import { logIn } from '../delivery/login.ts'
import { WasmpackError } from '../errors.ts'
import { parseRegistryName } from '../oci/reference.ts'
import type { Credential } from '../oci/registry/credentials/credential.ts'
import { askSecret } from './cli/ask-secret.ts'
import type { Context, DefineCommand, OutputFlags } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { addTransportOptions, readAccess, readCredential, type TransportFlags } from './flags/transport.ts'

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
      const credential = await readLoginCredential(registry, flags, context)
      const result = await logIn(registry, credential, await readAccess(flags, context))
      context.reporter.result(result, `logged in to ${registry}; credentials stored in ${result.place}`)
    })
  addExamples(
    addOutputOptions(addTransportOptions(command)),
    'wasmpack login registry.example.com -u ci --password-stdin < password.txt',
    'wasmpack login registry.example.com -u alice',
  )
}

/** The credential of the flags; the password of a user without one is asked for on a terminal. */
async function readLoginCredential(registry: string, flags: Flags, context: Context): Promise<Credential> {
  const { username, passwordStdin, identityTokenStdin, registryTokenStdin } = flags
  if (username === undefined || passwordStdin || identityTokenStdin || registryTokenStdin) {
    const given = await readCredential(flags, context)
    if (given) return given
    throw new WasmpackError('USAGE', 'login needs --username or a token', {
      hint: `wasmpack login ${registry} --username NAME --password-stdin < password.txt`,
    })
  }
  return {
    kind: 'basic',
    username,
    password: await askSecret(
      `Password of ${username}: `,
      `pipe it: wasmpack login ${registry} --username ${username} --password-stdin < password.txt`,
      context.signal,
    ),
  }
}
