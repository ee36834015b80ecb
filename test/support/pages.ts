import { Command } from 'commander'

import { findInstallation } from '../../src/delivery/installation.ts'
import { HELP, SHARED_GROUPS, splitHelp } from '../../src/commands/cli/help.ts'
import { ERROR_CODES } from '../../src/errors.ts'

/** The help of a command as a terminal shows it. */
function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (part) => void (text += part) })
  command.outputHelp()
  return text
}

/** The help of the program, with the documentation where an installed package has it. */
const helpOfProgram = (program: Command): string =>
  helpOf(program).replace(findInstallation().directory, '/usr/lib/node_modules/wasmpack')

const fenced = (text: string): string => `\`\`\`text\n${text.trim()}\n\`\`\`\n`

/** `Registry connection:` as a heading and as the words of a link to it. */
const titleOf = (group: string): string => group.slice(0, -1)
const linkTo = (group: string): string =>
  `[${titleOf(group).toLowerCase()}](#${titleOf(group).toLowerCase().replaceAll(' ', '-')})`

/** Every command that does something, with the words that call it. */
export const runnable = (command: Command, name = command.name()): readonly (readonly [string, Command])[] =>
  command.commands.length === 0
    ? [[name, command]]
    : command.commands.flatMap((child) => runnable(child, `${name} ${child.name()}`))

const groupsOf = (command: Command): readonly string[] =>
  SHARED_GROUPS.filter((group) => command.options.some((option) => option.helpGroupHeading === group))

function commandSection([name, command]: readonly [string, Command]): string {
  const links = groupsOf(command).map(linkTo)
  const more =
    links.length === 0 ? '' : `\nAlso takes the options for ${new Intl.ListFormat('en').format(links)}.\n`
  return `## ${name}\n\n${fenced(splitHelp(helpOf(command)).own)}${more}`
}

/** The options of a group, which have to be the same wherever the group is. */
function groupSection(group: string, commands: readonly Command[]): string {
  const texts = commands
    .filter((command) => groupsOf(command).includes(group))
    .map((command) => {
      const alone = new Command().helpOption(false).configureHelp(HELP)
      for (const option of command.options) if (option.helpGroupHeading === group) alone.addOption(option)
      return splitHelp(helpOf(alone)).shared.replace(`${group}\n`, '')
    })
  if (new Set(texts).size !== 1) throw new Error(`${group} differs from command to command`)
  return `## ${titleOf(group)}\n\n\`\`\`text\n${texts[0]!.trimEnd()}\n\`\`\`\n`
}

/** docs/cli.md */
export function cliPage(program: Command): string {
  const commands = program.commands.flatMap((command) => runnable(command, `wasmpack ${command.name()}`))
  return `# The command line

Generated from the code by \`npm run docs\`; a test holds it. Data goes to stdout, everything else to stderr.
How a run ended is told by the [exit status](exit-codes.md).

${fenced(helpOfProgram(program))}
${commands.map(commandSection).join('\n')}
${SHARED_GROUPS.map((group) =>
  groupSection(
    group,
    commands.map(([, command]) => command),
  ),
).join('\n')}`
}

/** docs/exit-codes.md */
export function exitCodesPage(): string {
  const rows = Object.entries(ERROR_CODES)
    .sort(([, a], [, b]) => a.exit - b.exit)
    .map(([code, { exit, meaning }]) => `| ${exit} | \`${code}\` | ${meaning} |`)
  return `# Exit status and error codes

Generated from the code by \`npm run docs\`; a test holds it. A run that went well ends with 0. Any other ends with one
error, on stderr as \`error: ...  [CODE]\` and one \`hint: ...\`, or with \`--format json\` on stdout as
\`{"error":{"code","message","hint","details"}}\`. Scripts should branch on the status or the code, never on the words.
Of several references given to one command, every result is reported, each failure with its own code, and the
most severe decides the status.

| status | code | meaning |
|---|---|---|
${rows.join('\n')}
`
}
