import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { type CapabilityDiff, diffCapabilities } from '../../../src/capabilities/diff/diff-capabilities.ts'
import { addsCapabilities } from '../../../src/capabilities/diff/find-growth.ts'
import type { CapabilityManifest, CapabilitySpec } from '../../../src/capabilities/manifest/manifest.ts'
import type { Grants } from '../../../src/capabilities/manifest/grant-table.ts'
import type { Inspection } from '../../../src/wasm/types/inspection.ts'
import { inspectBinary } from '../../../src/wasm/inspect-binary.ts'
import { createBytesCursor } from '../../../src/wasm/binary/bytes-cursor.ts'
import { fixtureNames, readFixture } from '../../support/fixtures.ts'
import { component, core, granting, SAMPLES, wasip1 } from '../samples.ts'

const diffOf = (old: Inspection, now: Inspection): CapabilityDiff =>
  diffCapabilities({ inspection: old }, { inspection: now })

const NOTHING_ADDED = { classes: [], imports: [], grants: [] }

describe('what is asked for', () => {
  test('a capability that is new stands first, with the imports that ask for it, the riskiest before the others', () => {
    const { added, classes } = diffOf(SAMPLES.cHello, SAMPLES.cFiles)
    expect(added.classes).toEqual(['fs.write', 'fs.open', 'env', 'args', 'clock', 'stdio-or-fs.read'])
    expect(classes.added[1]).toEqual({
      class: 'fs.open',
      risk: 'high',
      meaning: 'open files and directories',
      imports: ['wasi_snapshot_preview1.path_open'],
    })
  })

  test('the other way round it is removed, and nothing is added', () => {
    const { added, classes } = diffOf(SAMPLES.cFiles, SAMPLES.cHello)
    expect(added).toEqual(NOTHING_ADDED)
    expect(classes.removed.map(({ class: name }) => name)).toContain('fs.open')
  })

  test('a further function of a class that was asked for before is an import, not a capability', () => {
    const { added, imports } = diffOf(
      wasip1('path_open path_unlink_file'),
      wasip1('path_open path_unlink_file path_create_directory'),
    )
    expect(added).toEqual(NOTHING_ADDED)
    expect(imports.added).toEqual([
      { import: 'wasi_snapshot_preview1.path_create_directory', class: 'fs.write', risk: 'high' },
    ])
  })

  test('a class that needs no grant is shown and adds nothing', () => {
    const { added, classes } = diffOf(wasip1('fd_write'), wasip1('fd_write proc_exit'))
    expect(classes.added.map(({ class: name }) => name)).toEqual(['exit'])
    expect(added).toEqual(NOTHING_ADDED)
  })

  test('to write what it opens is new, although to write what it has needs no grant', () => {
    const types = 'wasi:filesystem/types@0.2.0'
    const [open, write] = ['[method]descriptor.open-at', '[method]descriptor.write-via-stream']
    const { added } = diffOf(component({ [types]: [open] }), component({ [types]: [open, write] }))
    expect(added).toEqual({ ...NOTHING_ADDED, classes: ['fs.handle.write'] })
    expect(diffOf(component({}), component({ [types]: [write] })).added).toEqual(NOTHING_ADDED)
  })

  test('an unknown import is new by itself, whatever other unknown imports there were', () => {
    const { added } = diffOf(
      core({ module: 'env', name: 'log' }),
      core({ module: 'env', name: 'log' }, { module: 'env', name: 'exec' }),
    )
    expect(added).toEqual({ ...NOTHING_ADDED, imports: ['env.exec'] })
  })

  test('an import by the same name and of another kind is another import; of another type it is the same', () => {
    const func = core({ module: 'env', name: 'shared', type: '(i32) -> ()' })
    const memory = core({ module: 'env', name: 'shared', kind: 'memory', type: 'memory 1' })
    const wider = core({ module: 'env', name: 'shared', type: '(i64) -> ()' })
    expect(diffOf(func, memory).added.imports).toEqual(['env.shared'])
    const { added, imports } = diffOf(func, wider)
    expect(added).toEqual(NOTHING_ADDED)
    expect(imports.types).toEqual([{ import: 'env.shared', old: '(i32) -> ()', new: '(i64) -> ()' }])
  })
})

