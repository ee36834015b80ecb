import { type Command, Option } from 'commander'

export const addOutputOptions = (command: Command, ...documents: readonly string[]): Command =>
  command
    .addOption(
      new Option('--format <format>', 'output format')
        .choices(['text', 'json', ...documents])
        .default('text'),
    )
    .option('-d, --debug', 'print debug logs and stack traces to stderr')
