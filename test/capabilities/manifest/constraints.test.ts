import { describe, expect, test } from 'vitest'

import type {
  ExportConstraints,
  FeatureConstraints,
  ResourceLimits,
} from '../../../src/capabilities/manifest/constraints.ts'
import { evaluate } from '../../../src/capabilities/evaluate/evaluate.ts'
import type { Evidence } from '../../../src/capabilities/evaluate/evidence.ts'
import { treatWarningsAsErrors, type Verdict } from '../../../src/capabilities/evaluate/verdict.ts'
import type { Feature } from '../../../src/wasm/binary/features.ts'
import type { Inspection, Limits, NestedBinary } from '../../../src/wasm/types/inspection.ts'
import { component, core, granting, judging, SAMPLES } from '../samples.ts'

const limited = (inspection: Inspection, limits: ResourceLimits): Verdict => {
  const manifest = granting({})
  return judging(inspection, { ...manifest, spec: { ...manifest.spec, limits } })
}

const rules = ({ findings }: Verdict): string[] => findings.map(({ rule }) => rule)

const space = (min: number, max?: number, more: Partial<Limits> = {}): Limits => ({
  min,
  ...(max !== undefined && { max }),
  shared: false,
  index: 'i32',
  imported: false,
  ...more,
})

const withMemories = (...memories: Limits[]): Inspection => ({ ...core(), memories })

const NESTED: NestedBinary = {
  kind: 'module',
  depth: 1,
  offset: 0x20,
  size: 8,
  hasStart: false,
  customSections: [],
  producers: {},
  imports: [],
  memories: [],
  tables: [],
}

const holding = (...contents: Partial<NestedBinary>[]): Inspection => ({
  ...component({}),
  nested: {
    modules: contents.filter(({ kind }) => kind !== 'component').length,
    components: contents.filter(({ kind }) => kind === 'component').length,
    depth: Math.max(0, ...contents.map(({ depth = 1 }) => depth)),
    contents: contents.map((nested) => Object.assign({}, NESTED, nested) as NestedBinary),
  },
})

