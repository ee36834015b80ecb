import { readFileSync } from 'node:fs'

import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'

import { DESCRIPTION, NAME } from '../../src/documents/metadata.ts'
import * as grammar from '../../src/capabilities/manifest/formats.ts'
import { parseEmbeddedCapabilityManifest } from '../../src/capabilities/manifest/embedded.ts'

const schema: unknown = JSON.parse(
  readFileSync(new URL('../../schemas/capability-manifest.v1alpha1.schema.json', import.meta.url), 'utf8'),
)
const accepts = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema as object)

const withSpec = (spec: unknown): unknown => ({
  apiVersion: 'wasmpack.dev/v1alpha1',
  kind: 'CapabilityManifest',
  metadata: { name: 'sample' },
  spec,
})
const withGrants = (grants: unknown): unknown => withSpec({ grants })
const withHost = (entry: unknown): unknown => withSpec({ grants: {}, hostInterfaces: [entry] })

const parses = (document: unknown): boolean => {
  try {
    parseEmbeddedCapabilityManifest(JSON.stringify(document))
    return true
  } catch {
    return false
  }
}

const hosts = (host: string): unknown => withGrants({ http: { outgoing: { hosts: [host] } } })
const guest = (path: string): unknown => withGrants({ filesystem: [{ guest: path, mode: 'ro' }] })
const connect = (address: string): unknown => withGrants({ sockets: { tcp: { connect: [address] } } })
const env = (name: string): unknown => withGrants({ env: { names: [name] } })
const database = (address: string): unknown => withGrants({ database: { postgres: [address] } })
const topics = (name: string): unknown => withGrants({ messaging: { topics: [name] } })
const dns = (name: unknown): unknown => withGrants({ sockets: { dns: name } })

const limits = (value: unknown): unknown => withSpec({ grants: {}, limits: value })
const spec = (more: object): unknown => withSpec({ grants: {}, ...more })

const VALID: readonly unknown[] = [
  withGrants({}),
  { ...(withGrants({}) as object), metadata: { name: 'a', description: 'größer' } },
  withGrants({ stdio: ['stdin', 'terminal'], clocks: [], random: true, args: false, cwd: true, exit: true }),
  withGrants({ http: {}, sockets: {} }),
  withGrants({ http: { incoming: true, outgoing: { hosts: [] } } }),
  withGrants({ sockets: { tcp: {}, udp: false, dns: false } }),
  withGrants({ sockets: { tcp: { connect: [], listen: ['*:80'] }, udp: { listen: ['[::]:53'] } } }),
  ...['a', 'https://a.example', 'http://*.a.example:8080', '*', '127.0.0.1:1', '[::1]', '[fd00::1]:*'].map(
    hosts,
  ),
  ...['/', '/data', '/a b/ü', '.', '/..a/.b/c..'].map(guest),
  ...['a:1', '*:*', '10.0.0.0/8:5432', '[fd00::/8]:443', '*.a.example:443'].map(connect),
  ...['A', 'APP_*', '*', 'with-dash', 'größe'].map(env),
  ...[[], ['a.example'], ['*.a.example'], ['*']].map(dns),
  ...[
    {},
    { memory: {}, tables: {} },
    { memory: { maxPages: 0, requireMax: false }, tables: { maxElements: 1, requireMax: true } },
    { modules: 0, nesting: 0, size: 1, startFunction: 'allow' },
    { size: '20MiB' },
    { size: '999999 GiB' },
    { size: '1 B' },
  ].map(limits),
  ...[
    { exports: {} },
    { exports: { required: ['_start', '', 'wasi:cli/run@0.2'], forbidden: ['*', 'a*'] } },
    { features: {} },
    { features: { baseline: 'lime1', allow: ['simd', 'memory64', 'cm-async'] } },
    { onUnused: 'ignore', onUnknownImport: 'warn' },
  ].map(spec),
  ...['wasip1', 'wasip3', 'proxy-wasm@0.1.0', 'wasi:http/proxy@0.2', 'a:b:c/d@1.0.0-rc.1+b', 'a:b/c-D1'].map(
    (target) => spec({ target }),
  ),
  ...['db', 'db.example:5432', '*.example:*', '*'].map(database),
  ...['a', 'orders.*', '*', 'a b/c', 'größe'].map(topics),
  ...[
    { sockets: { tls: false } },
    { sockets: { tls: ['*.a.example'] } },
    { config: { keys: [] }, secrets: { keys: ['a*'] } },
    { keyvalue: { stores: [], access: [] }, blobstore: { containers: ['*'], access: ['get', 'delete'] } },
    { database: {} },
    { database: { mysql: [], redis: ['a:1'], sqlite: ['default'] } },
    { nn: { graphs: [] } },
    { nn: { load: true } },
    { nn: { graphs: ['a'], load: false }, logging: true, telemetry: false, crypto: true, threads: true },
    { nativeCode: true },
    { nativeCode: false },
    { proxy: [] },
    { proxy: ['log', 'headers.read', 'foreign-function'] },
    { hostCalls: { operations: ['oci/v1/verify', 'kubernetes/*'] } },
  ].map(withGrants),
  withHost({ module: '', names: [''] }),
  withHost({ module: 'env', names: ['m'], kind: 'memory', type: 'memory 1' }),
  withHost({ component: 'a:b/c@1.0.0', functions: ['f'] }),
  withHost({ importedStringConstants: '' }),
  withHost({ component: 'log', kind: 'func' }),
  withHost({ implements: 'a:b/c@1.0.0', functions: ['f'], as: ['l'], externalId: ['x'] }),
]

