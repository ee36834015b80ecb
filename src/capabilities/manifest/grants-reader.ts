import {
  readChoice,
  readFields,
  readFlag,
  readList,
  readMatching,
  type Read,
} from '../../documents/fields.ts'
import type { SourceNode } from '../../documents/source-node.ts'
import type { Directory } from '../values/path.ts'
import { GUEST_PATH } from './formats.ts'
import type { Choices, GrantRow, GrantRows, GrantShape, NameList, Parameters } from './grant-shapes.ts'
import { GRANT_TABLE, type Grants } from './grant-table.ts'

const readDirectory: Read<Directory> = (value, problems) => {
  const fields = readFields(value, ['guest', 'mode'], problems)
  const guest = fields?.required('guest', readMatching(GUEST_PATH))
  const mode = fields?.required('mode', readChoice(['ro', 'rw']))
  return guest === undefined || mode === undefined ? undefined : { guest, mode }
}

function readShape(row: GrantShape): Read<unknown> {
  switch (row.shape) {
    case 'flag':
      return readFlag
    case 'choices':
    case 'names':
      return readListOf(row)
    case 'directories':
      return readList(readDirectory, { identity: ({ guest }) => guest })
    case 'parameters':
      return readParameters(row)
    case 'group':
      return readGroup(row.members)
  }
}

const readListOf = (list: NameList | Choices): Read<readonly string[]> =>
  readList(list.shape === 'names' ? readMatching(list.format) : readChoice(list.words))

const readParameters =
  ({ lists, optional = false }: Parameters): Read<unknown> =>
  (value, problems) => {
    const fields = readFields(value, Object.keys(lists), problems)
    if (fields === undefined) return undefined
    const entries = Object.entries(lists).map(([key, list]) => [
      key,
      optional ? (fields.optional(key, readListOf(list)) ?? []) : fields.required(key, readListOf(list)),
    ])
    return entries.some(([, list]) => list === undefined) ? undefined : Object.fromEntries(entries)
  }

/** Drops members that are `false`, which means the same as absent. */
const readGroup =
  (rows: GrantRows): Read<Readonly<Record<string, unknown>>> =>
  (value, problems) => {
    const fields = readFields(value, Object.keys(rows), problems)
    const read = fields && Object.entries(rows).map(([key, row]) => [key, fields.optional(key, readRow(row))])
    return read && Object.fromEntries(read.filter(([, grant]) => grant !== undefined && grant !== false))
  }

const readRow = (row: GrantRow): Read<unknown> => {
  const read = readShape(row)
  return row.orFalse ? (value, problems) => (isFalse(value) ? false : read(value, problems)) : read
}

const isFalse = (value: SourceNode): boolean => value.kind === 'scalar' && value.value === false

/** `spec.grants`, in the order of {@link GRANT_TABLE}. */
export const readGrants = readGroup(GRANT_TABLE) as Read<Grants>
