import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { listCatalogRows } from '../../../src/capabilities/catalog/catalog.ts'
import { inferCapabilityManifest } from '../../../src/capabilities/init/infer-manifest.ts'
import { createLeastGrants } from '../../../src/capabilities/init/least-grants.ts'
import { parseCapabilityManifest } from '../../../src/capabilities/manifest/manifest-text.ts'
import { renderCapabilityManifest } from '../../../src/capabilities/init/render-manifest.ts'
import { printable } from '../../../src/printable.ts'
import type { ComponentImport, CoreImport, Inspection } from '../../../src/wasm/types/inspection.ts'
import { component, core, granting, judging, SAMPLES, wasip1, wit } from '../samples.ts'
import { GRANT_KEYS } from '../every-grant.ts'

const render = (inspection: Inspection): string =>
  renderCapabilityManifest(inferCapabilityManifest(inspection, { name: 'sample' }), inspection)

const range = (count: number): number[] => [...Array(count).keys()]

const stringConstant = (name: string): Partial<CoreImport> & { name: string } => ({
  module: 'S',
  name,
  kind: 'global',
  type: 'externref',
})

/** What must hold of every binary. */
function expectLeastPrivilege(inspection: Inspection): void {
  const inferred = inferCapabilityManifest(inspection, { name: 'sample' })
  const text = render(inspection)
  const parsed = parseCapabilityManifest(text, 'c.yaml')
  expect(parsed).toEqual(inferred)
  const { allowed, findings } = judging(inspection, parsed)
  expect(allowed).toBe(true)
  expect(findings.filter(({ rule }) => rule !== 'look-alike')).toEqual([])
  expect(text.split('\n').filter((line) => printable(line) !== line)).toEqual([])
}

