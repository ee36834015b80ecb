import { type Command, Option } from 'commander'

export const addOutputOptions = (command: Command, ...documents: readonly string[]): Command =>
  command
    .addOption(
      new Option('--format <format>', 'how to print the result')
        .choices(['text', 'json', ...documents])
        .default('text'),
    )
    .option('-d, --debug', 'say on stderr what is done, and where an error came from')