describe('versions', () => {
  test('of one track are a version that changed', () => {
    const { added, imports, classes } = diffOf(
      component({
        'wasi:http/outgoing-handler@0.2.3': ['handle'],
        'wasi:http/types@0.2.3': ['[constructor]fields'],
      }),
      component({
        'wasi:http/outgoing-handler@0.2.10': ['handle'],
        'wasi:http/types@0.2.10': ['[constructor]fields'],
      }),
    )
    expect(added).toEqual(NOTHING_ADDED)
    expect(classes).toEqual({ added: [], removed: [] })
    expect(imports).toEqual({
      added: [],
      removed: [],
      types: [],
      versions: [
        { interface: 'wasi:http/outgoing-handler', old: ['0.2.3'], new: ['0.2.10'] },
        { interface: 'wasi:http/types', old: ['0.2.3'], new: ['0.2.10'] },
      ],
    })
  })

  test('of another track are another interface, of the same class', () => {
    const { added, imports } = diffOf(
      component({ 'wasi:random/random@0.2.3': ['get-random-u64'] }),
      component({ 'wasi:random/random@0.3.0': ['get-random-u64'] }),
    )
    expect(added).toEqual(NOTHING_ADDED)
    expect(imports.added.map(({ import: shown }) => shown)).toEqual([
      'wasi:random/random@0.3.0#get-random-u64',
    ])
    expect(imports.removed.map(({ import: shown }) => shown)).toEqual([
      'wasi:random/random@0.2.3#get-random-u64',
    ])
  })

  test('that are prereleases are never one track', () => {
    const { imports } = diffOf(
      component({ 'acme:log/sink@0.2.0-rc.1': ['write'] }),
      component({ 'acme:log/sink@0.2.0-rc.2': ['write'] }),
    )
    expect(imports.versions).toEqual([])
    expect(imports.added).toHaveLength(1)
  })

  test('a label stays the same import only while it stands for the same interface and the same identity', () => {
    const labelled = (target: string, externalId: string): Inspection =>
      component([{ name: 'primary', implements: target, externalId, functions: ['open'] }])
    const old = labelled('acme:store/store@1.0.0', 'users')
    expect(diffOf(old, labelled('acme:store/store@1.2.0', 'users')).imports).toMatchObject({
      added: [],
      versions: [{ interface: 'acme:store/store', old: ['1.0.0'], new: ['1.2.0'] }],
    })
    expect(diffOf(old, labelled('acme:store/admin@1.0.0', 'users')).added.imports).toHaveLength(1)
    expect(diffOf(old, labelled('acme:store/store@1.0.0', 'salaries')).added.imports).toHaveLength(1)
  })

  test('of exports change as those of imports do', () => {
    expect(
      diffOf(component({}, ['wasi:cli/run@0.2.0', 'acme:a/b@1.0.0']), component({}, ['wasi:cli/run@0.2.12']))
        .exports,
    ).toEqual({
      added: [],
      removed: ['acme:a/b@1.0.0'],
      versions: [{ interface: 'wasi:cli/run', old: ['0.2.0'], new: ['0.2.12'] }],
    })
  })
})

