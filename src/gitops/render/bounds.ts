import { listCapabilityRequests } from '../../capabilities/catalog/classify.ts'
import { formatHostInterface } from '../../capabilities/evaluate/host-interfaces.ts'
import type { Verdict } from '../../capabilities/evaluate/verdict.ts'
import type { ResourceLimits } from '../../capabilities/manifest/constraints.ts'
import type { GrantRows, GrantShape } from '../../capabilities/manifest/grant-shapes.ts'
import { GRANT_TABLE, type Grants } from '../../capabilities/manifest/grant-table.ts'
import { intersectGrants } from '../../capabilities/manifest/intersect-grants.ts'
import type { CapabilityManifest } from '../../capabilities/manifest/manifest.ts'
import type { Directory } from '../../capabilities/values/path.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'

/** One grant or limit that holds for a module, and what is known of it without a runtime. */
export interface Bound {
  /** `stdio`, `http.outgoing`, `hostInterfaces`, `limits.memory.maxPages`. */
  readonly key: string
  /** The parts of its list as reports show them; empty for a flag and for an empty list. */
  readonly items: readonly string[]
  /** Whether the module itself shows it, no import needs it, or something has to enforce it where the module runs. */
  readonly status: 'proved' | 'unused' | 'runtime'
  /** Whether it is granted as a whole: there is nothing in it that a runtime could narrow. */
  readonly isWhole: boolean
}

/** What all capability manifests and policies together allow a module. */
export interface Bounds {
  readonly all: readonly Bound[]
  readonly grants: Grants
  readonly limits: ResourceLimits
}

export interface BoundsRequest {
  readonly inspection: Inspection
  readonly verdict: Verdict
  readonly manifests: readonly CapabilityManifest[]
  /** Of the policies in force, whose ceilings contain the grants already. */
  readonly policyLimits: readonly ResourceLimits[]
}

export function collectBounds({ inspection, verdict, manifests, policyLimits }: BoundsRequest): Bounds {
  const grants = intersectGrants(manifests.map(({ spec }) => spec.grants))
  const limits = joinLimits([...manifests.flatMap(({ spec }) => spec.limits ?? []), ...policyLimits])
  const classes = new Set(listCapabilityRequests(inspection).map((request) => request.class))
  const statusOf = (key: string): Bound['status'] => {
    // `sockets` alone holds a handle, and its members are reported by themselves.
    const reports = verdict.grants.filter(({ grant }) => grant === key || grant.startsWith(`${key}.`))
    if (reports.some(({ status }) => status === 'runtime')) return 'runtime'
    return reports.some(({ status }) => status === 'proved') ? 'proved' : 'unused'
  }
  const granted = [...listLeaves(GRANT_TABLE, grants)].map(({ key, row, value }): Bound => {
    const hasAllClocks = key === 'clocks' && !classes.has('clock')
    return {
      key,
      items: listItems(row, value),
      status: statusOf(key),
      isWhole: row.shape === 'flag' || hasAllClocks || grantsAllWords(key, row, value),
    }
  })
  const interfaces = manifests.flatMap(({ spec }) => spec.hostInterfaces ?? [])
  const isImported = verdict.grants.some(
    ({ grant, status }) => grant.startsWith('hostInterfaces:') && status !== 'unused',
  )
  return {
    all: [
      ...granted,
      ...(interfaces.length === 0
        ? []
        : [
            {
              key: 'hostInterfaces',
              items: [...new Set(interfaces.map(formatHostInterface))],
              status: isImported ? ('runtime' as const) : ('unused' as const),
              isWhole: true,
            },
          ]),
      ...listLimits(verdict),
    ],
    grants,
    limits,
  }
}

interface Leaf {
  readonly key: string
  readonly row: Exclude<GrantShape, { shape: 'group' }>
  readonly value: unknown
}

/** The grants that are held, groups by their members. */
function* listLeaves(rows: GrantRows, values: object, prefix = ''): Generator<Leaf> {
  for (const [name, row] of Object.entries(rows)) {
    const value = (values as Readonly<Record<string, unknown>>)[name]
    if (value === undefined) continue
    const key = `${prefix}${name}`
    if (row.shape === 'group') yield* listLeaves(row.members, value as object, `${key}.`)
    else yield { key, row, value }
  }
}

function listItems(row: Leaf['row'], value: unknown): readonly string[] {
  switch (row.shape) {
    case 'flag':
      return []
    case 'choices':
    case 'names':
      return value as readonly string[]
    case 'directories':
      return (value as readonly Directory[]).map(({ guest, mode }) => `${guest} (${mode})`)
    case 'parameters': {
      const names = Object.entries(row.lists).filter(([, list]) => list.shape === 'names')
      return names.flatMap(([list]) => {
        const items = (value as Readonly<Record<string, readonly string[]>>)[list] ?? []
        return names.length === 1 ? items : items.map((item) => `${list} ${item}`)
      })
    }
  }
}

/** Words whose imports show them, so that no runtime has to enforce them. */
const PROVED_WORDS: ReadonlySet<string> = new Set(['terminal', 'timezone'])

const grantsAllWords = (key: string, row: Leaf['row'], value: unknown): boolean =>
  row.shape === 'choices' &&
  // The words of a filter are families of functions, which are told apart by their imports.
  (key === 'proxy' ||
    row.words.every((word) => PROVED_WORDS.has(word) || (value as readonly string[]).includes(word)))

/** Limits that are met, once each. */
function listLimits({ limits }: Verdict): readonly Bound[] {
  const found = new Map<string, Bound>()
  for (const { path, limit, status } of limits) {
    const key = path.replace(/^spec\./, '')
    if (found.get(key)?.status === 'runtime') continue
    found.set(key, { key, items: [limit.slice(limit.indexOf(': ') + 2)], status, isWhole: false })
  }
  return [...found.values()]
}

/** The tighter of all, as far as a runtime has settings for it. */
function joinLimits(all: readonly ResourceLimits[]): ResourceLimits {
  const least = (read: (limits: ResourceLimits) => number | undefined): number | undefined => {
    const numbers = all.flatMap((limits) => read(limits) ?? [])
    return numbers.length === 0 ? undefined : Math.min(...numbers)
  }
  const maxPages = least(({ memory }) => memory?.maxPages)
  const maxElements = least(({ tables }) => tables?.maxElements)
  return {
    ...(maxPages === undefined ? {} : { memory: { maxPages } }),
    ...(maxElements === undefined ? {} : { tables: { maxElements } }),
  }
}
