import type { Command } from 'commander'

import { ERROR_CODES } from '../../src/errors.ts'

/** The help of a command as it appears on a terminal, with its examples. */
function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (part) => void (text += part) })
  command.outputHelp()
  return text.trimEnd()
}

/** docs/cli.md */
export function cliPage(program: Command): string {
  const commands = program.commands.map(
    (command) => `## wasmpack ${command.name()}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`,
  )
  return `# The command line

Generated from the code by \`npm run docs\`; a test holds it. Data goes to stdout, everything else to stderr.
How a run ended is told by the [exit status](exit-codes.md).

\`\`\`text
${helpOf(program)}
\`\`\`

${commands.join('\n')}`
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
gravest decides the status.

| status | code | meaning |
|---|---|---|
${rows.join('\n')}
`
}