const INVALID: readonly unknown[] = [
  withHost({ importedStringConstants: 'S', names: ['a'] }),
  null,
  [],
  {},
  { ...(withGrants({}) as object), apiVersion: 'wasmpack.dev/v1' },
  { ...(withGrants({}) as object), kind: 'CapabilityPolicy' },
  { ...(withGrants({}) as object), metadata: {} },
  { ...(withGrants({}) as object), metadata: { name: '' } },
  { ...(withGrants({}) as object), metadata: { name: 'a\nb' } },
  { ...(withGrants({}) as object), status: {} },
  withSpec({}),
  withSpec({ grants: {}, limit: {} }),
  ...[
    null,
    [],
    { memory: 1 },
    { memory: { maxPages: -1 } },
    { memory: { maxPages: '1' } },
    { memory: { maxPages: 1.5 } },
    { memory: { maxPages: 2 ** 53 } },
    { tables: { maxPages: 1 } },
    { size: 0 },
    { size: '0MiB' },
    { size: '20MB' },
    { size: '20' },
    { size: '1000000 B' },
    { startFunction: false },
  ].map(limits),
  ...[
    { exports: [] },
    { exports: { required: ['a', 'a'] } },
    { exports: { required: [1] } },
    { features: ['simd'] },
    { features: { baseline: 'wasm-4.0' } },
    { features: { allow: ['SIMD'] } },
    { features: { allow: ['simd', 'simd'] } },
    { onUnused: 'deny' },
    { onUnknownImport: 'ignore' },
  ].map(spec),
  ...[
    '',
    'wasip0',
    'wasip2@0.2',
    'proxy-wasm',
    'proxy-wasm@0.3.0',
    'a:b',
    'a:b/c@',
    'a:b/c@x',
    'a/b',
    'wasip1\n',
  ].map((target) => spec({ target })),
  ...['', 'postgres://db', 'u:p@db', 'db/name', 'db:'].map(database),
  ...['', 'a*b', '*a', 'a\nb'].map(topics),
  ...[
    { keyvalue: {} },
    { keyvalue: { stores: ['a'] } },
    { keyvalue: { stores: ['a'], access: ['watch'] } },
    { blobstore: { access: [] } },
    { config: { keys: 'a' } },
    { secrets: [] },
    { messaging: true },
    { database: { oracle: [] } },
    { database: { sqlite: true } },
    { nn: { load: 'true' } },
    { logging: 'true' },
    { proxy: ['log', 'log'] },
    { proxy: ['headers'] },
    { hostCalls: {} },
  ].map(withGrants),
  withGrants({ stdio: ['stdlog'] }),
  withGrants({ stdio: ['stdin', 'stdin'] }),
  withGrants({ stdio: 'stdin' }),
  withGrants({ random: 'true' }),
  withGrants({ random: null }),
  withGrants({ env: ['A'] }),
  withGrants({ env: {} }),
  withGrants({ filesystem: [{ guest: '/a' }] }),
  withGrants({ filesystem: [{ guest: '/a', mode: 'w' }] }),
  withGrants({ http: { outgoing: true } }),
  withGrants({ sockets: { tcp: true } }),
  withGrants({ sockets: { dns: true } }),
  ...['', 'ftp://a', 'a/b', 'a:0', 'a:', 'u@a', 'a b', '-a', '*a', 'https://', 'a\n', '[::1'].map(hosts),
  ...['', 'data', '/a/', '//a', '/a/../b', '/..', '/./a', '/a\u0000', '/a\u2028/../b', '..'].map(guest),
  ...['a', ':1', 'a:b', '10.0.0.0/8', 'https://a:1', '::1:80'].map(connect),
  ...['', 'A=B', 'A*B', '*A', 'A B', 'A\u0000'].map(env),
  ...[[''], ['a:1'], ['a', 'a'], 'a'].map(dns),
  withHost({}),
  withHost({ module: 'env' }),
  withHost({ module: 'env', names: [] }),
  withHost({ module: 'env', names: ['a', 'a'] }),
  withHost({ module: 'env', names: [1] }),
  withHost({ module: 'env', names: ['a'], kind: 'function' }),
  withHost({ module: 'env', names: ['a'], component: 'b' }),
  withHost({ component: 'a:b/c@1.0.0' }),
  withHost({ component: 'log', kind: 'func', functions: ['f'] }),
  withHost({ component: 'log', kind: 'type' }),
  withHost({ implements: 'a:b/c@1.0.0' }),
  withHost({ implements: 'a:b/c@1.0.0', functions: ['f'], as: [] }),
  withHost('env'),
]

test.each(VALID.map((document) => [JSON.stringify(document), document]))(
  'schema and parser accept %s',
  (_, document) => {
    expect([accepts(document), parses(document)]).toEqual([true, true])
  },
)

test.each(INVALID.map((document) => [JSON.stringify(document), document]))(
  'schema and parser refuse %s',
  (_, document) => {
    expect([accepts(document), parses(document)]).toEqual([false, false])
  },
)

test('schema holds the very patterns that the parser applies', () => {
  const patterns = new Set(
    [...JSON.stringify(schema).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(
      ([, text]) => JSON.parse(text!) as string,
    ),
  )
  const own = Object.values(grammar).flatMap((value) =>
    typeof value === 'object' && 'pattern' in value ? [value.pattern] : [],
  )
  expect(patterns).toEqual(new Set([...own, DESCRIPTION.pattern, NAME.pattern]))
})
