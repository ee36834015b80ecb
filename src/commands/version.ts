import { CATALOG_VERSION } from '../capabilities/catalog/catalog.ts'
import { findInstallation } from '../delivery/installation.ts'
import { alignColumns } from '../ui/columns.ts'
import { COMMIT, VERSION } from '../version.ts'
import type { DefineCommand, OutputFlags } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'

export const versionCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Print the version with what a bug report needs: the commit, Node, the platform, and how wasmpack was installed. Two runs
print the same.`,
    )
    .action((flags: OutputFlags) => {
      const { kind, directory, documentation } = findInstallation()
      const version = {
        version: VERSION,
        ...(COMMIT === undefined ? {} : { commit: COMMIT }),
        catalogue: CATALOG_VERSION,
        node: process.versions.node,
        platform: `${process.platform}-${process.arch}`,
        installation: { kind, directory },
        ...(documentation === undefined ? {} : { documentation }),
      }
      const rows = [
        ['wasmpack', VERSION],
        ['commit', COMMIT ?? 'unknown'],
        ['catalogue', version.catalogue],
        ['node', version.node],
        ['platform', version.platform],
        ['installed', `${kind === 'npm' ? 'npm package' : kind} ${directory}`],
        ['docs', documentation ?? 'not installed'],
      ]
      createContext(flags).reporter.result(version, alignColumns(rows).join('\n'))
    })
  addExamples(addOutputOptions(command), 'wasmpack version', 'wasmpack version --format json')
}
