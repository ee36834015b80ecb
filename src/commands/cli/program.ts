import { Command, type HelpConfiguration } from 'commander'

import { WasmpackError } from '../../errors.ts'
import { quoted } from '../../printable.ts'
import { VERSION } from '../../version.ts'
import type { Begin, Verb } from './command.ts'

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
 * The parser for one run: all verbs by name, and those in `loaded` with their arguments and flags. It throws where commander
 * would print an error and exit.
 */
export async function buildProgram(
  verbs: readonly Verb[],
  begin: Begin,
  loaded: (verb: Verb) => boolean,
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
  for (const verb of verbs) {
    const command = program.command(verb.name).summary(verb.summary)
    command.helpOption('-h, --help', 'show help').configureHelp(HELP)
    if (loaded(verb)) (await verb.load())(command, begin, verbs)
  }
  program
    .command('help')
    .argument('[verb]', 'the one to show help for')
    .summary('show help for a verb')
    .helpOption(false)
    .action((name?: string) => helpFor(program, name).outputHelp())
  return program
}

function helpFor(program: Command, name: string | undefined): Command {
  const command = name === undefined ? program : program.commands.find((verb) => verb.name() === name)
  if (command) return command
  throw new WasmpackError('USAGE', `unknown command ${quoted(name!)}`, { hint: 'see: wasmpack help' })
}
