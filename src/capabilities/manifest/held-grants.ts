import type { Directory } from '../values/path.ts'
import type { Choices, GrantRows, GrantShape, NameList } from './grant-shapes.ts'
import { GRANT_TABLE, type GrantKey, type Grants } from './grant-table.ts'

/**
 * The grants of a capability manifest by their keys, each with its path below `spec.grants`: `stdio.stdout` with `stdio[0]`. Keys
 * come in the order of {@link GRANT_TABLE}.
 */
export const heldGrants = (grants: Grants): Map<GrantKey, string> =>
  new Map(heldByGroup(GRANT_TABLE, grants) as [GrantKey, string][])

type Held = readonly [key: string, path: string]

const heldByGroup = (rows: GrantRows, values: object, prefix = ''): Held[] =>
  Object.entries(rows).flatMap(([key, row]) => {
    const value = (values as Readonly<Record<string, unknown>>)[key]
    return value === undefined ? [] : heldBy(row, value, `${prefix}${key}`)
  })

function heldBy(row: GrantShape, value: unknown, path: string): Held[] {
  const itself: Held = [path, path]
  switch (row.shape) {
    case 'flag':
    case 'names':
      return [itself]
    case 'choices':
      return heldWords(row, value, path, path)
    case 'directories': {
      const directories = value as readonly Directory[]
      const isWritable = directories.length === 0 || directories.some(({ mode }) => mode === 'rw')
      return isWritable ? [itself, [`${path}.rw`, path]] : [itself]
    }
    case 'parameters':
      return [itself].concat(
        Object.entries(row.lists).flatMap(([key, list]) =>
          heldWords(list, (value as Readonly<Record<string, unknown>>)[key], path, `${path}.${key}`),
        ),
      )
    case 'group':
      return [
        ...(row.empty === undefined ? [] : [itself]),
        ...heldByGroup(row.members, value as object, `${path}.`),
      ]
  }
}

const heldWords = (list: NameList | Choices, value: unknown, key: string, path: string): Held[] =>
  list.shape === 'choices'
    ? (value as readonly string[]).map((word, index) => [`${key}.${word}`, `${path}[${index}]`])
    : []
