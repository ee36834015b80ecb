import { type Containment, containDirectories } from '../values/containment.ts'
import type { Directory } from '../values/path.ts'
import type { GrantRows, GrantShape } from './grant-shapes.ts'
import { GRANT_TABLE, type Grants } from './grant-table.ts'

/**
 * What all of the grants allow together; one that is absent from any of them is absent. Of a list remain the items that the other list
 * contains, so two items that only overlap allow nothing: the result is never more than any of the grants.
 */
export const intersectGrants = (all: readonly Grants[]): Grants =>
  all.length === 0
    ? {}
    : all.reduce((one, other) => (one === other ? one : (intersectRows(GRANT_TABLE, one, other) as Grants)))

function intersectRows(rows: GrantRows, one: object, other: object): object {
  const valueOf = (of: object, key: string): unknown => (of as Readonly<Record<string, unknown>>)[key]
  return Object.fromEntries(
    Object.entries(rows).flatMap(([key, row]) => {
      const [left, right] = [valueOf(one, key), valueOf(other, key)]
      return left === undefined || right === undefined ? [] : [[key, intersectValues(row, left, right)]]
    }),
  )
}

function intersectValues(row: GrantShape, one: unknown, other: unknown): unknown {
  switch (row.shape) {
    case 'flag':
      return true
    case 'choices':
      return (one as readonly string[]).filter((word) => (other as readonly string[]).includes(word))
    case 'names':
      return intersectItems(row.contain, one as readonly string[], other as readonly string[])
    case 'directories':
      return intersectDirectories(one as readonly Directory[], other as readonly Directory[])
    case 'parameters':
      return intersectRows(row.lists as GrantRows, one as object, other as object)
    case 'group':
      return intersectRows(row.members, one as object, other as object)
  }
}

function intersectItems<Item>(
  contain: Containment<Item>,
  one: readonly Item[],
  other: readonly Item[],
): readonly Item[] {
  const kept = [...one.filter(contain(other)), ...other.filter(contain(one))]
  return [...new Set(kept)]
}

/** A directory may be inside of the other's, and what either of them only reads is only read. */
function intersectDirectories(one: readonly Directory[], other: readonly Directory[]): readonly Directory[] {
  const readable = (all: readonly Directory[]): Directory[] => all.map(({ guest }) => ({ guest, mode: 'ro' }))
  const [isInOne, isInOther] = [containDirectories(one), containDirectories(other)]
  const guests = new Set(
    intersectItems(containDirectories, readable(one), readable(other)).map(({ guest }) => guest),
  )
  return [...guests].map((guest) => {
    const directory = { guest, mode: 'rw' } as const
    return isInOne(directory) && isInOther(directory) ? directory : { guest, mode: 'ro' }
  })
}
