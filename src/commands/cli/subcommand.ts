import type { Command } from 'commander'

import { WasmpackError } from '../../errors.ts'
import { quoted } from '../../printable.ts'
import { redactWords } from '../../redacted.ts'

/** Makes a command that only groups subcommands throw USAGE, with their names, for any other word or none. */
export function requireSubcommand(command: Command): void {
  command
    .allowExcessArguments()
    .allowUnknownOption()
    .action(() => {
      const name = command.name()
      const word = command.args.find((word) => !word.startsWith('-'))
      const known = command.commands.map((subcommand) => `wasmpack ${name} ${subcommand.name()}`).join(', ')
      throw word === undefined
        ? new WasmpackError('USAGE', `${name} needs a subcommand: ${known}`, {
            hint: `see: wasmpack help ${name}`,
          })
        : new WasmpackError('USAGE', `unknown command ${quoted(redactWords(`${name} ${word}`))}`, {
            hint: `did you mean: ${known}`,
          })
    })
}
