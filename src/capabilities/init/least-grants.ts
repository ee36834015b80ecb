import type { GrantRows, GrantShape } from '../manifest/grant-shapes.ts'
import { GRANT_TABLE, type GrantKey, type Grants } from '../manifest/grant-table.ts'

/** The narrowest grants with the given keys: every list is empty. */
export const createLeastGrants = (keys: ReadonlySet<GrantKey>): Grants =>
  createLeastGroup(GRANT_TABLE, keys) as Grants

/** Leaves out members that are not granted. */
const createLeastGroup = (rows: GrantRows, keys: ReadonlySet<string>, prefix = ''): object =>
  Object.fromEntries(
    Object.entries(rows)
      .map(([key, row]) => [key, createLeastValue(row, keys, `${prefix}${key}`)] as const)
      .filter(([, value]) => value !== undefined),
  )

/** The value of a grant at its path; undefined if it is not granted. */
function createLeastValue(row: GrantShape, keys: ReadonlySet<string>, path: string): unknown {
  const isHeld = keys.has(path) || [...keys].some((key) => key.startsWith(`${path}.`))
  if (!isHeld) return undefined
  const hold = (words: readonly string[]): string[] => words.filter((word) => keys.has(`${path}.${word}`))
  switch (row.shape) {
    case 'flag':
      return true
    case 'choices':
      return hold(row.words)
    case 'names':
    case 'directories':
      return []
    case 'parameters':
      return Object.fromEntries(
        Object.entries(row.lists).map(([key, list]) => [
          key,
          list.shape === 'choices' ? hold(list.words) : [],
        ]),
      )
    case 'group':
      return createLeastGroup(row.members, keys, `${path}.`)
  }
}