describe('what is granted', () => {
  const grantsOf = (
    old: CapabilityManifest | undefined,
    now: CapabilityManifest | undefined,
  ): Pick<CapabilityDiff, 'added' | 'grants'> => {
    const diff = diffCapabilities(
      { inspection: SAMPLES.silent, capabilities: old },
      { inspection: SAMPLES.silent, capabilities: now },
    )
    return { added: diff.added, grants: diff.grants }
  }
  const changes = (old: Grants, now: Grants): CapabilityDiff['grants'] =>
    grantsOf(granting(old), granting(now)).grants

  test.for<[Grants, Grants, object[]]>([
    [{}, { random: true }, [{ grant: 'random', change: 'given', added: [] }]],
    [{ random: true }, {}, [{ grant: 'random', change: 'withdrawn', removed: [] }]],
    [
      { stdio: ['stdout'] },
      { stdio: ['stdout', 'stderr'] },
      [{ grant: 'stdio', change: 'widened', added: ['stderr'] }],
    ],
    [
      { filesystem: [{ guest: '/data', mode: 'ro' }] },
      { filesystem: [{ guest: '/data', mode: 'rw' }] },
      [{ grant: 'filesystem', change: 'widened', added: ['{guest: /data, mode: rw}'] }],
    ],
    [
      { filesystem: [{ guest: '/data', mode: 'rw' }] },
      { filesystem: [{ guest: '/data', mode: 'ro' }] },
      [{ grant: 'filesystem', change: 'narrowed', removed: ['{guest: /data, mode: rw}'] }],
    ],
    [
      { env: { names: ['APP_*'] } },
      { env: { names: ['APP_LEVEL'] } },
      [{ grant: 'env.names', change: 'narrowed', removed: ['"APP_*"'] }],
    ],
    [
      { env: { names: ['APP_LEVEL'] } },
      { env: { names: ['APP_*'] } },
      [{ grant: 'env.names', change: 'widened', added: ['"APP_*"'] }],
    ],
    [
      { http: { outgoing: { hosts: ['https://a.example'] } } },
      { http: { outgoing: { hosts: ['https://b.example'] } } },
      [
        {
          grant: 'http.outgoing.hosts',
          change: 'widened and narrowed',
          added: ['"https://b.example"'],
          removed: ['"https://a.example"'],
        },
      ],
    ],
    [
      {
        http: { outgoing: { hosts: ['https://*.example.com'] } },
        filesystem: [{ guest: '/data', mode: 'rw' }],
      },
      {
        http: { outgoing: { hosts: ['https://api.example.com'] } },
        filesystem: [{ guest: '/data/in', mode: 'ro' }],
      },
      [
        { grant: 'http.outgoing.hosts', change: 'narrowed', removed: ['"https://*.example.com"'] },
        { grant: 'filesystem', change: 'narrowed', removed: ['{guest: /data, mode: rw}'] },
      ],
    ],
    [{}, { filesystem: [] }, [{ grant: 'filesystem', change: 'given', added: [] }]],
    [{}, { sockets: {} }, [{ grant: 'sockets', change: 'given', added: [] }]],
    [{ stdio: ['stdout', 'stderr'] }, { stdio: ['stderr', 'stdout'] }, []],
  ])('%j to %j', ([old, now, expected]) => {
    expect(changes(old, now)).toEqual(expected)
  })

  test('without a capability manifest nothing is', () => {
    expect(grantsOf(undefined, granting({ random: true })).added.grants).toEqual(['random'])
    expect(grantsOf(granting({ random: true }), undefined).grants).toMatchObject([{ change: 'withdrawn' }])
  })

  test('an entry for any type covers one for a certain type, and not the other way round', () => {
    const typed = granting({}, [{ module: 'env', names: ['log'], type: '(i32) -> ()' }])
    const any = granting({}, [{ module: 'env', names: ['log'] }])
    expect(grantsOf(any, typed).grants).toMatchObject([{ change: 'narrowed' }])
    expect(grantsOf(typed, any).grants).toMatchObject([{ change: 'widened' }])
  })

  test('an entry for all string constants of a module covers named ones, and not the other way round', () => {
    const named = granting({}, [{ module: 'S', names: ['a', 'b'], kind: 'global', type: 'externref' }])
    const all = granting({}, [{ importedStringConstants: 'S' }])
    expect(grantsOf(all, named).grants).toMatchObject([{ change: 'narrowed' }])
    expect(grantsOf(named, all).grants).toMatchObject([{ change: 'widened' }])
  })

  test('to let unknown imports pass is a grant', () => {
    const lax: CapabilityManifest = { ...granting({}), spec: { grants: {}, onUnknownImport: 'warn' } }
    expect(grantsOf(granting({}), lax).added.grants).toEqual(['onUnknownImport'])
  })

  test('what is demanded of the module is no grant', () => {
    const demanding = (spec: Omit<CapabilitySpec, 'grants'>): CapabilityManifest => ({
      ...granting({}),
      spec: { grants: {}, ...spec },
    })
    const diff = diffCapabilities(
      { inspection: SAMPLES.silent, capabilities: demanding({ limits: { memory: { maxPages: 10 } } }) },
      {
        inspection: SAMPLES.silent,
        capabilities: demanding({ limits: { memory: { maxPages: 20 } }, target: 'wasip2' }),
      },
    )
    expect(diff.added).toEqual(NOTHING_ADDED)
    expect(diff.constraints).toEqual([
      { constraint: 'limits.memory.maxPages', old: '10', new: '20' },
      { constraint: 'target', new: 'wasip2' },
    ])
  })

  test('whatever the grants are, a grant less is never more', () => {
    const grants = fc.record(
      {
        stdio: fc.uniqueArray(fc.constantFrom('stdin' as const, 'stdout' as const, 'stderr' as const)),
        random: fc.constant(true as const),
        env: fc.record({ names: fc.uniqueArray(fc.constantFrom('A', 'A*', 'AB', 'AB*', '*')) }),
        filesystem: fc.uniqueArray(
          fc.record({
            guest: fc.constantFrom('/a', '/b'),
            mode: fc.constantFrom('ro' as const, 'rw' as const),
          }),
          { selector: ({ guest }) => guest },
        ),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(
        grants,
        fc.constantFrom('stdio', 'random', 'env', 'filesystem' as const),
        (all, without) => {
          const less = Object.fromEntries(Object.entries(all).filter(([key]) => key !== without)) as Grants
          expect(addsCapabilities(grantsOf(granting(all), granting(less)).added)).toBe(false)
          expect(grantsOf(granting(all), granting(all)).grants).toEqual([])
        },
      ),
      { seed: 11, numRuns: 300 },
    )
  })
})

describe('every fixture', async () => {
  const inspections = await Promise.all(
    fixtureNames().map(async (name) => ({
      name,
      inspection: await inspectBinary(createBytesCursor(readFixture(name))),
    })),
  )
  const modules = inspections.filter(({ inspection }) => inspection.kind !== 'wit')

  test.for(modules)('$name differs in nothing from itself', ({ inspection }) => {
    const { size, ...rest } = diffOf(inspection, inspection)
    expect(size.old).toBe(size.new)
    expect(JSON.stringify(rest)).not.toMatch(/\[[^\]]/)
  })

  test('adds to another what that removes from it', () => {
    for (const one of modules)
      for (const other of modules) {
        const [there, back] = [
          diffOf(one.inspection, other.inspection),
          diffOf(other.inspection, one.inspection),
        ]
        expect(there.imports.added, `${one.name} to ${other.name}`).toEqual(back.imports.removed)
        expect(there.classes.added).toEqual(back.classes.removed)
        expect(there.exports.added).toEqual(back.exports.removed)
      }
  })

  test('a WIT package is refused', () => {
    const wit = inspections.find(({ inspection }) => inspection.kind === 'wit')!
    expect(() => diffOf(modules[0]!.inspection, wit.inspection)).toThrow(/is a WIT package/)
  })
})
