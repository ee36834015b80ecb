import type { DefineCommand, OutputFlags } from './cli/command.ts'
import { addExamples } from './cli/help.ts'
import { addOutputOptions } from './flags/output.ts'
import { printExplanation } from './show/explanation.ts'

export const explainCommand: DefineCommand = (command, createContext) => {
  command
    .description(
      `Explain an import, an interface, a module or a capability class: what it can do, its risk, the grant that allows it,
and how runtimes restrict it.`,
    )
    .argument('<import>', 'import, interface, module or capability class')
    .action((name: string, flags: OutputFlags) => printExplanation(createContext(flags).reporter, name))
  addExamples(
    addOutputOptions(command),
    'wasmpack explain wasi_snapshot_preview1.path_open',
    'wasmpack explain wasi:filesystem/types@0.2.3',
    'wasmpack explain sockets.dns --format json',
  )
}
