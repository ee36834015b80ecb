import type { CapabilityDiff } from '../../capabilities/diff/diff-capabilities.ts'
import type { GrantChange } from '../../capabilities/diff/diff-grants.ts'
import type { ClassChange, ImportEntry } from '../../capabilities/diff/diff-imports.ts'
import type { VersionChange } from '../../capabilities/diff/diff-names.ts'
import { formatSize } from '../../ui/progress.ts'

/** A titled table of the report, for text and for Markdown. */
export interface Section {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
}

export type Row = readonly Cell[]

/** Our own text, or foreign names, which a renderer must escape. */
export type Cell = string | { readonly names: readonly string[] }

/** Everything that changed, added capabilities and grants first; without empty sections. */
export function buildDiffSections(diff: CapabilityDiff): readonly Section[] {
  const capabilities = new Set<string>(diff.added.classes)
  const added = diff.classes.added.filter(({ class: name }) => capabilities.has(name))
  const removed = diff.classes.removed
  const all: Section[] = [
    {
      title: 'capabilities added',
      columns: ['risk', 'capability', 'allows to', 'imports'],
      rows: [...toUnknownRows(diff.imports.added), ...added.map(toClassRow)],
    },
    {
      title: 'grants added or widened',
      columns: ['grant', 'change', 'added'],
      rows: diff.grants.filter((change) => change.added !== undefined).map(toWideningRow),
    },
    {
      title: 'imports added without a new capability',
      columns: ['capability', 'imports'],
      rows: groupByClass(diff.imports.added, capabilities),
    },
    {
      title: 'capabilities removed',
      columns: ['risk', 'capability', 'allowed to', 'imports'],
      rows: [...toUnknownRows(diff.imports.removed), ...removed.map(toClassRow)],
    },
    {
      title: 'imports removed without losing a capability',
      columns: ['capability', 'imports'],
      rows: groupByClass(diff.imports.removed, new Set(removed.map(({ class: name }) => name))),
    },
    {
      title: 'grants removed or narrowed',
      columns: ['grant', 'change', 'removed'],
      rows: diff.grants
        .filter(({ change }) => change !== 'given' && change !== 'widened')
        .map(({ grant, change, removed: gone = [] }) => [nameCell(grant), change, { names: gone }]),
    },
    {
      title: 'imports with another type or version',
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
      title: 'constraints of the capability manifest',
      columns: ['constraint', 'old', 'new'],
      rows: diff.constraints.map(({ constraint, old, new: now }) => [
        nameCell(constraint),
        nameCell(old),
        nameCell(now),
      ]),
    },
    {
      title: 'limits declared by the binary',
      columns: ['limit', 'old', 'new'],
      rows: diff.resources.map(({ resource, old = 'none', new: now = 'none' }) => [resource, old, now]),
    },
    {
      title: 'exports',
      columns: ['change', 'exports'],
      rows: [...toListRow('added', diff.exports.added), ...toListRow('removed', diff.exports.removed)],
    },
    {
      title: 'required WebAssembly features',
      columns: ['change', 'features'],
      rows: [...toListRow('added', diff.features.added), ...toListRow('removed', diff.features.removed)],
    },
    {
      title: 'exports with another version',
      columns: ['export', 'old', 'new'],
      rows: diff.exports.versions.map(toVersionRow),
    },
  ]
  return all.filter(({ rows }) => rows.length > 0)
}

/** `27.4 KiB to 30.1 KiB (+2765 B, +9.9 %)` */
export function formatSizeChange({ old, new: now }: CapabilityDiff['size']): string {
  if (old === now) return `${formatSize(now)}, unchanged`
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
  return names.length === 0
    ? []
    : [['unknown', 'no rule', 'call functions unknown to the catalogue', { names }]]
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
