import { type Command, Option } from 'commander'

import type { Format } from '../../ui/reporter.ts'

/** `F`: documents that a verb prints beside the formats that every verb has. */
export interface OutputFlags<F extends string = never> {
  readonly format: Format | F
  readonly debug?: boolean
}

export const withOutput = (command: Command, ...documents: readonly string[]): Command =>
  command
    .addOption(
      new Option('--format <format>', 'how to print the result')
        .choices(['text', 'json', ...documents])
        .default('text'),
    )
    .option('-d, --debug', 'say on stderr what is done, and where an error came from')
