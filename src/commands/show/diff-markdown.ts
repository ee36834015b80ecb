import type { DiffSide } from '../../delivery/compare-subjects.ts'
import { buildJudgementSections } from './judgement-sections.ts'
import { type Cell, buildDiffSections, type Section, formatSizeChange } from './diff-sections.ts'
import { describeBasis, type JudgedDiff, summarizeAdded } from './diff.ts'
import { renderCodeSpan } from './markdown.ts'
import { listFirst } from '../../listing.ts'

/** In characters: a comment on GitHub may have 65,536, on GitLab more. */
const MAX_LENGTH = 60_000

/** The comparison as GitHub-flavoured Markdown for a pull request. Every foreign name is a code span. */
export function renderDiffMarkdown(comparison: JudgedDiff): string {
  const { diff } = comparison
  const lines = [
    `### Capabilities: ${summarizeAdded(diff.added)}`,
    '',
    `- old: ${describeSide(comparison.old)}`,
    `- new: ${describeSide(comparison.new)}`,
    `- size: ${formatSizeChange(diff.size)}`,
    ...[...buildJudgementSections(comparison), ...buildDiffSections(diff)].flatMap(renderTable),
  ]
  return truncateLines(lines).join('\n')
}

const describeSide = (side: DiffSide): string =>
  `${renderCodeSpan(side.examined.name)}, ${describeBasis(side, renderCodeSpan)}`

function renderTable({ title, columns, rows }: Section): readonly string[] {
  const heading = title[0]!.toUpperCase() + title.slice(1)
  return [
    '',
    `**${heading}**`,
    '',
    `| ${columns.join(' | ')} |`,
    `|${columns.map(() => ' --- |').join('')}`,
    ...rows.map((row) => `| ${row.map(renderCell).join(' | ')} |`),
  ]
}

const MAX_NAMES = 20

function renderCell(cell: Cell): string {
  if (typeof cell === 'string') return cell
  return listFirst(cell.names.map(renderCodeSpan), MAX_NAMES)
}

/** As many whole lines as fit; added capabilities come first. */
function truncateLines(lines: readonly string[]): readonly string[] {
  let length = 0
  const end = lines.findIndex((line) => (length += line.length + 1) > MAX_LENGTH)
  return end < 0
    ? lines
    : [
        ...lines.slice(0, end),
        '',
        `Truncated: ${lines.length - end} more lines. \`wasmpack diff --format json\` prints all of them.`,
      ]
}
