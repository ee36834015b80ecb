import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { createPolicyRequirement } from '../../../src/capabilities/policy/evaluate-policy.ts'
import type { Finding } from '../../../src/capabilities/evaluate/finding.ts'
import type { CapabilityManifest, HostInterface } from '../../../src/capabilities/manifest/manifest.ts'
import type { Grants } from '../../../src/capabilities/manifest/grant-table.ts'
import type { LocatedPolicy, PolicySpec } from '../../../src/capabilities/policy/policy.ts'
import { parsePolicies } from '../../../src/delivery/policy-documents.ts'
import { matchesRepository } from '../../../src/documents/repository-pattern.ts'
import { WasmpackError } from '../../../src/errors.ts'
import type { Inspection } from '../../../src/wasm/types/inspection.ts'
import { countSteps } from '../../support/steps.ts'
import { component, core, granting, SAMPLES, wasip1 } from '../samples.ts'

const HEAD = 'apiVersion: wasmpack.dev/v1alpha1\nkind: CapabilityPolicy\nmetadata: {name: corp}\n'

const parse = (text: string): readonly LocatedPolicy[] => parsePolicies(text, 'p.yaml').capabilities
const policy = (spec: PolicySpec): LocatedPolicy =>
  parse(
    JSON.stringify({
      apiVersion: 'wasmpack.dev/v1alpha1',
      kind: 'CapabilityPolicy',
      metadata: { name: 'corp' },
      spec,
    }),
  )[0]!
const findings = (
  placed: LocatedPolicy,
  inspection: Inspection,
  ...manifests: CapabilityManifest[]
): readonly Finding[] => createPolicyRequirement(placed).judge({ inspection }, manifests)
const allows = (spec: PolicySpec, inspection: Inspection, ...manifests: CapabilityManifest[]): boolean =>
  findings(policy(spec), inspection, ...manifests).length === 0

function problems(text: string): readonly string[] {
  try {
    parse(text)
  } catch (error) {
    if (!(error instanceof WasmpackError)) throw error
    expect(error.code).toBe('POLICY_INVALID')
    return (error.details!['problems'] as { at: string; message: string }[]).map(
      ({ at, message }) => `${at}: ${message}`,
    )
  }
  return []
}

