import { expect, test } from 'vitest'

import {
  CATALOG_VERSION,
  listCatalogRows,
  classifyCoreImport,
  classifyInterfaceFunction,
  FAMILIES,
} from '../../../src/capabilities/catalog/catalog.ts'
import { CATALOG_DIGEST } from '../../../src/capabilities/catalog/catalog-digest.ts'
import { allowsClass } from '../../../src/capabilities/catalog/class-rule.ts'
import { CLASSES, getClassRule } from '../../../src/capabilities/catalog/classes.ts'
import { parseTrackedName } from '../../../src/capabilities/catalog/interface-name.ts'
import { heldGrants } from '../../../src/capabilities/manifest/held-grants.ts'
import { parseCapabilityManifest } from '../../../src/capabilities/manifest/manifest-text.ts'
import { canonicalJson } from '../../../src/json.ts'
import { computeDigest } from '../../../src/oci/digest.ts'
import { GRANT_KEYS } from '../every-grant.ts'

test('classOfCoreImport tells the functions of WASI 0.1 apart', () => {
  const classes = ['fd_write', 'fd_seek', 'path_open', 'path_unlink_file', 'fd_readdir', 'proc_exit'].map(
    (name) => classifyCoreImport('wasi_snapshot_preview1', name),
  )
  expect(classes).toEqual(['stdio-or-fs.write', 'fd', 'fs.open', 'fs.write', 'fs.read', 'exit'])
})

test('classOfCoreImport knows nothing of names that objects have', () => {
  expect(classifyCoreImport('__proto__', 'toString')).toBeUndefined()
  expect(classifyCoreImport('wasi_snapshot_preview1', 'constructor')).toBeUndefined()
  expect(classifyCoreImport('wasi_unstable', 'sock_accept')).toBeUndefined()
})

test.each([
  ['wasi:filesystem/types@0.2.0', '[method]descriptor.open-at', 'fs.open'],
  ['wasi:filesystem/types@0.2.99', '[method]descriptor.stat', 'fs.handle'],
  ['wasi:filesystem/types@0.2.3+build.7', '[method]descriptor.open-at', 'fs.open'],
  ['wasi:filesystem/types@0.2', '[method]descriptor.open-at', 'fs.open'],
  ['wasi:clocks/system-clock@0.3.0', 'now', 'clock.wall'],
  ['wasi:http/handler@0.3.1', 'handle', 'http.outgoing'],
  ['wasi:http/incoming-handler@0.2.0', 'handle', 'http.incoming'],
])('classOfInterfaceFunction finds %s %s', (name, member, expected) => {
  expect(classifyInterfaceFunction(name, member)).toBe(expected)
})

test.each([
  ['wasi_unstable', 'path_open', 'fs.open'],
  ['wasi', 'thread-spawn', 'threads'],
  ['wasi_ephemeral_nn', 'load_by_name', 'nn.graphs'],
  ['wasi_ephemeral_crypto_symmetric', 'symmetric_state_encrypt', 'crypto'],
  ['wasi_snapshot_preview1', 'sock_connect', 'sockets.connect'],
  ['env', 'proxy_http_call', 'proxy.http-call'],
  ['env', 'proxy_continue_stream', 'proxy.stream'],
  ['extism:host/env', 'http_request', 'http.outgoing'],
  ['extism:host/env', 'var_set', 'keyvalue.set'],
  ['wapc', '__host_call', 'host-call'],
  ['wapc', '__console_log', 'logging'],
])('classOfCoreImport finds %s.%s', (module, name, expected) => {
  expect(classifyCoreImport(module, name)).toBe(expected)
})

test.each([
  ['wasi:keyvalue/store@0.2.0-draft2', '[method]bucket.set', 'keyvalue.set'],
  ['wasi:keyvalue/store@0.2.0-draft', '[method]bucket.list-keys', 'keyvalue.list'],
  ['wasi:config/store@0.2.0-rc.1', 'get', 'config'],
  ['wasi:logging/logging', 'log', 'logging'],
  ['wasi:logging/logging@0.1.0-draft', 'log', 'logging'],
  ['wasi:tls/types@0.2.0-draft+505fc98', '[constructor]client-handshake', 'sockets.tls'],
  ['wasi:nn/graph@0.2.0-rc-2024-10-28', 'load', 'nn.load'],
  ['wasi:http/types@0.2.0-rc-2023-11-10', '[method]request-options.connect-timeout-ms', 'http.types'],
  ['wasi:http/types@0.2.0-rc-2023-11-10', '[constructor]fields', 'http.types'],
  ['wasi:clocks/wall-clock@0.3.0-rc-2025-09-16', 'now', 'clock.wall'],
  ['spin:sqlite/sqlite@3.1.0', '[method]connection.execute-async', 'database.sqlite'],
  ['fermyon:spin/llm', 'infer', 'nn.graphs'],
  ['fermyon:spin/llm@2.0.0', 'infer', 'nn.graphs'],
  ['wasmcloud:secrets/reveal@1.0.0', 'reveal', 'secrets'],
  ['wasmcloud:messaging/consumer@0.3.0', 'publish', 'messaging'],
])('classOfInterfaceFunction finds %s %s', (name, member, expected) => {
  expect(classifyInterfaceFunction(name, member)).toBe(expected)
})

