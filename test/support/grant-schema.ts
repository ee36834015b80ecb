import { GUEST_PATH } from '../../src/capabilities/manifest/formats.ts'
import type { GrantRow, GrantRows, GrantShape } from '../../src/capabilities/manifest/grant-shapes.ts'
import { GRANT_TABLE } from '../../src/capabilities/manifest/grant-table.ts'

/** A JSON Schema with its definitions. */
interface SchemaDocument {
  readonly $defs: Readonly<Record<string, object>>
}

/** The text of a JSON Schema in which `$defs.grants` and what it refers to follow from the table of grants. */
export const withGrants = (schema: SchemaDocument): string =>
  `${JSON.stringify({ ...schema, $defs: { ...schema.$defs, grants: groupSchema(GRANT_TABLE), directory: DIRECTORY } }, null, 2)}\n`

const DIRECTORY = {
  type: 'object',
  additionalProperties: false,
  required: ['guest', 'mode'],
  properties: {
    guest: { type: 'string', pattern: GUEST_PATH.pattern, description: 'As the module sees it.' },
    mode: { enum: ['ro', 'rw'] },
  },
}

const groupSchema = (rows: GrantRows): object => ({
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(Object.entries(rows).map(([key, row]) => [key, rowSchema(row)])),
})

function rowSchema(row: GrantRow): object {
  const schema = shapeSchema(row)
  return { ...(row.orFalse ? { anyOf: [{ const: false }, schema] } : schema), description: describe(row) }
}

function shapeSchema(row: GrantShape): object {
  switch (row.shape) {
    case 'flag':
      return { type: 'boolean' }
    case 'choices':
      return { type: 'array', items: { enum: row.words }, uniqueItems: true }
    case 'names':
      return { type: 'array', items: { type: 'string', pattern: row.format.pattern }, uniqueItems: true }
    case 'directories':
      return { type: 'array', items: { $ref: '#/$defs/directory' } }
    case 'parameters':
      return {
        type: 'object',
        additionalProperties: false,
        ...(!row.optional && { required: Object.keys(row.lists) }),
        properties: Object.fromEntries(
          Object.entries(row.lists).map(([key, list]) => [key, shapeSchema(list)]),
        ),
      }
    case 'group':
      return groupSchema(row.members)
  }
}

/** Sentences without Markdown: editors show them as they are. */
function describe(row: GrantRow): string {
  const empty = row.shape === 'group' && row.empty !== undefined ? `; empty: ${row.empty}` : ''
  const text = `${row.allows}${empty}.`.replaceAll('`', '')
  return text[0]!.toUpperCase() + text.slice(1)
}