describe('infer', () => {
  test.each(Object.entries(SAMPLES))('writes what %s needs, and nothing more', (_, sample) => {
    expectLeastPrivilege(sample)
  })

  test('grants a hello-world its output alone', () => {
    expect(inferCapabilityManifest(SAMPLES.cHello, { name: 'hello' })).toEqual({
      ...granting({ stdio: ['stdout', 'stderr'] }),
      metadata: { name: 'hello' },
    })
  })

  test('leaves every list of hosts, paths and names empty', () => {
    const everything = component({
      'wasi:cli/environment@0.2.0': ['get-environment'],
      'wasi:filesystem/types@0.2.0': ['[method]descriptor.open-at'],
      'wasi:http/outgoing-handler@0.2.0': ['handle'],
      'wasi:sockets/tcp@0.2.0': ['[method]tcp-socket.start-connect'],
      'wasi:sockets/udp@0.2.0': ['[method]udp-socket.stream'],
      'wasi:sockets/ip-name-lookup@0.2.0': ['resolve-addresses'],
    })
    expect(inferCapabilityManifest(everything, { name: 'sample' }).spec.grants).toEqual({
      env: { names: [] },
      filesystem: [],
      http: { outgoing: { hosts: [] } },
      sockets: { tcp: { connect: [], listen: [] }, udp: { connect: [], listen: [] }, dns: [] },
    })
    expect(render(everything)).toBe(`# Capabilities granted to the module; everything else is denied.
apiVersion: wasmpack.dev/v1alpha1
kind: CapabilityManifest
metadata:
  name: sample
spec:
  grants:
    # wasi:cli/environment@0.2.0#get-environment
    # list the variables that it may see; empty: it sees none
    env: {names: []}
    # wasi:filesystem/types@0.2.0#[method]descriptor.open-at
    # list the directories, such as {guest: /data, mode: ro}; empty: it reaches none
    filesystem: []
    # wasi:http/outgoing-handler@0.2.0#handle
    # list the hosts, such as "https://api.example.com"; empty: it reaches none
    http: {outgoing: {hosts: []}}
    # wasi:sockets/tcp@0.2.0#[method]tcp-socket.start-connect, wasi:sockets/udp@0.2.0#[method]udp-socket.stream, wasi:sockets/ip-name-lookup@0.2.0#resolve-addresses
    # list the peers, such as "db.example.com:5432"; empty: it reaches none
    sockets: {tcp: {connect: [], listen: []}, udp: {connect: [], listen: []}, dns: []}
`)
  })

  test.each(
    Object.entries(createLeastGrants(new Set(GRANT_KEYS))).filter(([, grant]) =>
      JSON.stringify(grant).includes('[]'),
    ),
  )('writes advice beside the empty lists of %s', (key, grant) => {
    const lines = renderCapabilityManifest(granting({ [key]: grant })).split('\n')
    expect(lines.at(-3)).toMatch(/^ {4}# list .*; empty: /)
  })

  test('writes unknown imports down by module, kind and type', () => {
    const found = core(
      { name: 'abort', type: '(i32, i32, i32, i32) -> ()' },
      { name: 'memory', kind: 'memory', type: 'memory 1..2 shared' },
      { name: 'trap', type: '(i32, i32, i32, i32) -> ()' },
    )
    expect(render(found)).toContain(`  hostInterfaces:
    - {module: env, names: [abort, trap], type: "(i32, i32, i32, i32) -> ()"}
    - {module: env, names: [memory], kind: memory, type: "memory 1..2 shared"}
`)
  })

  test('writes what validate accepts for 1,300 unknown imports, and for the 39,000 string constants of dart2wasm', () => {
    expectLeastPrivilege(core(...range(1300).map((index) => ({ name: `f${index}` }))))
    const constants = range(39_000).map((index) => stringConstant(`text ${index} \u0007\n\u200b`))
    const found = core(...constants, { module: 'wasm:js-string', name: 'concat' })
    expectLeastPrivilege(found)
    const { spec } = inferCapabilityManifest(found, { name: 'x' })
    expect(spec).toEqual({ grants: {}, hostInterfaces: [{ importedStringConstants: 'S' }] })
    expect(judging(found, granting({}, [{ importedStringConstants: 'S' }])).findings).toEqual([])
  })

  test('names a single string constant, and ones beside other imports of their module', () => {
    const named = { module: 'S', names: ['a'], kind: 'global', type: 'externref' } as const
    const entries = (...imports: readonly (Partial<CoreImport> & { name: string })[]): unknown =>
      inferCapabilityManifest(core(...imports), { name: 'x' }).spec.hostInterfaces
    expect(entries(stringConstant('a'))).toEqual([named])
    expect(entries(stringConstant('a'), stringConstant('b'), { module: 'S', name: 'call' })).toEqual([
      { ...named, names: ['a', 'b'] },
      { module: 'S', names: ['call'], type: '() -> ()' },
    ])
  })

  test('ends with an error where the unknown imports do not fit, in bytes or in characters of YAML', () => {
    const many = core(...range(20_000).map((index) => ({ name: `f${index}` })))
    const escaped = core(...range(500).map((index) => ({ name: `${index}${'\u007f'.repeat(100)}` })))
    for (const found of [many, escaped])
      expect(() => render(found)).toThrow(
        expect.objectContaining({
          code: 'CAPABILITY_MANIFEST_INVALID',
          message: expect.stringMatching(
            /^the module has \d+ imports that are not in the catalogue: to list them takes/,
          ),
        }),
      )
  })

  test.each([
    ['cFiles', { stdio: ['stdout', 'stderr'] }],
    ['rustHello', { stdio: ['stdout', 'stderr'] }],
  ] as const)('grants %s no standard input where filesystem already covers fd_read', (name, grants) => {
    const { spec } = inferCapabilityManifest(SAMPLES[name], { name: 'x' })
    expect(spec.grants).toMatchObject({ ...grants, filesystem: [] })
  })

  test('grants standard input where nothing else allows fd_read', () => {
    expect(inferCapabilityManifest(wasip1('fd_read'), { name: 'x' }).spec.grants).toEqual({
      stdio: ['stdin'],
    })
  })

  test('keeps functions of one instance together, and instances of one label apart', () => {
    const found = component([
      { name: 'acme:log/sink@1.0.0', functions: ['open', 'write'] },
      { name: 'a', implements: 'acme:kv/store@0.1.0', functions: ['get', 'set'], externalId: 'users' },
      { name: 'b', implements: 'acme:kv/store@0.1.0', functions: ['get'] },
    ])
    expect(inferCapabilityManifest(found, { name: 'sample' }).spec.hostInterfaces).toEqual([
      { component: 'acme:log/sink@1.0.0', functions: ['open', 'write'] },
      { implements: 'acme:kv/store@0.1.0', functions: ['get', 'set'], as: ['a'], externalId: ['users'] },
      { implements: 'acme:kv/store@0.1.0', functions: ['get'], as: ['b'] },
    ])
  })

  test('grants an instance without functions that is named as a dependency as what it is', () => {
    const depending = component([{ name: 'unlocked-dep=<acme:log>' }])
    expect(inferCapabilityManifest(depending, { name: 'x' }).spec.hostInterfaces).toEqual([
      { component: 'unlocked-dep=<acme:log>', kind: 'instance' },
    ])
    expectLeastPrivilege(depending)
  })

  test('makes a name for a manifest of any file name', () => {
    const name = (text: string): string =>
      inferCapabilityManifest(SAMPLES.silent, { name: text }).metadata.name
    expect(name('hello')).toBe('hello')
    expect(name('a\u001b\nb')).toBe('ab')
    expect(name('')).toBe('module')
    expect(name('x'.repeat(1000))).toHaveLength(200)
  })

  test('refuses a WIT package', () => {
    expect(() => inferCapabilityManifest(wit, { name: 'sample' })).toThrow(
      expect.objectContaining({ code: 'MODULE_MALFORMED' }),
    )
  })
})

const rows = listCatalogRows()
const foreign = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    'env',
    'yes',
    'null',
    '1.0',
    '~',
    '',
    '- a',
    'a: b',
    '# a',
    '*',
    '&a',
    '__proto__',
    "'",
    '"',
  ),
)

