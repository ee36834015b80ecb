import { findCredentialStorePath, findRealmPinsPath } from '../config/credential-files.ts'
import { removeCredential } from '../oci/registry/credentials/credential-store.ts'
import { storePin } from '../oci/registry/auth/realm-pins.ts'
import { parseRegistryName } from '../oci/reference.ts'
import { type OutputFlags, type DefineCommand } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'

interface Flags extends OutputFlags {
  readonly registryConfig?: string
}

export const logoutCommand: DefineCommand = (command, createContext) => {
  command
    .description('Remove the stored credentials of a registry.')
    .argument('<registry>', 'registry host, with the port if needed')
    .option('--registry-config <file>', 'path of the authentication file; replaces the default location')
    .action(async (text: string, flags: Flags) => {
      const { reporter } = createContext(flags)
      const registry = parseRegistryName(text)
      const removed = await removeCredential(
        findCredentialStorePath({ registryConfig: flags.registryConfig }),
        registry,
      )
      const pins = findRealmPinsPath()
      if (pins !== undefined) await storePin(pins, registry, undefined)
      reporter.result(
        { registry, removed },
        removed ? `logged out of ${registry}` : `nothing was kept for ${registry}`,
      )
    })
  addExamples(addOutputOptions(command), 'wasmpack logout registry.example.com')
}
