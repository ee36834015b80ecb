import { Command, type HelpConfiguration } from 'commander'

import { WasmpackError } from '../../errors.ts'
import { quoted } from '../../printable.ts'
import { VERSION } from '../../version.ts'
import type { CreateContext, CommandEntry } from './command.ts'

const DESCRIPTION = `Carries WebAssembly from a developer's disk to a cluster: validates what a module imports
against a capability manifest, wraps it in an OCI artifact, signs it, pushes, pulls and verifies it.`

const REFERENCES = `
References:
  HOST[:PORT]/REPOSITORY[:TAG][@DIGEST]    in a registry; the registry is never guessed
  oci-layout:PATH[:TAG|@DIGEST]            in a directory, no server needed
  oci-archive:FILE[:TAG|@DIGEST]           in a tar of such a directory; copy writes it

Exit status: 0 ok, 2 usage, 3 capabilities denied, 4 signature missing or untrusted, 5 malformed or
corrupt, 6 not found, 7 not authenticated, 8 refused by the registry's policy, 9 unavailable, 10 local file.`

/** Descriptions are wrapped once, here: not where their lines end in the source. */
const HELP: HelpConfiguration = {
  helpWidth: 110,
  commandDescription: (command) => command.description().replaceAll('\n', ' '),
}

/**
 * The parser for one run: all commands by name, and those in `loaded` with their arguments and flags. It throws where commander
 * would print an error and exit.
 */
export async function buildProgram(
  entries: readonly CommandEntry[],
  createContext: CreateContext,
  loaded: (entry: CommandEntry) => boolean,
): Promise<Command> {
  const program = new Command('wasmpack')
    .description(DESCRIPTION)
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .addHelpText('after', REFERENCES)
    .configureHelp(HELP)
    .showSuggestionAfterError()
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
  for (const entry of entries) {
    const command = program.command(entry.name).summary(entry.summary)
    command.helpOption('-h, --help', 'show help').configureHelp(HELP)
    if (loaded(entry)) (await entry.load())(command, createContext, entries)
  }
  program
    .command('help')
    .argument('[command]', 'command to show help for')
    .summary('show help for a command')
    .helpOption(false)
    .action((name?: string) => findHelp(program, name).outputHelp())
  return program
}

function findHelp(program: Command, name: string | undefined): Command {
  const command = name === undefined ? program : program.commands.find((command) => command.name() === name)
  if (command) return command
  throw new WasmpackError('USAGE', `unknown command ${quoted(name!)}`, { hint: 'see: wasmpack help' })
}