test.each([
  ['wasi:http/types@0.2.0', '[method]request-options.connect-timeout-ms'],
  ['wasi:keyvalue/store@0.2.0', 'open'],
  ['wasi:keyvalue/store', 'open'],
  ['wasi:keyvalue/store@0.2.0-draft9', 'open'],
  ['wasi:observe/tracer@0.1.0', 'start'],
  ['spin:postgres/postgres@5.0.0', '[static]connection.open'],
  ['wasi:filesystem/types@0.3.0-rc-2025-07-01', '[method]descriptor.open-at'],
  ['wasi:filesystem/types@0.2.0-rc.1', '[method]descriptor.open-at'],
  ['wasi:filesystem/types@1.0.0', '[method]descriptor.open-at'],
  ['wasi:filesystem/types@0.20.0', '[method]descriptor.open-at'],
  ['wasi:filesystem/types', '[method]descriptor.open-at'],
  ['wasi:clocks/system-clock@0.2.0', 'now'],
  ['wasi:clocks/wall-clock@0.3.0', 'now'],
  ['wasi:cli/exit@0.2.0', 'exit-later'],
  ['toString@0.2.0', 'exit'],
])('classOfInterfaceFunction does not know %s %s', (name, member) => {
  expect(classifyInterfaceFunction(name, member)).toBeUndefined()
})

test('every family says where its functions are written down, and calls each interface once', () => {
  for (const { spec } of FAMILIES) expect(spec).toMatch(/^https:\/\/github\.com\/[\w.-]+\/[\w./-]+$/)
  expect(new Set(FAMILIES.map(({ title }) => title)).size).toBe(FAMILIES.length)
  const odd = listCatalogRows().filter(
    ({ module }) => module.includes('@') && `@${parseTrackedName(module).track}` !== /@.*/.exec(module)![0],
  )
  expect(odd).toEqual([])
})

test('catalogRows holds each function once, with a class that there is', () => {
  const rows = listCatalogRows()
  expect(new Set(rows.map(({ module, name }) => `${module} ${name}`)).size).toBe(rows.length)
  expect(rows.filter((row) => !Object.hasOwn(CLASSES, row.class))).toEqual([])
  const count = (title: string, suffix: string): number =>
    rows.filter(({ family, module }) => family === title && module.endsWith(suffix)).length
  expect([
    count('WASI 0.0', 'wasi_unstable'),
    count('WASI 0.1', 'preview1'),
    count('WASI 0.2', '@0.2'),
    count('WASI 0.3', '@0.3'),
    count("WasmEdge's sockets", 'preview1'),
  ]).toEqual([45, 46, 181, 130, 23])
})

test('CLASSES asks for a grant wherever there is a risk, but for handles', () => {
  const free = (Object.keys(CLASSES) as (keyof typeof CLASSES)[]).filter(
    (name) => getClassRule(name).risk !== 'none' && getClassRule(name).grants === undefined,
  )
  expect(free).toEqual(['fs.handle.read', 'fs.handle.write'])
})

test('CLASSES has an example for every class that asks for a grant', () => {
  const mute = (Object.keys(CLASSES) as (keyof typeof CLASSES)[]).filter(
    (name) => getClassRule(name).grants !== undefined && getClassRule(name).example === undefined,
  )
  expect(mute).toEqual([])
})

test('the catalogue has the digest that its version was released with', () => {
  const content = { version: CATALOG_VERSION, classes: CLASSES, rows: listCatalogRows() }
  const digest = computeDigest(Buffer.from(canonicalJson(content)))
  expect(
    { [CATALOG_VERSION]: digest },
    'the catalogue changed: set CATALOG_VERSION in src/capabilities/catalog/catalog.ts to the date of today, say what ' +
      'changed in CHANGELOG.md, then npm run docs, and run this test with -u',
  ).toMatchInlineSnapshot(`
    {
      "2026-12-01": "sha256:6f281ba8c1c8cc24968c2ee573d2c35224cfb0cce6bc80b1afcab7fc6935d319",
    }
  `)
  expect(CATALOG_DIGEST, 'set CATALOG_DIGEST in src/capabilities/catalog/catalog-digest.ts').toBe(digest)
})

test.each(
  (Object.keys(CLASSES) as (keyof typeof CLASSES)[]).flatMap((name) => {
    const { example } = getClassRule(name)
    return example === undefined ? [] : [[name, example]]
  }),
)('the example of the class %s allows it: %s', (name, example) => {
  const document = ['apiVersion: wasmpack.dev/v1alpha1', 'kind: CapabilityManifest', 'metadata: {name: a}']
  const manifest = parseCapabilityManifest(
    [...document, 'spec:', '  grants:', `    ${example}`].join('\n'),
    'example.yaml',
  )
  const rule = getClassRule(name as keyof typeof CLASSES)
  expect(allowsClass(heldGrants(manifest.spec.grants), rule, new Set())).toBe(true)
})

test('every grant of the table allows a class', () => {
  const used = new Set(
    (Object.keys(CLASSES) as (keyof typeof CLASSES)[]).flatMap((name) => {
      const { grants = [], alternatives = [] } = getClassRule(name)
      return grants.concat(alternatives.map(({ grant }) => grant))
    }),
  )
  expect(GRANT_KEYS.filter((key) => !used.has(key))).toEqual([])
})
