import { addsCapabilities, type AddedCapabilities } from '../../capabilities/diff/find-growth.ts'
import type { DiffResult, DiffSide } from '../../delivery/compare-subjects.ts'
import { printable } from '../../printable.ts'
import { describeSigner } from '../../signing/verified-signer.ts'
import { alignColumns, wrapWords } from '../../ui/columns.ts'
import { formatSize } from '../../ui/progress.ts'
import type { SplitGrowth } from '../../delivery/split-growth.ts'
import { buildJudgementSections } from './judgement-sections.ts'
import { type Cell, buildDiffSections, type Section, formatSizeChange } from './diff-sections.ts'
import { KINDS } from './kinds.ts'
import { toVerificationJson } from './verification.ts'
import { countMore } from '../../listing.ts'
import { IN_JSON } from './in-json.ts'

/** A comparison with what policies say to it, where any does. */
export interface JudgedDiff extends DiffResult {
  readonly growth?: SplitGrowth
  /** Signers and attestations that the new version lost, each as a phrase. */
  readonly trustRegression?: readonly string[]
}

/** The comparison as `--format json` shows it. */
export const toDiffJson = ({
  old,
  new: now,
  diff,
  growth,
  trustRegression,
}: JudgedDiff): Record<string, unknown> => ({
  old: toSideJson(old),
  new: toSideJson(now),
  ...diff,
  ...(growth && { growth }),
  ...(trustRegression && { trustRegression }),
})

const toSideJson = ({ examined, capabilitySource }: DiffSide): Record<string, unknown> => ({
  name: examined.name,
  from: examined.from,
  kind: examined.inspection.kind,
  ...(capabilitySource !== undefined && { capabilityManifest: capabilitySource }),
  ...(examined.from === 'artifact' && toVerificationJson(examined.opened.verification)),
})

/** The comparison as text. */
export function describeDiff(comparison: JudgedDiff): string {
  const { diff } = comparison
  const sections = [...buildJudgementSections(comparison), ...buildDiffSections(diff)]
  return [
    `old  ${describeSide(comparison.old)}`,
    `new  ${describeSide(comparison.new)}`,
    summarizeAdded(diff.added),
    ...sections.flatMap(describeSection),
    ...(sections.length === 0 ? ['no other changes'] : []),
    `size  ${formatSizeChange(diff.size)}`,
  ].join('\n')
}

const describeSide = (side: DiffSide): string =>
  `${printable(side.examined.name)}\n     ${describeBasis(side, printable)}`

/** What a side is, where its grants come from and whether it was verified; `show` escapes names. */
export function describeBasis(
  { examined, capabilitySource }: DiffSide,
  show: (name: string) => string,
): string {
  const { kind, size } = examined.inspection
  const granted =
    capabilitySource === undefined
      ? 'no capability manifest'
      : capabilitySource === 'embedded'
        ? 'embedded capability manifest'
        : `capability manifest ${show(capabilitySource)}`
  return [KINDS[kind], formatSize(size), granted, ...describeTrust(examined, show)].join(', ')
}

function describeTrust(examined: DiffSide['examined'], show: (name: string) => string): readonly string[] {
  if (examined.from === 'file') return []
  const { verification } = examined.opened
  return verification === undefined
    ? ['signature not verified']
    : [`signed by ${verification.signatures.map(({ signer }) => describeSigner(signer, show)).join(', ')}`]
}

/** What was added, in one line. */
export const summarizeAdded = (added: AddedCapabilities): string =>
  addsCapabilities(added) ? `${countAdded(added)} added` : 'no new capabilities'

/** `2 capabilities, 1 unknown import and 1 grant` */
export function countAdded({ classes, imports, grants }: AddedCapabilities): string {
  const counts = [
    pluralize(classes.length, 'capability', 'capabilities'),
    pluralize(imports.length, 'unknown import', 'unknown imports'),
    pluralize(grants.length, 'new or wider grant', 'new or wider grants'),
  ].filter((count) => count !== '')
  const last = counts.pop()!
  return counts.length === 0 ? last : `${counts.join(', ')} and ${last}`
}

const pluralize = (count: number, one: string, many: string): string =>
  count === 0 ? '' : `${count} ${count === 1 ? one : many}`

const MAX_ROWS = 100
const MAX_NAME_LINES = 6

const MAX_COLUMN_WIDTH = 30

function describeSection({ title, rows }: Section): readonly string[] {
  const shown = rows.slice(0, MAX_ROWS)
  const cells = shown.map((row) => row.map(formatCell))
  const options = { indent: 2, most: MAX_COLUMN_WIDTH }
  const lines = alignColumns(cells, options)
  const heads = alignColumns(
    cells.map((row) => row.slice(0, -1)),
    options,
  )
  const more = countMore(rows.length - shown.length, IN_JSON).map((line) => `  ${line}`)
  return [
    title,
    ...shown.flatMap((row, at) =>
      // A row that is too long has its last cell below the others.
      lines[at]!.length <= LINE_WIDTH ? [lines[at]!] : [heads[at]!].concat(wrapCell(row.at(-1)!)),
    ),
    ...more,
  ]
}

const LINE_WIDTH = 80

const formatCell = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.names.join(', '))

const wrapCell = (cell: Cell): readonly string[] =>
  wrapWords(typeof cell === 'string' ? [cell] : cell.names, { indent: 6, lines: MAX_NAME_LINES })