describe('parsePolicies', () => {
  test('reads every policy of a file, past the capability manifests in it', () => {
    const text = `${HEAD}spec: {deny: [sockets.*]}
---
apiVersion: wasmpack.dev/v1alpha1
kind: CapabilityManifest
metadata: {name: own}
spec: {grants: {}}
---
${HEAD}spec:
  match: {repositories: ["harbor.corp/team-a/**", "**"]}
  requireManifest: true
  ceiling: {http: {outgoing: {hosts: ["*"]}}, random: false}
  hostInterfaces: [{module: env, names: ["log_*"]}]
  exports: {required: [_start]}
  limits: {size: 1MiB}
  features: {baseline: wasm-2.0}
`
    expect(parse(text).map(({ policy: { spec } }) => spec)).toEqual([
      { deny: ['sockets.*'] },
      {
        match: { repositories: ['harbor.corp/team-a/**', '**'] },
        requireManifest: true,
        ceiling: { http: { outgoing: { hosts: ['*'] } } },
        hostInterfaces: [{ module: 'env', names: ['log_*'] }],
        exports: { required: ['_start'] },
        limits: { size: 1_048_576 },
        features: { baseline: 'wasm-2.0' },
      },
    ])
  })

  test.each([
    ['', 'p.yaml:1:1: found no CapabilityPolicy or TrustPolicy in the file'],
    [`${HEAD}spec: {}`, 'p.yaml:4:7: spec restricts nothing, expected one of requireManifest, deny'],
    [`${HEAD}spec: {match: {repositories: [a.b/c]}}`, 'p.yaml:4:7: spec restricts nothing'],
    [`${HEAD}spec: {match: {repositories: []}, deny: [fs]}`, 'p.yaml:4:30: spec.match.repositories is empty'],
    [
      `${HEAD}spec: {deny: [fs.wirte]}`,
      'p.yaml:4:15: spec.deny[0] is "fs.wirte", expected a class or a group of classes; did you mean "fs.write"?',
    ],
    [`${HEAD}spec: {deny: ["*.write"]}`, 'p.yaml:4:15: spec.deny[0] is "*.write", expected a class'],
    [`${HEAD}spec: {target: wasip1, deny: [fs]}`, 'p.yaml:4:8: unknown key "target" in spec'],
    [
      `${HEAD}spec: {ceiling: {randon: true}}`,
      'p.yaml:4:18: unknown key "randon" in spec.ceiling; did you mean "random"?',
    ],
    [`${HEAD}spec: {limits: {size: 1 PiB}}`, 'p.yaml:4:23: spec.limits.size is "1 PiB"'],
    [
      HEAD.replace('CapabilityPolicy', 'NetworkPolicy') + 'spec: {}',
      'p.yaml:2:7: kind is "NetworkPolicy", expected one of CapabilityPolicy, TrustPolicy',
    ],
    [HEAD.replace('v1alpha1', 'v2') + 'spec: {deny: [fs]}', 'p.yaml:1:13: apiVersion is "wasmpack.dev/v2"'],
  ])('refuses %j', (text, problem) => {
    expect(problems(text).join('\n')).toContain(problem)
  })

  test.each([
    '',
    'harbor.corp',
    '/a',
    'harbor.corp//a',
    'oci-layout:x',
    'https://a.b/c',
    'a.b/c:tag',
    'a.b/C',
    'a.b/c/',
  ])('refuses the repository pattern %j', (pattern) =>
    expect(problems(`${HEAD}spec: {match: {repositories: ["${pattern}"]}, deny: [fs]}`).join()).toContain(
      'expected a pattern of repositories',
    ),
  )
})

