import type { GrantRow } from '../../src/capabilities/manifest/grant-shapes.ts'
import { grantRows } from '../capabilities/every-grant.ts'

const TABLE = /^\| grant \| value \| allows \|\n(?:\|.*\n)+/m

/** docs/capability-manifest.md with a row for each grant that the code has. */
export const withGrantRows = (page: string): string => {
  if (!TABLE.test(page)) throw new Error('docs/capability-manifest.md has no table of grants')
  return page.replace(TABLE, () =>
    ['| grant | value | allows |', '|---|---|---|', ...[...grantRows()].flatMap(docRow), ''].join('\n'),
  )
}

function docRow([path, row]: readonly [string, GrantRow]): string[] {
  const allows = row.shape === 'group' ? row.empty : row.allows
  return allows === undefined ? [] : [`| \`${path}\` | ${describeValue(row)} | ${allows} |`]
}

function describeValue(row: GrantRow): string {
  if (row.shape === 'flag') return '`true`'
  if (row.shape === 'choices') return `of ${row.words.map((word) => `\`${word}\``).join(', ')}`
  return row.shape === 'group' ? '`{}`' : `\`${row.example}\``
}
