import { expect, test } from 'vitest'

import { GrantUsage } from '../../../src/capabilities/evaluate/grant-usage.ts'
import { ACCESS, CLOCKS, PROXY, STDIO } from '../../../src/capabilities/manifest/formats.ts'
import type { Grants } from '../../../src/capabilities/manifest/manifest.ts'
import { granting } from '../samples.ts'

const EVERYTHING: { readonly [K in keyof Grants]-?: Grants[K] } = {
  stdio: STDIO,
  clocks: CLOCKS,
  random: true,
  args: true,
  cwd: true,
  exit: true,
  env: { names: [] },
  filesystem: [],
  http: { outgoing: { hosts: [] }, incoming: true },
  sockets: { tcp: { connect: [], listen: [] }, udp: { connect: [], listen: [] }, dns: [], tls: [] },
  config: { keys: [] },
  secrets: { keys: [] },
  keyvalue: { stores: [], access: ACCESS },
  blobstore: { containers: [], access: ACCESS },
  messaging: { topics: [] },
  database: { postgres: [], mysql: [], redis: [], sqlite: [] },
  nn: { graphs: [], load: true },
  logging: true,
  telemetry: true,
  crypto: true,
  threads: true,
  proxy: PROXY,
  hostCalls: { operations: [] },
}

const at = (document: unknown, path: string): unknown =>
  path
    .split(/\.|\[|\]\.?/)
    .filter((part) => part !== '')
    .reduce((value, part) => (value as Record<string, unknown> | undefined)?.[part], document)

test('every grant says where it stands in the capability manifest', () => {
  const manifest = granting(EVERYTHING, [{ module: 'env', names: ['a'] }])
  const reports = new GrantUsage(manifest.spec).reports()
  const places = reports.map(({ grant, path }) => [grant, at(manifest, path)])
  expect(places.filter(([, value]) => value === undefined)).toEqual([])
  expect(places.filter(([, value]) => typeof value === 'string').map(([grant]) => grant)).toEqual([
    ...STDIO.map((word) => `stdio.${word}`),
    ...CLOCKS.map((word) => `clocks.${word}`),
    ...ACCESS.map((word) => `keyvalue.${word}`),
    ...ACCESS.map((word) => `blobstore.${word}`),
    ...PROXY.map((word) => `proxy.${word}`),
  ])
  for (const [grant, value] of places)
    if (typeof value === 'string') expect((grant as string).endsWith(`.${value}`)).toBe(true)
  expect(new Set(reports.map(({ path }) => path)).size).toBe(reports.length)
})
