import { printable } from '../../printable.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'
import {
  type RequestedComponentImport,
  type RequestedCoreImport,
  type RequestedImport,
  listCapabilityRequests,
  listRequestedImports,
} from '../catalog/classify.ts'
import type { Risk } from '../catalog/class-rule.ts'
import { type CapabilityClass, getClassRule } from '../catalog/classes.ts'
import {
  diffNames,
  type InterfaceFamily,
  parseFamily,
  type Named,
  isSameSet,
  type VersionChange,
} from './diff-names.ts'

/** A class that only one version needs. */
export interface ClassChange {
  readonly class: CapabilityClass
  readonly risk: Risk
  /** Completes "it can ...". */
  readonly meaning: string
  /** And custom sections that hosts run. */
  readonly imports: readonly string[]
}

/** An import of one version; without class and risk if it is not in the catalogue. */
export interface ImportEntry {
  /** `module.name` or `interface#function`, safe on a terminal. */
  readonly import: string
  readonly class?: CapabilityClass
  readonly risk?: Risk
}

export interface ImportsDiff {
  readonly added: readonly ImportEntry[]
  readonly removed: readonly ImportEntry[]
  /** Core imports whose type changed. */
  readonly types: readonly { readonly import: string; readonly old: string; readonly new: string }[]
  /** Interfaces whose version changed within a semver-compatible track. */
  readonly versions: readonly VersionChange[]
}

interface NamedImport extends Named {
  readonly entry: ImportEntry
}

export function diffImports(old: Inspection, now: Inspection): ImportsDiff {
  const [before, after] = [listRequestedImports(old), listRequestedImports(now)]
  const { added, removed, versions } = diffNames(nameImports(before), nameImports(after))
  return {
    added: added.map(({ entry }) => entry),
    removed: removed.map(({ entry }) => entry),
    types: diffTypes(before, after),
    versions,
  }
}

/** Parses each interface name once, however many functions it has. */
function nameImports(requests: readonly RequestedImport[]): NamedImport[] {
  const families = new Map<string, InterfaceFamily>()
  return requests.map((request) => {
    if (request.from === 'core') return { key: toCoreImportKey(request), entry: toImportEntry(request) }
    const known =
      families.get(request.label) ??
      parseFamily(request.interface, request.labelled ? request.label : undefined)
    families.set(request.label, known)
    return nameImport(request, known)
  })
}

function nameImport(request: RequestedComponentImport, family: InterfaceFamily): NamedImport {
  const { kind, externalId, function: name } = request
  const key = JSON.stringify(['component', family.key, kind, name, externalId])
  const entry = toImportEntry(request)
  return family.version === '' ? { key, entry } : { key, family, entry }
}

const toImportEntry = ({ shown, class: name }: RequestedImport): ImportEntry => ({
  import: shown,
  ...(name !== undefined && { class: name, risk: getClassRule(name).risk }),
})

const toCoreImportKey = (request: RequestedCoreImport): string =>
  JSON.stringify(['core', request.core.module, request.core.name, request.core.kind])

function diffTypes(old: readonly RequestedImport[], now: readonly RequestedImport[]): ImportsDiff['types'] {
  const before = groupTypes(old)
  return [...groupTypes(now)].flatMap(([key, { shown, types }]) => {
    const known = before.get(key)
    return known === undefined || isSameSet(known.types, types)
      ? []
      : [{ import: shown, old: joinTypes(known.types), new: joinTypes(types) }]
  })
}

function groupTypes(
  requests: readonly RequestedImport[],
): Map<string, { shown: string; types: Set<string> }> {
  const all = new Map<string, { shown: string; types: Set<string> }>()
  for (const request of requests) {
    if (request.from !== 'core') continue
    const key = toCoreImportKey(request)
    const known = all.get(key)
    if (known) known.types.add(request.core.type)
    else all.set(key, { shown: request.shown, types: new Set([request.core.type]) })
  }
  return all
}

const joinTypes = (types: ReadonlySet<string>): string => printable([...types].sort().join(' and '))

const RISKS: readonly Risk[] = ['high', 'medium', 'low', 'none']

/** The riskiest first. */
export function diffClasses(
  old: Inspection,
  now: Inspection,
): { readonly added: readonly ClassChange[]; readonly removed: readonly ClassChange[] } {
  const [before, after] = [groupByClass(old), groupByClass(now)]
  const missingIn = (other: typeof before, all: typeof before): ClassChange[] =>
    [...all]
      .filter(([name]) => !other.has(name))
      .map(([name, imports]): ClassChange => {
        const { risk, meaning } = getClassRule(name)
        return { class: name, risk, meaning, imports: [...imports] }
      })
      .sort((one, two) => RISKS.indexOf(one.risk) - RISKS.indexOf(two.risk))
  return { added: missingIn(before, after), removed: missingIn(after, before) }
}

function groupByClass(inspection: Inspection): Map<CapabilityClass, Set<string>> {
  const classes = new Map<CapabilityClass, Set<string>>()
  for (const { class: name, shown } of listCapabilityRequests(inspection)) {
    if (name === undefined) continue
    const imports = classes.get(name)
    if (imports) imports.add(shown)
    else classes.set(name, new Set([shown]))
  }
  return classes
}
