import type { Comparison, Side } from '../../delivery/compare.ts'
import { type Cell, diffSections, type Section, sizeChange } from './diff-sections.ts'
import { describeBasis, summary } from './diff.ts'
import { codeSpan } from './markdown.ts'

/** In characters; a comment on GitHub may have 65,536, on GitLab more. */
const LONGEST = 60_000

/** The comparison as GitHub-flavoured Markdown for a pull request; nothing that a module brings becomes anything but a code span. */
export function diffMarkdown(comparison: Comparison): string {
  const { diff } = comparison
  const lines = [
    `### Capabilities: ${summary(diff.added)}`,
    '',
    `- old: ${describeSide(comparison.old)}`,
    `- new: ${describeSide(comparison.new)}`,
    `- size: ${sizeChange(diff.size)}`,
    ...diffSections(diff).flatMap(table),
  ]
  return bounded(lines).join('\n')
}

const describeSide = (side: Side): string =>
  `${codeSpan(side.examined.name)}, ${describeBasis(side, codeSpan)}`

function table({ title, columns, rows }: Section): readonly string[] {
  const heading = title[0]!.toUpperCase() + title.slice(1)
  return [
    '',
    `**${heading}**`,
    '',
    `| ${columns.join(' | ')} |`,
    `|${columns.map(() => ' --- |').join('')}`,
    ...rows.map((row) => `| ${row.map(cellText).join(' | ')} |`),
  ]
}

const SHOWN_NAMES = 20

function cellText(cell: Cell): string {
  if (typeof cell === 'string') return cell
  const shown = cell.names.slice(0, SHOWN_NAMES).map(codeSpan).join(', ')
  const more = cell.names.length - SHOWN_NAMES
  return more > 0 ? `${shown} and ${more} more` : shown
}

/** Whole lines as far as they fit; what is newly asked for stands first. */
function bounded(lines: readonly string[]): readonly string[] {
  let length = 0
  const end = lines.findIndex((line) => (length += line.length + 1) > LONGEST)
  return end < 0
    ? lines
    : [
        ...lines.slice(0, end),
        '',
        `This is too long for a comment and ends here, ${lines.length - end} lines before its end: \`wasmpack diff --format json\` has all of it.`,
      ]
}