describe('matchesRepository', () => {
  test.each([
    ['harbor.corp/team-a/**', 'harbor.corp/team-a/app'],
    ['harbor.corp/team-a/**', 'harbor.corp/team-a/x/y/z'],
    ['harbor.corp/team-a/**', 'harbor.corp/team-a'],
    ['harbor.corp/team-a/**', 'harbor.corp:443/team-a/app'],
    ['harbor.corp/team-a/**', 'harbor.corp:5000/team-a/app'],
    ['harbor.corp:443/**', 'harbor.corp/app'],
    ['HARBOR.corp/team-*/app', 'harbor.corp/team-a/app'],
    ['*/team-a/*', 'harbor.corp/team-a/app'],
    ['**', 'harbor.corp/a/b'],
    ['**/app', 'harbor.corp/a/b/app'],
    ['harbor.corp/**/x/**/app', 'harbor.corp/x/app'],
    ['[::1]:5000/**', '[::1]:5000/app'],
    ['docker.io/library/alpine', 'docker.io/alpine'],
    ['docker.io/*', 'registry-1.docker.io/library/alpine'],
    ['index.docker.io/team/**', 'docker.io/team/app'],
    ['docker.io/team/**', 'registry-1.docker.io:443/team/app'],
    ['harbor.corp:80/**', 'harbor.corp/app'],
    ['harbor.corp:5000/**', 'harbor.corp:05000/app'],
    ['10.0.0.1:5000/**', '10.1:5000/app'],
    ['10.0.0.1/**', '0xa.1/app'],
    ['[::1]:5000/**', '[0:0::1]:5000/app'],
    ['127.0.0.1:5000/**', '[::ffff:127.0.0.1]:5000/app'],
    ['127.0.0.1:5000/**', '[0:0:0:0:0:ffff:7f00:1]:5000/app'],
    ['127.0.0.1:5000/**', '2130706433:5000/app'],
    ['127.0.0.1:5000/**', '0x7f.1:5000/app'],
    ['127.0.0.1:5000/**', '0177.0.0.1:5000/app'],
    ['127.0.0.1:5000/**', 'localhost:5000/app'],
    ['127.0.0.1:5000/**', '[::1]:5000/app'],
    ['127.0.0.1:5000/**', '0.0.0.0:5000/app'],
    ['localhost:5000/**', '127.0.0.2:5000/app'],
    ['127.*/**', 'localhost:5000/app'],
    ['[::ffff:10.0.0.1]/**', '10.0.0.1:5000/app'],
    ['10.0.*/**', '[::ffff:a00:1]/app'],
    ['192.0.2.1/**', '[64:ff9b::192.0.2.1]/app'],
    ['192.0.2.1/**', '[2002:c000:201::1]/app'],
    ['harbor.corp./**', 'harbor.corp/app'],
    ['harbor.corp:0443/**', 'harbor.corp/app'],
    ['registry.hub.docker.com/team/**', 'docker.io/team/app'],
    ['docker.io/team/**', 'registry.hub.docker.com/team/app'],
    ['*.docker.io/team/**', 'docker.io/team/app'],
    ['registry-1.docker.io:443/library/alpine', 'index.docker.io:443/alpine'],
    ['index.docker.io:80/**', 'docker.io/app'],
    ['**/alpine', 'docker.io/library/alpine'],
  ])('%s matches %s', (pattern, repository) => expect(matchesRepository(pattern, repository)).toBe(true))

  test.each([
    ['harbor.corp/team-a/**', 'harbor.corp/team-ab/app'],
    ['harbor.corp/team-a/**', 'evil.example/harbor.corp/team-a/app'],
    ['harbor.corp/team-a/*', 'harbor.corp/team-a/x/app'],
    ['harbor.corp/team-a', 'harbor.corp/team-a/app'],
    ['harbor.corp:5000/**', 'harbor.corp/app'],
    ['harbor.corp:443/**', 'harbor.corp:80/app'],
    ['docker.io:5000/**', 'docker.io/app'],
    ['*/app', 'harbor.corp/a/app'],
    ['127.0.0.1:5000/**', '[::ffff:127.0.0.1]:5001/app'],
    ['10.0.0.1/**', '[::ffff:10.0.0.2]/app'],
    ['10.0.0.1/**', '10.0.0.1.example/app'],
    ['docker.io/team/**', 'harbor.corp/team/app'],
  ])('%s does not match %s', (pattern, repository) =>
    expect(matchesRepository(pattern, repository)).toBe(false),
  )

  test('takes bounded steps for a pattern with many stars', async () => {
    const pattern = `a.b/${'*a'.repeat(100)}b`
    const repository = `a.b/${'a'.repeat(250)}`
    const steps = await countSteps(
      () => import('../../../src/documents/repository-pattern.ts'),
      ({ matchesRepository }) => expect(matchesRepository(pattern, repository)).toBe(false),
    )
    expect(steps).toBeLessThan(pattern.length * repository.length)
  })
})

