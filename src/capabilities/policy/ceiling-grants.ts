import { toYamlFlow } from '../../documents/yaml-flow.ts'
import type { GrantShape } from '../manifest/grant-shapes.ts'
import { GRANT_TABLE, type Grants } from '../manifest/grant-table.ts'
import { type Containment, containDirectories } from '../values/containment.ts'
import type { Directory } from '../values/path.ts'

/** A part of some grants that goes beyond a ceiling. */
export interface Exceedance {
  /** The path of the part below the grants, and of the part of the ceiling that does not contain it: `http.outgoing.hosts[2]`, `http.outgoing.hosts`. */
  readonly path: string
  readonly ceilingPath: string
  /** What was found, as YAML; undefined if the ceiling has no such part. */
  readonly found?: string
  /** What the ceiling allows in this part; undefined if it has no such part. */
  readonly allowed?: readonly string[]
}

/** Finds what of the grants goes beyond the ceiling; lists may be narrower, and an absent grant is not granted. */
export type CeilingCheck = (grants: Grants) => readonly Exceedance[]

/** Prepares a ceiling once for many grants. */
export function createCeilingCheck(ceiling: Grants): CeilingCheck {
  const check = checkFields(GRANT_TABLE, ceiling, '')
  return (grants) => [...check(grants, '')]
}

/** Compares the value at a path of the grants with the part of the ceiling that it was created for. */
type Check<Value> = (granted: Value, path: string) => Iterable<Exceedance>

/** The check for one part of the ceiling, which may be absent. */
function createCheck(row: GrantShape, ceiling: unknown, path: string): Check<never> {
  if (row.shape === 'choices') {
    // Every word is a grant of its own, so a list of none exceeds nothing.
    const words = (ceiling ?? []) as readonly string[]
    return checkItems<string>((allowed) => (word) => allowed.includes(word), words, path)
  }
  if (ceiling === undefined) return (_, ownPath) => [{ path: ownPath, ceilingPath: path }]
  switch (row.shape) {
    case 'flag':
      return () => []
    case 'names':
      return checkItems(row.contain, ceiling as readonly string[], path)
    case 'directories':
      return checkItems(containDirectories, ceiling as readonly Directory[], path)
    case 'parameters':
      return checkFields(row.lists, ceiling as object, path)
    case 'group':
      return checkFields(row.members, ceiling as object, path)
  }
}

function checkItems<Item>(
  contain: Containment<Item>,
  ceiling: readonly Item[],
  ceilingPath: string,
): Check<readonly Item[]> {
  const contains = contain(ceiling)
  let allowed: readonly string[] | undefined
  return function* (items, path) {
    for (const [index, item] of items.entries())
      if (!contains(item)) {
        allowed ??= ceiling.map(toYamlFlow)
        yield { path: `${path}[${index}]`, ceilingPath, found: toYamlFlow(item), allowed }
      }
  }
}

function checkFields(
  rows: Readonly<Record<string, GrantShape>>,
  ceiling: object,
  ceilingPath: string,
): Check<object> {
  const checks = new Map<string, Check<never>>()
  for (const [key, row] of Object.entries(rows))
    checks.set(
      key,
      createCheck(row, (ceiling as Readonly<Record<string, unknown>>)[key], joinPath(ceilingPath, key)),
    )
  return function* (granted, path) {
    for (const [key, value] of Object.entries(granted))
      if (value !== undefined) yield* checks.get(key)!(value as never, joinPath(path, key))
  }
}

const joinPath = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)
