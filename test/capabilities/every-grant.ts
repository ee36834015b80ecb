import type { GrantRow, GrantRows, GrantShape } from '../../src/capabilities/manifest/grant-shapes.ts'
import { GRANT_TABLE, type GrantKey, type Grants } from '../../src/capabilities/manifest/grant-table.ts'
import { heldGrants } from '../../src/capabilities/manifest/held-grants.ts'

/** A value of the shape that grants all that it can, with empty lists of names. */
function fullValue(row: GrantShape): unknown {
  switch (row.shape) {
    case 'flag':
      return true
    case 'choices':
      return row.words
    case 'names':
    case 'directories':
      return []
    case 'parameters':
      return mapRows(row.lists, fullValue)
    case 'group':
      return mapRows(row.members, fullValue)
  }
}

const mapRows = <Row>(rows: Readonly<Record<string, Row>>, value: (row: Row) => unknown): object =>
  Object.fromEntries(Object.entries(rows).map(([key, row]) => [key, value(row)]))

/** Grants that hold every key of the table. */
export const EVERY_GRANT = mapRows(GRANT_TABLE, fullValue) as Grants

export const GRANT_KEYS: readonly GrantKey[] = [...heldGrants(EVERY_GRANT).keys()]

/** Every row of the table with its path, groups before their members. */
export function* grantRows(
  rows: GrantRows = GRANT_TABLE,
  prefix = '',
): Generator<readonly [path: string, row: GrantRow]> {
  for (const [key, row] of Object.entries(rows)) {
    yield [`${prefix}${key}`, row]
    if (row.shape === 'group') yield* grantRows(row.members, `${prefix}${key}.`)
  }
}
