import { type Command, Option } from 'commander'

import type { Format } from '../../ui/reporter.ts'

export interface OutputFlags {
  readonly format: Format
  readonly debug?: boolean
}

export const withOutput = (command: Command): Command =>
  command
    .addOption(
      new Option('--format <format>', 'how to print the result').choices(['text', 'json']).default('text'),
    )
    .option('-d, --debug', 'say on stderr what is done, and where an error came from')