const coreImport: fc.Arbitrary<Partial<CoreImport> & { name: string }> = fc.oneof(
  fc.constantFrom(...rows.filter(({ module }) => module === 'wasi_snapshot_preview1')),
  fc.record({
    module: foreign,
    name: foreign,
    kind: fc.constantFrom(
      'func' as const,
      'memory' as const,
      'table' as const,
      'global' as const,
      'tag' as const,
    ),
    type: fc.constantFrom('() -> ()', '(i32) -> (i64)', 'memory 1..2 shared', 'mut i32'),
  }),
)

const knownInterface = fc
  .constantFrom(...new Set(rows.map(({ module }) => module).filter((module) => module.includes('@'))))
  .chain((module) =>
    fc.record({
      name: fc.constant(module),
      functions: fc.subarray(rows.filter((row) => row.module === module).map(({ name }) => name)),
    }),
  )

const foreignImport: fc.Arbitrary<Partial<ComponentImport>> = fc.record(
  {
    name: foreign,
    kind: fc.constantFrom(
      'instance' as const,
      'func' as const,
      'module' as const,
      'component' as const,
      'value' as const,
      'type' as const,
    ),
    functions: fc.uniqueArray(foreign, { maxLength: 4 }),
    implements: fc.oneof(foreign, fc.constantFrom('a:b/c@0.1.2', 'a:b/c@1.0.0-rc', 'wasi:cli/exit@0.2.0')),
    versionSuffix: fc.constantFrom('.1', '.0-rc.1', ''),
    externalId: foreign,
  },
  { requiredKeys: ['name', 'kind', 'functions'] },
)

test('infer, rendered and read back, allows any core module and grants nothing unused', () => {
  fc.assert(
    fc.property(fc.array(coreImport, { maxLength: 12 }), (imports) => expectLeastPrivilege(core(...imports))),
    { numRuns: 300, seed: 20261123 },
  )
})

test('infer, rendered and read back, allows any component and grants nothing unused', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(knownInterface, foreignImport), { maxLength: 10 }), (imports) =>
      expectLeastPrivilege(component(imports)),
    ),
    { numRuns: 300, seed: 20261123 },
  )
})
