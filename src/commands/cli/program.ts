import { Command } from 'commander'

import { findInstallation } from '../../delivery/installation.ts'
import { WasmpackError } from '../../errors.ts'
import { quoted } from '../../printable.ts'
import { redactWords } from '../../redacted.ts'
import { VERSION } from '../../version.ts'
import type { CommandEntry, CreateContext } from './command.ts'
import { HELP } from './help.ts'

const DESCRIPTION = `Validates the imports of WebAssembly modules against a capability manifest, packages modules as OCI
artifacts, signs, pushes, pulls and verifies them.`

const REFERENCES = `
References:
  HOST[:PORT]/REPOSITORY[:TAG][@DIGEST]    registry; there is no default registry and no default tag
  oci-layout:PATH[:TAG|@DIGEST]            OCI image layout directory
  oci-archive:FILE[:TAG|@DIGEST]           tar archive of an OCI image layout; written by copy

Exit status:
  0 success, 2 usage error, 3 capability denied, 4 signature missing or untrusted, 5 malformed or corrupt
  content, 6 not found, 7 authentication failed, 8 refused by registry policy, 9 unavailable, 10 local file`

/** Where the pages are on this machine: the project's own address may be out of reach, or of another version. */
function describeDocumentation(): string {
  const { documentation } = findInstallation()
  return documentation === undefined
    ? ''
    : `

Documentation:
  ${documentation}
  man wasmpack, man wasmpack-COMMAND`
}

/**
 * The parser for one run: every command with its summary, those that `isWanted` selects with arguments, options and action.
 * It throws where commander would print an error and exit.
 */
export async function buildProgram(
  entries: readonly CommandEntry[],
  createContext: CreateContext,
  isWanted: (entry: CommandEntry) => boolean,
): Promise<Command> {
  const program = new Command('wasmpack')
    .description(DESCRIPTION)
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .addHelpText('after', () => REFERENCES + describeDocumentation())
    .configureHelp(HELP)
    .showSuggestionAfterError()
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
  for (const entry of entries) {
    const command = program.command(entry.name).summary(entry.summary)
    if (isWanted(entry)) (await entry.load())(command, createContext, entries)
  }
  program
    .command('help')
    .argument('[command...]', 'command and subcommand to show help for')
    .summary('show help for a command')
    .helpOption(false)
    .action((names: readonly string[]) => findCommand(program, names).outputHelp())
  return program
}

function findCommand(program: Command, names: readonly string[]): Command {
  let command: Command | undefined = program
  for (const name of names) command = command?.commands.find((found) => found.name() === name)
  if (command) return command
  throw new WasmpackError('USAGE', `unknown command ${quoted(redactWords(names.join(' ')))}`, {
    hint: 'see: wasmpack help',
  })
}