describe('policyRequirement', () => {
  test('looks up many imports among many host interfaces', async () => {
    const found = core(
      ...Array.from({ length: 20_000 }, (_, at) => ({ module: `m${at % 2}`, name: `f${at}` })),
    )
    const modules = Array.from({ length: 1500 }, (_, at) => ({ module: `n${at}*`, names: ['*'] }))
    const names = Array.from({ length: 1500 }, (_, at) => ({ module: 'm1', names: [`g${at}*`] }))
    const placed = policy({ hostInterfaces: [...modules, ...names] })
    const steps = await countSteps(
      () => import('../../../src/capabilities/policy/evaluate-policy.ts'),
      ({ createPolicyRequirement }) =>
        expect(createPolicyRequirement(placed).judge({ inspection: found }, [])).toHaveLength(20_000),
    )
    // Of each import some dozen: one by one there are 3,000 host interfaces to look at.
    expect(steps).toBeLessThan(20_000 * 100)
  })

  test('asks for the name of an imported instance that has no functions', () => {
    const found = component([{ name: 'unlocked-dep=<acme:log>' }])
    expect(allows({ hostInterfaces: [] }, found)).toBe(false)
    const named = { component: 'unlocked-dep=<acme:log>', functions: ['*'] }
    expect(allows({ hostInterfaces: [named] }, found)).toBe(true)
  })

  test('names the file, the place and the path of what decided', () => {
    const text = `${HEAD}spec:
  ceiling:
    http:
      outgoing:
        hosts: ["*.corp"]
`
    const manifest = granting({ http: { outgoing: { hosts: ['a.corp', 'evil.example'] } }, random: true })
    expect(findings(parse(text)[0]!, SAMPLES.silent, manifest)).toEqual([
      {
        rule: 'above-ceiling',
        severity: 'error',
        path: 'spec.grants.http.outgoing.hosts[1]',
        message:
          'spec.grants.http.outgoing.hosts[1] is "evil.example", and p.yaml:8:16 spec.ceiling.http.outgoing.hosts allows only "*.corp"',
        policy: { file: 'p.yaml', at: 'p.yaml:8:16', path: 'spec.ceiling.http.outgoing.hosts' },
      },
      {
        rule: 'above-ceiling',
        severity: 'error',
        path: 'spec.grants.random',
        message: 'spec.grants.random is granted, which p.yaml:6:5 spec.ceiling does not allow',
        policy: { file: 'p.yaml', at: 'p.yaml:6:5', path: 'spec.ceiling' },
      },
    ])
  })

  test('judges imports by the ceiling as by a capability manifest', () => {
    const ceiling: Grants = { stdio: ['stdout', 'stderr'] }
    expect(allows({ ceiling }, SAMPLES.cHello)).toBe(true)
    expect(findings(policy({ ceiling }), wasip1('fd_write path_open'))).toMatchObject([
      { rule: 'above-ceiling', class: 'fs.open', import: 'wasi_snapshot_preview1.path_open', offset: 11 },
    ])
    expect(
      allows({ ceiling: { ...ceiling, filesystem: [{ guest: '/', mode: 'ro' }] } }, wasip1('path_open')),
    ).toBe(true)
    expect(
      allows(
        { ceiling: { ...ceiling, filesystem: [{ guest: '/', mode: 'ro' }] } },
        wasip1('path_unlink_file'),
      ),
    ).toBe(false)
  })

  test('denies what a ceiling allows', () => {
    const ceiling: Grants = { filesystem: [{ guest: '/', mode: 'rw' }] }
    expect(allows({ ceiling, deny: ['fs.write'] }, wasip1('path_open'))).toBe(true)
    expect(allows({ ceiling, deny: ['fs.write'] }, wasip1('path_unlink_file'))).toBe(false)
  })

  test('denies of a group what needs a grant, and by its own name what needs none', () => {
    expect(allows({ deny: ['fs', 'sockets.*'] }, SAMPLES.adaptedHello)).toBe(true)
    expect(allows({ deny: ['fs'] }, SAMPLES.adaptedFiles)).toBe(false)
    expect(allows({ deny: ['fs.handle.write'] }, SAMPLES.adaptedHello)).toBe(false)
    expect(allows({ deny: ['*'] }, SAMPLES.silent)).toBe(true)
    expect(allows({ deny: ['*'] }, core({ name: 'custom' }))).toBe(false)
    expect(allows({ deny: ['unknown'] }, core({ name: 'custom' }))).toBe(false)
    expect(
      allows(
        { deny: ['sockets.*'] },
        component({ 'wasi:sockets/tcp@0.2.0': ['[method]tcp-socket.start-bind'] }),
      ),
    ).toBe(false)
  })

  test('requires that a capability manifest was looked at', () => {
    expect(allows({ requireManifest: true }, SAMPLES.silent, granting({}))).toBe(true)
    expect(findings(policy({ requireManifest: true }), SAMPLES.silent)).toMatchObject([
      { rule: 'manifest-required', policy: { path: 'spec.requireManifest' } },
    ])
  })

  test('says of several capability manifests which one goes beyond', () => {
    const found = findings(policy({ ceiling: {} }), SAMPLES.silent, granting({}), granting({ random: true }))
    expect(found).toMatchObject([{ manifest: 1, message: expect.stringContaining('2 of 2, "sample"') }])
  })

  test('allows string constants by their module, in a module and in a capability manifest', () => {
    const constants = core(
      { module: 'S', name: 'a', kind: 'global', type: 'externref' },
      { module: 'S', name: 'b', kind: 'global', type: '(ref extern)' },
    )
    const entry: HostInterface = { importedStringConstants: 'S' }
    const anyGlobal: HostInterface = { module: 'S', names: ['*'], kind: 'global' }
    for (const ceiling of [entry, anyGlobal, { importedStringConstants: '*' }])
      expect(allows({ hostInterfaces: [ceiling] }, constants, granting({}, [entry]))).toBe(true)
    for (const ceiling of [
      { importedStringConstants: 'T' },
      { ...anyGlobal, type: 'externref' },
      { ...anyGlobal, names: ['a'] },
    ])
      expect(allows({ hostInterfaces: [ceiling] }, SAMPLES.silent, granting({}, [entry]))).toBe(false)
    const call = core({ module: 'S', name: 'a' })
    expect(allows({ hostInterfaces: [entry] }, call)).toBe(false)
  })

  test('allows host interfaces by name only: none under a ceiling that names none', () => {
    const log = core({ name: 'log_info', type: '(i32) -> ()' })
    const entry = (more: object): HostInterface =>
      ({ module: 'env', names: ['log_info'], ...more }) as HostInterface
    expect(allows({ ceiling: {} }, log)).toBe(false)
    expect(allows({ deny: ['fs'] }, log)).toBe(true)
    for (const granted of [
      entry({}),
      entry({ names: ['log_*'] }),
      entry({ module: 'e*' }),
      entry({ type: '(i32)->()' }),
    ])
      expect(allows({ ceiling: {}, hostInterfaces: [granted] }, log)).toBe(true)
    for (const other of [
      entry({ names: ['log'] }),
      entry({ module: 'env2' }),
      entry({ kind: 'memory' }),
      entry({ type: '()->()' }),
    ])
      expect(allows({ hostInterfaces: [other] }, log)).toBe(false)
    // What is granted for any type goes beyond what is allowed for one.
    expect(
      allows({ hostInterfaces: [entry({ type: '(i32)->()' })] }, SAMPLES.silent, granting({}, [entry({})])),
    ).toBe(false)
    expect(
      allows({ hostInterfaces: [entry({})] }, SAMPLES.silent, granting({}, [entry({ type: '(i32)->()' })])),
    ).toBe(true)
    const labelled = { implements: 'acme:kv/store@0.2.1', functions: ['open'] }
    expect(
      allows({ hostInterfaces: [labelled] }, SAMPLES.silent, granting({}, [{ ...labelled, as: ['main'] }])),
    ).toBe(true)
    expect(
      allows({ hostInterfaces: [{ ...labelled, as: ['m*'] }] }, SAMPLES.silent, granting({}, [labelled])),
    ).toBe(false)
    expect(
      allows(
        { hostInterfaces: [{ component: 'acme:log/*', functions: ['*'] }] },
        component({ 'acme:log/sink@1.2.0': ['emit'] }),
      ),
    ).toBe(true)
  })

  test('holds both the module and what its capability manifest says to limits and features', () => {
    const spec: PolicySpec = {
      limits: { size: 50, memory: { maxPages: 4 } },
      features: { baseline: 'wasm-1.0', allow: ['simd'] },
    }
    const own = granting({})
    const saying = (more: object): CapabilityManifest => ({ ...own, spec: { ...own.spec, ...more } })
    const evidence = { inspection: { ...core(), size: 40 }, instructions: { features: new Map() } }
    const judged = (more: object) => createPolicyRequirement(policy(spec)).judge(evidence, [saying(more)])
    expect(createPolicyRequirement(policy(spec)).needsInstructions).toBe(true)
    expect(judged({})).toEqual([])
    expect(judged({ limits: { size: 50 }, features: { allow: ['simd'] } })).toEqual([])
    expect(
      judged({
        limits: { size: 51, memory: { maxPages: 5 } },
        features: { baseline: 'wasm-2.0', allow: ['threads'] },
      }).map(({ path, policy }) => [path, policy!.path]),
    ).toEqual([
      ['spec.limits.memory.maxPages', 'spec.limits.memory.maxPages'],
      ['spec.limits.size', 'spec.limits.size'],
      ['spec.features.baseline', 'spec.features'],
      ['spec.features.allow[0]', 'spec.features'],
    ])
    expect(findings(policy({ limits: { size: 50 } }), core())).toMatchObject([
      { rule: 'limit-exceeded', policy: { path: 'spec.limits.size' } },
    ])
    expect(createPolicyRequirement(policy({ limits: { size: 50 } })).limits!(evidence)).toMatchObject([
      { limit: 'limits.size: 50', status: 'proved', policy: { path: 'spec.limits.size' } },
    ])
  })
})

