import { expect, test } from 'vitest'

import { GrantUsage } from '../../../src/capabilities/evaluate/grant-usage.ts'
import { STORE_OPERATIONS, CLOCKS, PROXY, STDIO } from '../../../src/capabilities/manifest/formats.ts'
import { EVERY_GRANT } from '../every-grant.ts'
import { granting } from '../samples.ts'

const at = (document: unknown, path: string): unknown =>
  path
    .split(/\.|\[|\]\.?/)
    .filter((part) => part !== '')
    .reduce((value, part) => (value as Record<string, unknown> | undefined)?.[part], document)

test('every grant says where it stands in the capability manifest', () => {
  const manifest = granting(EVERY_GRANT, [{ module: 'env', names: ['a'] }])
  const reports = new GrantUsage(manifest.spec).reports()
  const paths = reports.map(({ grant, path }) => [grant, at(manifest, path)])
  expect(paths.filter(([, value]) => value === undefined)).toEqual([])
  expect(paths.filter(([, value]) => typeof value === 'string').map(([grant]) => grant)).toEqual([
    ...STDIO.map((word) => `stdio.${word}`),
    ...CLOCKS.map((word) => `clocks.${word}`),
    ...STORE_OPERATIONS.map((word) => `keyvalue.${word}`),
    ...STORE_OPERATIONS.map((word) => `blobstore.${word}`),
    ...PROXY.map((word) => `proxy.${word}`),
  ])
  for (const [grant, value] of paths)
    if (typeof value === 'string') expect((grant as string).endsWith(`.${value}`)).toBe(true)
  expect(new Set(reports.map(({ path }) => path)).size).toBe(reports.length)
})
