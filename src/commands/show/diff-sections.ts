import type { CapabilityDiff } from '../../capabilities/diff/diff.ts'
import type { GrantChange } from '../../capabilities/diff/diff-grants.ts'
import type { ClassChange, ImportEntry } from '../../capabilities/diff/diff-imports.ts'
import type { VersionChange } from '../../capabilities/diff/diff-names.ts'
import { formatSize } from '../../ui/progress.ts'

/** A part of a report: a table of which every form of the report makes what suits it. */
export interface Section {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
}

export type Row = readonly Cell[]

/** Words of ours, or names: those that come from a module, a capability manifest or a command line can only be shown as such. */
export type Cell = string | { readonly names: readonly string[] }

/** Everything that changed, what is newly asked for or granted first; sections without rows are left out. */
export function buildDiffSections(diff: CapabilityDiff): readonly Section[] {
  const capabilities = new Set<string>(diff.added.classes)
  const added = diff.classes.added.filter(({ class: name }) => capabilities.has(name))
  const removed = diff.classes.removed
  const all: Section[] = [
    {
      title: 'newly asks for',
      columns: ['risk', 'capability', 'it can now', 'imports'],
      rows: [...toUnknownRows(diff.imports.added), ...added.map(toClassRow)],
    },
    {
      title: 'newly granted',
      columns: ['grant', 'change', 'now reaches'],
      rows: diff.grants.filter((change) => change.added !== undefined).map(toWideningRow),
    },
    {
      title: 'more imports of what it could do before, or that need no grant',
      columns: ['capability', 'imports'],
      rows: groupByClass(diff.imports.added, capabilities),
    },
    {
      title: 'no longer asks for',
      columns: ['risk', 'capability', 'it cannot any more', 'imports'],
      rows: [...toUnknownRows(diff.imports.removed), ...removed.map(toClassRow)],
    },
    {
      title: 'fewer imports of what it can still do',
      columns: ['capability', 'imports'],
      rows: groupByClass(diff.imports.removed, new Set(removed.map(({ class: name }) => name))),
    },
    {
      title: 'no longer granted',
      columns: ['grant', 'change', 'no longer reaches'],
      rows: diff.grants
        .filter(({ change }) => change !== 'given' && change !== 'widened')
        .map(({ grant, change, removed: gone = [] }) => [nameCell(grant), change, { names: gone }]),
    },
    {
      title: 'imports in another form',
      columns: ['import', 'old', 'new'],
      rows: [
        ...diff.imports.types.map(({ import: shown, old, new: now }) => [
          nameCell(shown),
          nameCell(old),
          nameCell(now),
        ]),
        ...diff.imports.versions.map(toVersionRow),
      ],
    },
    {
      title: 'what the capability manifest demands',
      columns: ['demand', 'old', 'new'],
      rows: diff.constraints.map(({ constraint, old, new: now }) => [
        nameCell(constraint),
        nameCell(old),
        nameCell(now),
      ]),
    },
    {
      title: 'what the binary declares',
      columns: ['what', 'old', 'new'],
      rows: diff.resources.map(({ resource, old = 'none', new: now = 'none' }) => [resource, old, now]),
    },
    {
      title: 'exports',
      columns: ['change', 'exports'],
      rows: [...toListRow('added', diff.exports.added), ...toListRow('removed', diff.exports.removed)],
    },
    {
      title: 'features of WebAssembly that it needs',
      columns: ['change', 'features'],
      rows: [...toListRow('added', diff.features.added), ...toListRow('removed', diff.features.removed)],
    },
    {
      title: 'exports in another version',
      columns: ['export', 'old', 'new'],
      rows: diff.exports.versions.map(toVersionRow),
    },
  ]
  return all.filter(({ rows }) => rows.length > 0)
}

/** `27.4 KiB to 30.1 KiB (+2765 B, +9.9 %)` */
export function formatSizeChange({ old, new: now }: CapabilityDiff['size']): string {
  if (old === now) return `${formatSize(now)}, as before`
  const share = old === 0 ? '' : `, ${formatPercent(((now - old) / old) * 100)} %`
  return `${formatSize(old)} to ${formatSize(now)} (${now > old ? '+' : ''}${now - old} B${share})`
}

const formatPercent = (percent: number): string => `${percent > 0 ? '+' : ''}${percent.toFixed(1)}`

const nameCell = (name: string | undefined): Cell => (name === undefined ? 'none' : { names: [name] })

const toClassRow = ({ risk, class: name, meaning, imports }: ClassChange): Row => [
  risk,
  nameCell(name),
  meaning,
  { names: imports },
]

function toUnknownRows(entries: readonly ImportEntry[]): readonly Row[] {
  const names = entries.filter((entry) => entry.class === undefined).map((entry) => entry.import)
  return names.length === 0 ? [] : [['unknown', 'no rule', 'ask for what no rule knows', { names }]]
}

function groupByClass(entries: readonly ImportEntry[], except: ReadonlySet<string>): readonly Row[] {
  const classes = new Map<string, string[]>()
  for (const { class: name, import: shown } of entries) {
    if (name === undefined || except.has(name)) continue
    const names = classes.get(name)
    if (names) names.push(shown)
    else classes.set(name, [shown])
  }
  return [...classes].map(([name, names]) => [nameCell(name), { names }])
}

const toWideningRow = ({ grant, change, added = [] }: GrantChange): Row => [
  nameCell(grant),
  change,
  { names: added },
]

const toVersionRow = ({ interface: name, old, new: now }: VersionChange): Row => [
  nameCell(name),
  { names: old },
  { names: now },
]

const toListRow = (change: string, names: readonly string[]): readonly Row[] =>
  names.length === 0 ? [] : [[change, { names }]]