test.each([
  [{ memory: { maxPages: 4 } }, { memory: { maxPages: 5 } }, 'memory.maxPages is 5'],
  [{ memory: { requireMax: true } }, { memory: { maxPages: 4 } }, 'memory is without requireMax: true'],
  [{ memory: { maxPages: 4, requireMax: true } }, { memory: {} }, 'memory is without requireMax: true'],
  [{ tables: { maxElements: 4 } }, { tables: { maxElements: 5 } }, 'tables.maxElements is 5'],
  [{ tables: { requireMax: true } }, { tables: { maxElements: 4 } }, 'tables is without requireMax: true'],
  [{ modules: 1 }, { modules: 2 }, 'modules is 2'],
  [{ nesting: 1 }, { nesting: 2 }, 'nesting is 2'],
  [{ size: 50 }, { size: 51 }, 'size is 51'],
  [{ startFunction: 'deny' }, { startFunction: 'allow' }, 'startFunction is allow'],
] as const)(
  'a policy with the limits %j denies a capability manifest with %j, and not one that sets none or the same',
  (limits, weaker, said) => {
    const own = granting({})
    const evidence = { inspection: { ...core(), size: 40 }, instructions: { features: new Map() } }
    const judged = (more: object): readonly string[] =>
      createPolicyRequirement(policy({ limits }))
        .judge(evidence, [{ ...own, spec: { ...own.spec, ...more } }])
        .map(({ message }) => message)
    expect(judged({ limits: weaker })).toEqual([expect.stringContaining(`spec.limits.${said}, and `)])
    expect(judged({ limits })).toEqual([])
    expect(judged({ limits: {} })).toEqual([])
    expect(judged({})).toEqual([])
  },
)