describe('limits', () => {
  test.each([
    ['of a memory, by its maximum', withMemories(space(1, 16)), { memory: { maxPages: 15 } }],
    ['of a memory without maximum, by its start', withMemories(space(16)), { memory: { maxPages: 15 } }],
    ['of the second memory', withMemories(space(1, 1), space(1, 16)), { memory: { maxPages: 15 } }],
    ['of an imported memory', withMemories(space(1, 16, { imported: true })), { memory: { maxPages: 15 } }],
    [
      'of a memory with pages of one byte, rounded up',
      withMemories(space(0, 65_537, { pageSize: 1 })),
      { memory: { maxPages: 1 } },
    ],
    ['of a nested memory', holding({}, { memories: [space(1, 16)] }), { memory: { maxPages: 15 } }],
    ['of a table', { ...core(), tables: [space(11, 11)] }, { tables: { maxElements: 10 } }],
    ['of a nested table', holding({ tables: [space(11)] }), { tables: { maxElements: 10 } }],
    ['of nested modules', holding({}, {}), { modules: 1 }],
    ['of nesting', holding({}, { depth: 3 }), { nesting: 2 }],
    ['of the size', core(), { size: 99 }],
  ] satisfies [string, Inspection, ResourceLimits][])(
    'denies what exceeds the limit %s',
    (_, found, limits) => {
      expect(rules(limited(found, limits))).toEqual(['limit-exceeded'])
    },
  )

  test('proves what is kept, and says what the runtime has to keep', () => {
    const limits = {
      memory: { maxPages: 16, requireMax: true },
      tables: { maxElements: 10 },
      modules: 2,
      nesting: 2,
      size: 100,
      startFunction: 'deny',
    } as const
    const found = holding({ memories: [space(1, 16)], tables: [space(10)] }, { depth: 2 })
    expect(limited(found, limits)).toEqual({
      allowed: true,
      findings: [],
      grants: [],
      limits: [
        { limit: 'limits.memory.maxPages: 16', path: 'spec.limits.memory.maxPages', status: 'proved' },
        { limit: 'limits.memory.requireMax: true', path: 'spec.limits.memory.requireMax', status: 'proved' },
        {
          limit: 'limits.tables.maxElements: 10',
          path: 'spec.limits.tables.maxElements',
          status: 'runtime',
          note: 'tables declare no maximum, so the runtime has to enforce the limit',
        },
        { limit: 'limits.modules: 2', path: 'spec.limits.modules', status: 'proved' },
        { limit: 'limits.nesting: 2', path: 'spec.limits.nesting', status: 'proved' },
        { limit: 'limits.size: 100', path: 'spec.limits.size', status: 'proved' },
        { limit: 'limits.startFunction: deny', path: 'spec.limits.startFunction', status: 'proved' },
      ],
    })
  })

  test('wants a maximum where it is required, of every memory', () => {
    const found = withMemories(space(1, 1), space(2), space(3))
    const verdict = limited(found, { memory: { requireMax: true } })
    expect(rules(verdict)).toEqual(['no-maximum'])
    expect(verdict.findings[0]?.message).toBe(
      'memory 1 declares no maximum, which is required (and 1 more like it)',
    )
    expect(rules(limited(holding({ tables: [space(1)] }), { tables: { requireMax: true } }))).toEqual([
      'no-maximum',
    ])
  })

  test('counts a memory that passes from one nested module to another once, where it is defined', () => {
    const found = holding(
      { memories: [space(1, 16)] },
      { memories: [space(0, undefined, { imported: true })], tables: [space(0, 99, { imported: true })] },
    )
    const limits = { memory: { maxPages: 16, requireMax: true }, tables: { maxElements: 1 } } as const
    expect(limited(found, limits)).toMatchObject({ allowed: true, findings: [] })
  })

  test('denies a start function wherever it is', () => {
    const deny = { startFunction: 'deny' } as const
    expect(rules(limited({ ...core(), hasStart: true }, deny))).toEqual(['start-function'])
    expect(rules(limited({ ...component({}), hasStart: true }, deny))).toEqual(['start-function'])
    expect(limited(holding({}, { hasStart: true, depth: 2 }), deny).findings[0]?.message).toBe(
      'the nested module at 0x20 runs code at instantiation, which is not allowed',
    )
    expect(limited({ ...core(), hasStart: true }, { startFunction: 'allow' }).allowed).toBe(true)
  })
})

describe('exports', () => {
  const constrained = (inspection: Inspection, exports: ExportConstraints): string[] => {
    const manifest = granting({})
    return judging(inspection, { ...manifest, spec: { ...manifest.spec, exports } }).findings.map(
      ({ message }) => message,
    )
  }
  const named = (...names: string[]): Inspection => ({
    ...core(),
    exports: names.map((name) => ({ name, kind: 'func' as const })),
  })

  test('are required by name, and interfaces on their track', () => {
    expect(constrained(named('_start'), { required: ['_start', '_initialize'] })).toEqual([
      'the required export "_initialize" is missing',
    ])
    const run = component({}, ['wasi:cli/run@0.2.12'])
    expect(constrained(run, { required: ['wasi:cli/run@0.2.0', 'wasi:cli/run@0.2'] })).toEqual([])
    expect(constrained(run, { required: ['wasi:cli/run@0.3.0', 'wasi:cli/run'] })).toHaveLength(2)
  })

  test('of a label are not found by what it implements, and yet forbidden by it', () => {
    const labelled: Inspection = {
      ...component({}),
      exports: [{ name: 'main', implements: 'wasi:cli/run@0.2.0', kind: 'instance' }],
    }
    expect(constrained(labelled, { required: ['wasi:cli/run@0.2'] })).toHaveLength(1)
    expect(constrained(labelled, { forbidden: ['wasi:cli/run@0.2'] })).toEqual([
      'the export "main" (implements "wasi:cli/run@0.2.0") is forbidden by "wasi:cli/run@0.2"',
    ])
  })

  test('are forbidden by name, on their track, or by how they begin', () => {
    expect(constrained(named('run', 'runner'), { forbidden: ['run'] })).toHaveLength(1)
    expect(constrained(named('run', 'runner', 'rue'), { forbidden: ['run*', 'runn*', 'q*'] })).toEqual([
      'the export "run" is forbidden by "run*" (and 1 more like it)',
    ])
    expect(constrained(named('', 'a'), { forbidden: ['*'] })).toHaveLength(1)
    const handler = component({}, ['wasi:http/incoming-handler@0.2.4'])
    expect(constrained(handler, { forbidden: ['wasi:http/incoming-handler@0.2'] })).toHaveLength(1)
    expect(constrained(handler, { forbidden: ['wasi:http/incoming-handler@0.3'] })).toEqual([])
    expect(constrained(handler, { forbidden: ['wasi:http/*'] })).toHaveLength(1)
  })
})

