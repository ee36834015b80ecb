import { matchesFormat, type ScalarFormat } from '../../documents/scalar-format.ts'
import { GUEST_PATH } from '../manifest/formats.ts'
import type { GrantRows, GrantShape, Parameters } from '../manifest/grant-shapes.ts'
import { GRANT_TABLE, type Grants } from '../manifest/grant-table.ts'
import type { Directory } from '../values/path.ts'
import type { Offer } from './declaration.ts'

type Item = string | Directory

/** The list of a grant with several that its items stand in. */
const findMainList = ({ lists }: Parameters): string =>
  Object.entries(lists).find(([, list]) => list.shape === 'names')![0]

function findRow(key: string): GrantShape | undefined {
  let rows: GrantRows = GRANT_TABLE
  let row: GrantShape | undefined
  for (const name of key.split('.')) {
    row = rows[name]
    rows = row?.shape === 'group' ? row.members : {}
  }
  return row
}

const findFormat = (row: GrantShape | undefined): ScalarFormat | undefined => {
  if (row?.shape === 'directories') return GUEST_PATH
  if (row?.shape === 'names') return row.format
  const list = row?.shape === 'parameters' ? row.lists[findMainList(row)] : undefined
  return list?.shape === 'names' ? list.format : undefined
}

/** Whether a grant holds a list, which may be empty. */
export const isListed = (key: string): boolean => findFormat(findRow(key)) !== undefined

/** Whether the grant can be written with the item. */
export function canGrant({ grant, item }: Offer): boolean {
  if (item === undefined) return true
  const format = findFormat(findRow(grant))
  return format !== undefined && matchesFormat(format, typeof item === 'string' ? item : item.guest)
}

/** The grants with the items of all offers in their lists, each once. */
export function grantOffers(grants: Grants, offers: readonly Offer[]): Grants {
  const items = new Map<string, Item[]>()
  for (const { grant, item } of offers)
    if (item !== undefined) items.set(grant, [...(items.get(grant) ?? []), item])
  return fillGroup(GRANT_TABLE, grants, items, '') as Grants
}

const fillGroup = (
  rows: GrantRows,
  values: object,
  items: ReadonlyMap<string, readonly Item[]>,
  prefix: string,
): object =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      fillValue(rows[key]!, value, items, `${prefix}${key}`),
    ]),
  )

function fillValue(
  row: GrantShape,
  value: unknown,
  items: ReadonlyMap<string, readonly Item[]>,
  path: string,
): unknown {
  const added = items.get(path) ?? []
  switch (row.shape) {
    case 'names':
      return joinNames(value, added)
    case 'directories':
      return joinDirectories([...(value as readonly Directory[]), ...(added as readonly Directory[])])
    case 'parameters': {
      const list = findMainList(row)
      const lists = value as Readonly<Record<string, unknown>>
      return { ...lists, [list]: joinNames(lists[list], added) }
    }
    case 'group':
      return fillGroup(row.members, value as object, items, `${path}.`)
    case 'flag':
    case 'choices':
      return value
  }
}

const joinNames = (value: unknown, added: readonly Item[]): readonly Item[] => [
  ...new Set([...(value as readonly Item[]), ...added]),
]

/** Each directory once, writable if it is so anywhere. */
function joinDirectories(all: readonly Directory[]): readonly Directory[] {
  const modes = new Map<string, Directory['mode']>()
  for (const { guest, mode } of all) modes.set(guest, modes.get(guest) === 'rw' ? 'rw' : mode)
  return [...modes].map(([guest, mode]) => ({ guest, mode }))
}
