import type { Evidence } from '../../capabilities/evaluate/evidence.ts'
import { printable } from '../../printable.ts'
import { formatProperties, formatProperty, wrapWords } from '../../ui/columns.ts'
import { formatSize } from '../../ui/progress.ts'
import { findEntryPoints } from '../../wasm/entry-points.ts'
import { type Baseline, BASELINES, findUncovered } from '../../wasm/binary/features.ts'
import type { ComponentExport, CoreExport, Inspection } from '../../wasm/types/inspection.ts'
import { type ToolchainTool, type Toolchain, findToolchain } from '../../wasm/toolchain.ts'
import { describeOtherSections } from './custom-sections.ts'
import { KINDS } from './kinds.ts'
import { describeRequests, groupRequests, type RequestGroup } from './requests.ts'
import { countMore } from '../../listing.ts'

/** What was read from a binary. */
interface BinaryReport {
  readonly inspection: Inspection
  readonly instructions?: Evidence['instructions'] | undefined
}

/** The inspection as `--format json` shows it. */
export const toInspectionJson = ({ inspection, instructions }: BinaryReport): Record<string, unknown> => ({
  ...inspection,
  ...(instructions && { instructionFeatures: Object.fromEntries(instructions.features) }),
  entryPoints: findEntryPoints(inspection),
  toolchain: findToolchain(inspection),
  capabilities: groupRequests(inspection).map(({ class: name, risk, meaning, requests }) => ({
    class: name,
    risk,
    meaning,
    imports: requests.map(({ shown }) => shown),
  })),
})

/** The inspection as text. `targets` are those that it fits, `artifact` are lines about the artifact that holds it. */
export function describeInspection(
  name: string,
  { inspection, instructions }: BinaryReport,
  targets: readonly string[],
  artifact: readonly string[],
): string {
  const groups = groupRequests(inspection)
  return [
    name,
    ...formatProperties('kind', describeKind(inspection)),
    ...describeToolchain(findToolchain(inspection)),
    ...(inspection.kind === 'wit'
      ? []
      : formatProperties('targets', targets.length > 0 ? targets : ['none of the bundled targets'])),
    ...describeFeatures(inspection, instructions),
    ...describeLimits(inspection),
    ...describeNesting(inspection),
    ...describeOtherSections(inspection),
    ...artifact,
    ...(inspection.kind === 'wit'
      ? ['no code: types only']
      : groups.length === 0
        ? ['no imports']
        : [titleRequests(groups), ...describeRequests(groups)]),
    ...describeExports(inspection),
  ].join('\n')
}

const titleRequests = (groups: readonly RequestGroup[]): string =>
  groups.some(({ requests }) => requests.some(({ from }) => from === 'section'))
    ? 'imports and native code (by risk)'
    : 'imports (by risk)'

function describeKind(inspection: Inspection): readonly string[] {
  const roles = findEntryPoints(inspection).map((entry) => `${entry.role} (${printable(entry.export)})`)
  return [KINDS[inspection.kind], formatSize(inspection.size), ...roles]
}

function describeToolchain({ languages, tools }: Toolchain): readonly string[] {
  const show = ({ name, version }: ToolchainTool): string =>
    truncate(printable(version === undefined ? name : `${name} ${version}`))
  const basis = (all: readonly ToolchainTool[]): string => {
    const likeness = all.find((told) => told.basis !== 'producers')
    return likeness === undefined ? '' : ` (by its ${likeness.basis})`
  }
  return [
    ...(languages.length > 0
      ? [formatProperty('language', `${languages.map(show).join(', ')}${basis(languages)}`)]
      : []),
    ...(tools.length > 0 ? formatProperties('toolchain', tools.map(show)) : []),
  ]
}

const truncate = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text)

/** Required features: complete only after an instruction scan. */
function describeFeatures(
  { features }: Inspection,
  instructions: Evidence['instructions'],
): readonly string[] {
  if (instructions === undefined) return features.length > 0 ? formatProperties('features', features) : []
  const needed = [...instructions.features.keys()]
  const baseline = BASELINE_NAMES.find((name) => findUncovered(needed, name).length === 0)
  const within = baseline === undefined ? 'in no baseline' : `all in ${baseline}`
  return formatProperties('features', needed.length === 0 ? ['none beyond wasm-1.0'] : [...needed, within])
}

const BASELINE_NAMES = Object.keys(BASELINES) as Baseline[]

const DEFAULT_PAGE_SIZE = 65_536

function describeLimits(inspection: Inspection): readonly string[] {
  if (inspection.kind !== 'module') return []
  const memories = inspection.memories.map(({ min, max, shared, imported, pageSize = DEFAULT_PAGE_SIZE }) => {
    const limit = max === undefined ? 'no maximum' : `maximum ${formatSize(max * pageSize)}`
    return `initial ${formatSize(min * pageSize)}, ${limit}${shared ? ', shared' : ''}${imported ? ', imported' : ''}`
  })
  return [
    ...(memories.length > 0 ? [formatProperty('memory', memories.slice(0, 4).join('; '))] : []),
    ...(inspection.hasStart ? [formatProperty('start', 'runs code on instantiation')] : []),
  ]
}

const MAX_NESTED = 5

/** Modules and components nested in a component, the largest first. */
function describeNesting(inspection: Inspection): readonly string[] {
  if (inspection.kind !== 'component' || inspection.nested.contents.length === 0) return []
  const { contents } = inspection.nested
  const shown = [...contents].sort((one, other) => other.size - one.size).slice(0, MAX_NESTED)
  const parts = shown.map(({ kind, name, size, imports }) => {
    const title = name === undefined ? kind : `${kind} ${printable(name.slice(0, 60))}`
    return `${title}, ${formatSize(size)}, ${imports.length} ${imports.length === 1 ? 'import' : 'imports'}`
  })
  return [...parts, ...countMore(contents.length - shown.length)].map((line, at) =>
    formatProperty(at === 0 ? 'nested' : '', line),
  )
}

const MAX_EXPORT_LINES = 6

function describeExports(inspection: Inspection): readonly string[] {
  const names = (inspection.exports as readonly (string | CoreExport | ComponentExport)[]).map((found) =>
    printable(
      typeof found === 'string' || found.kind === 'func' || found.kind === 'instance'
        ? typeof found === 'string'
          ? found
          : found.name
        : `${found.name} (${found.kind})`,
    ),
  )
  return names.length === 0
    ? ['no exports']
    : ['exports', ...wrapWords(names, { indent: 2, lines: MAX_EXPORT_LINES })]
}