describe('features', () => {
  const judged = (
    found: Partial<Evidence>,
    features: FeatureConstraints,
    structural: readonly Feature[] = [],
  ): Verdict => {
    const manifest = granting({})
    return evaluate(
      { inspection: { ...core(), features: structural }, ...found },
      { ...manifest, spec: { ...manifest.spec, features } },
    )
  }
  const needing = (...features: [Feature, number][]): Partial<Evidence> => ({
    instructions: { features: new Map(features) },
  })

  test('of instructions that nobody read are not allowed', () => {
    expect(rules(judged({}, { baseline: 'wasm-3.0' }))).toEqual(['not-checked'])
  })

  test('of types and sections are judged even then', () => {
    expect(rules(judged({}, { baseline: 'wasm-2.0' }, ['memory64', 'simd']))).toEqual([
      'feature-not-allowed',
      'not-checked',
    ])
  })

  test('have to be in the baseline or allowed beside it', () => {
    const found = needing(['simd', 0x40], ['threads', 0x80])
    expect(judged(found, { baseline: 'wasm-2.0' }).findings).toMatchObject([
      {
        rule: 'feature-not-allowed',
        message: expect.stringContaining('threads'),
        offset: 0x80,
        grant: 'features: {allow: [threads]}',
      },
    ])
    expect(judged(found, { baseline: 'wasm-2.0', allow: ['threads'] })).toMatchObject({
      allowed: true,
      limits: [{ limit: 'features: {baseline: "wasm-2.0", allow: [threads]}', status: 'proved' }],
    })
  })

  test('are those of the first version where no baseline is given', () => {
    expect(judged(needing(['mutable-global', 1]), {}).allowed).toBe(true)
    expect(judged(needing(['sign-extension', 1]), {}).allowed).toBe(false)
  })
})

describe('what is not granted, and what is not needed', () => {
  const saying = (more: object): ReturnType<typeof granting> => {
    const manifest = granting({ stdio: ['stdout'], random: true })
    return { ...manifest, spec: { ...manifest.spec, ...more } }
  }

  test('an unused grant warns, denies or goes unsaid as the manifest wants', () => {
    expect(judging(SAMPLES.cHello, saying({}))).toMatchObject({
      allowed: true,
      findings: [{ rule: 'unused-grant', severity: 'warning' }],
    })
    expect(judging(SAMPLES.cHello, saying({ onUnused: 'error' }))).toMatchObject({
      allowed: false,
      findings: [{ rule: 'unused-grant', severity: 'error' }],
    })
    const ignored = judging(SAMPLES.cHello, saying({ onUnused: 'ignore' }))
    expect(ignored).toMatchObject({ allowed: true, findings: [] })
    expect(ignored.grants).toContainEqual({
      grant: 'random',
      path: 'spec.grants.random',
      status: 'unused',
      imports: [],
    })
  })

  test('an unknown import may be let pass, and is said all the same', () => {
    const lenient = saying({ onUnknownImport: 'warn', onUnused: 'ignore' })
    expect(judging(SAMPLES.assemblyScriptHello, lenient)).toMatchObject({
      allowed: true,
      findings: [{ rule: 'unknown-import', severity: 'warning', import: 'env.abort' }],
    })
    const masked = core({ module: 'wasi_snapshot_preview1', name: 'fd_write', kind: 'memory' })
    expect(judging(masked, lenient)).toMatchObject({ allowed: false })
  })

  test('strictness makes every warning deny', () => {
    const verdict = treatWarningsAsErrors(
      judging(SAMPLES.assemblyScriptHello, saying({ onUnknownImport: 'warn' })),
    )
    expect(verdict.allowed).toBe(false)
    expect(new Set(verdict.findings.map(({ severity }) => severity))).toEqual(new Set(['error']))
  })
})
