import { logOut } from '../delivery/login.ts'
import { parseRegistryName } from '../oci/reference.ts'
import type { DefineCommand, OutputFlags } from './cli/command.ts'
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
      const result = await logOut(registry, flags)
      reporter.result(result, result.removed ? `logged out of ${registry}` : `not logged in to ${registry}`)
    })
  addExamples(addOutputOptions(command), 'wasmpack logout registry.example.com')
}
