import type { Command, Help } from 'commander'

import { examplesOf, SHARED_GROUPS } from '../../src/commands/cli/help.ts'
import { ERROR_CODES } from '../../src/errors.ts'
import { VERSION } from '../../src/version.ts'
import { runnable } from './pages.ts'
import { bold, definitions, escapeRoff, fill, section, verbatim } from './roff.ts'

/** Every page of man/: of the program, and of each command that does something. */
export function manPages(program: Command): readonly (readonly [name: string, page: string])[] {
  const commands = program.commands.flatMap((command) => runnable(command, `wasmpack ${command.name()}`))
  return [
    ['wasmpack.1', programPage(program, commands)],
    ...commands.map(([words, command]) => [`${pageOf(words)}.1`, commandPage(words, command)] as const),
  ]
}

const pageOf = (words: string): string => words.replaceAll(' ', '-')

function joinPage(name: string, summary: string, sections: readonly string[]): string {
  const head = `.\\" Generated from the code by npm run docs; a test holds it.
.TH ${name.toUpperCase().replaceAll('-', '\\-')} 1 "" "wasmpack ${VERSION}" "wasmpack manual"
.nh
.ad l
`
  return `${head}${[section('NAME', `${escapeRoff(name)} \\- ${escapeRoff(summary)}`), ...sections].join('\n')}\n`
}

function programPage(program: Command, commands: readonly (readonly [string, Command])[]): string {
  return joinPage('wasmpack', 'publish WebAssembly modules as signed OCI artifacts, and verify them', [
    section('SYNOPSIS', `${bold('wasmpack')} \\fI<command>\\fR [\\fIoptions\\fR]`),
    section('DESCRIPTION', fill(program.description())),
    section('OPTIONS', listOptions(program, program.createHelp()).join('\n')),
    section(
      'COMMANDS',
      ...commands.flatMap(([words, command]) => [
        '.TP',
        referTo(pageOf(words)),
        escapeRoff(summaryOf(command)),
      ]),
    ),
    section('REFERENCES', verbatim(afterHeading(program, 'References:'))),
    section('EXIT STATUS', listStatuses()),
  ])
}

function commandPage(words: string, command: Command): string {
  const help = command.createHelp()
  const args = help.visibleArguments(command)
  const examples = examplesOf(command)
  const usage = [
    ...(command.options.length > 0 ? ['[options]'] : []),
    ...command.registeredArguments.map(termOf),
  ]
  return joinPage(pageOf(words), summaryOf(command), [
    section('SYNOPSIS', [bold(words), ...usage.map((word) => `\\fI${escapeRoff(word)}\\fR`)].join(' ')),
    section('DESCRIPTION', fill(command.description() || `${summaryOf(command)}.`)),
    ...(args.length === 0
      ? []
      : [
          section(
            'ARGUMENTS',
            definitions(args.map((one) => [`<${help.argumentTerm(one)}>`, help.argumentDescription(one)])),
          ),
        ]),
    ...(help.visibleOptions(command).length === 0 ? [] : [section('OPTIONS', ...listOptions(command, help))]),
    ...(examples.length === 0 ? [] : [section('EXAMPLES', verbatim(examples.map((line) => `$ ${line}`)))]),
    section(
      'EXIT STATUS',
      `0 if the run went well; all others are in ${referTo('wasmpack')}.`,
      fill('Scripts should branch on the status or on the error code, never on the words.'),
    ),
    section('SEE ALSO', referTo('wasmpack')),
  ])
}

/** The command's own options, then each group that it shares with others under its heading. */
function listOptions(command: Command, help: Help): readonly string[] {
  const visible = help.visibleOptions(command)
  const listed = (group: string | undefined): string =>
    definitions(
      visible
        .filter((option) => option.helpGroupHeading === group)
        .map((option) => [help.optionTerm(option), help.optionDescription(option)]),
    )
  const groups = SHARED_GROUPS.filter((group) => visible.some((option) => option.helpGroupHeading === group))
  return [listed(undefined), ...groups.flatMap((group) => [`.SS ${group.slice(0, -1)}`, listed(group)])]
}

/** One line for each status, with the error codes that end with it. */
function listStatuses(): string {
  const codes = Object.entries(ERROR_CODES).sort(([, one], [, other]) => one.exit - other.exit)
  return [
    '.TP',
    '0',
    'success',
    ...codes.flatMap(([code, { exit, meaning }]) => ['.TP', `${exit}  ${bold(code)}`, fill(meaning)]),
  ].join('\n')
}

const termOf = (argument: Command['registeredArguments'][number]): string => {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`
  return argument.required ? `<${name}>` : `[${name}]`
}

const summaryOf = (command: Command): string =>
  command.summary() || lowerFirst(onOneLine(command.description()).split('. ')[0]!.replace(/\.$/, ''))
const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
const onOneLine = (text: string): string => text.replaceAll('\n', ' ')
const referTo = (page: string): string => `${bold(page)}(1)`

/** The lines of the program's help under a heading. */
function afterHeading(program: Command, heading: string): readonly string[] {
  let text = ''
  program.configureOutput({ writeOut: (part) => void (text += part) })
  program.outputHelp()
  const lines = text.split('\n')
  const from = lines.indexOf(heading) + 1
  if (from === 0) throw new Error(`the help of wasmpack has no ${heading}`)
  return lines.slice(from, lines.indexOf('', from)).map((line) => line.slice(2))
}