const pick = <T>(...items: T[]): fc.Arbitrary<T[]> => fc.subarray(items)
const maybe = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(item, { nil: undefined })
const grants = fc.record(
  {
    stdio: pick('stdout' as const, 'stderr' as const),
    clocks: pick('wall' as const, 'monotonic' as const),
    random: fc.constant(true as const),
    env: fc.record({ names: pick('A', 'AB', 'A*', '*') }),
    filesystem: pick(
      { guest: '/a', mode: 'ro' as const },
      { guest: '/a/b', mode: 'rw' as const },
      { guest: '/', mode: 'ro' as const },
    ),
    http: fc.record({ outgoing: fc.record({ hosts: pick('a.corp', '*.corp', '*', 'a.corp:*') }) }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Grants>
const spec = fc.record(
  {
    deny: pick('fs.write', 'fs', 'random', 'clock.*', 'unknown', 'env'),
    ceiling: grants,
    hostInterfaces: pick<HostInterface>(
      { module: 'env', names: ['custom'] },
      { module: 'env', names: ['*'] },
    ),
    requireManifest: fc.constant(true as const),
    limits: fc.record({ size: fc.integer({ min: 90, max: 110 }) }),
    exports: fc.record({ required: pick('run') }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<PolicySpec>
const binary = fc
  .tuple(
    fc.subarray(
      ['fd_write', 'path_open', 'path_unlink_file', 'random_get', 'environ_get', 'clock_time_get'],
      { maxLength: 2 },
    ),
    fc.boolean(),
  )
  .map(([names, custom]) =>
    core(
      ...names.map((name) => ({ module: 'wasi_snapshot_preview1', name })),
      ...(custom ? [{ name: 'custom' }] : []),
    ),
  )
const restricting = (one: PolicySpec): boolean => Object.values(one).some((part) => part !== undefined)
const judged = (one: PolicySpec, found: Inspection, manifests: CapabilityManifest[]): boolean =>
  !restricting(one) || allows(one, found, ...manifests)

/** A policy of which each part is as narrow as in the first or narrower, so that both hold at once. */
const narrowed = fc.tuple(spec, spec, grants).map(([one, other]): readonly [PolicySpec, PolicySpec] => [
  one,
  {
    ...one,
    deny: [...new Set([...(one.deny ?? []), ...(other.deny ?? [])])],
    ...((one.requireManifest ?? other.requireManifest) ? { requireManifest: true } : {}),
    ...(one.ceiling ? { ceiling: less(one.ceiling, other.ceiling ?? {}) } : {}),
    ...(one.limits || other.limits
      ? { limits: { size: Math.min(one.limits?.size ?? Infinity, other.limits?.size ?? Infinity) } }
      : {}),
  },
])

/** The grants with only those keys, and in lists only those items, that the other has as well. */
function less(one: Grants, other: Grants): Grants {
  const shared = (left: unknown, right: unknown): unknown => {
    if (Array.isArray(left) && Array.isArray(right)) {
      const kept = new Set(right.map((item) => JSON.stringify(item)))
      return left.filter((item) => kept.has(JSON.stringify(item)))
    }
    if (typeof left !== 'object' || left === null) return left
    return Object.fromEntries(
      Object.entries(left).flatMap(([key, value]) => {
        const counterpart = (right as Record<string, unknown>)[key]
        return counterpart === undefined ? [] : [[key, shared(value, counterpart)]]
      }),
    )
  }
  return shared(one, other) as Grants
}

describe('policies', () => {
  const RUNS = { numRuns: 1_000, seed: 1 }

  test('narrowing a policy never turns denied into allowed', () => {
    let met = 0
    fc.assert(
      fc.property(
        narrowed,
        binary,
        fc.oneof(maybe(grants), fc.constant({})),
        ([wide, narrow], found, granted) => {
          const manifests = granted === undefined ? [] : [granting(granted)]
          if (!judged(narrow, found, manifests)) return
          met++
          expect(judged(wide, found, manifests)).toBe(true)
        },
      ),
      RUNS,
    )
    expect(met).toBeGreaterThan(40)
  })

  test(
    'what is accepted under two policies is accepted under each, and the other way round',
    { timeout: 90_000 },
    () => {
      const both = (
        one: PolicySpec,
        other: PolicySpec,
        found: Inspection,
        manifest: CapabilityManifest,
      ): boolean =>
        [one, other].filter(restricting).flatMap((each) => findings(policy(each), found, manifest)).length ===
        0
      fc.assert(
        fc.property(spec, spec, binary, grants, (one, other, found, granted) => {
          const manifest = granting(granted)
          expect(both(one, other, found, manifest)).toBe(
            judged(one, found, [manifest]) && judged(other, found, [manifest]),
          )
        }),
        RUNS,
      )
    },
  )

  test('a capability manifest within an accepted one is accepted, and a wider one than a refused one refused', () => {
    let met = 0
    fc.assert(
      fc.property(spec, binary, grants, grants, (one, found, wide, other) => {
        if (!judged(one, found, [granting(wide)])) return
        met++
        expect(judged(one, found, [granting(less(wide, other))])).toBe(true)
      }),
      RUNS,
    )
    expect(met).toBeGreaterThan(40)
  })
})
