import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import type { FeatureConstraints } from '../../src/capabilities/manifest/constraints.ts'
import { evaluate } from '../../src/capabilities/evaluate/evaluate.ts'
import type { CapabilityManifest, CapabilitySpec } from '../../src/capabilities/manifest/manifest.ts'
import { type Baseline, FEATURES } from '../../src/wasm/binary/features.ts'
import type { CoreImport, Inspection, Limits, NestedBinary } from '../../src/wasm/types/inspection.ts'
import { component, core, granting, judging } from './samples.ts'

const space: fc.Arbitrary<Limits> = fc.record(
  {
    min: fc.nat(20),
    max: fc.integer({ min: 20, max: 40 }),
    shared: fc.constant(false),
    index: fc.constant('i32' as const),
    imported: fc.boolean(),
  },
  { requiredKeys: ['min', 'shared', 'index', 'imported'] },
)
const spaces = fc.array(space, { maxLength: 3 })

const coreImport = fc.constantFrom<Partial<CoreImport> & { name: string }>(
  { module: 'wasi_snapshot_preview1', name: 'fd_write' },
  { module: 'wasi_snapshot_preview1', name: 'path_open' },
  { module: 'wasi_snapshot_preview1', name: 'random_get' },
  { name: 'abort' },
  { name: 'memory', kind: 'memory', type: 'memory 1' },
)
const exported = fc.uniqueArray(fc.constantFrom('_start', 'run', 'runner', 'memory'))

const module: fc.Arbitrary<Inspection> = fc
  .record({
    imports: fc.array(coreImport, { maxLength: 4 }),
    names: exported,
    memories: spaces,
    tables: spaces,
    hasStart: fc.boolean(),
    size: fc.integer({ min: 8, max: 30 }),
  })
  .map(({ imports, names, ...rest }) =>
    Object.assign(core(...imports), rest, {
      exports: names.map((name) => ({ name, kind: 'func' as const })),
    }),
  )

const nested: fc.Arbitrary<NestedBinary> = fc.record({
  kind: fc.constant('module' as const),
  depth: fc.integer({ min: 1, max: 3 }),
  offset: fc.nat(100),
  size: fc.nat(100),
  hasStart: fc.boolean(),
  customSections: fc.constant([]),
  producers: fc.constant({}),
  imports: fc.constant([]),
  memories: spaces,
  tables: spaces,
})

const composed: fc.Arbitrary<Inspection> = fc
  .record({ contents: fc.array(nested, { maxLength: 3 }), hasStart: fc.boolean() })
  .map(({ contents, hasStart }) =>
    Object.assign(component({ 'wasi:random/random@0.2.0': ['get-random-u64'] }, ['wasi:cli/run@0.2.3']), {
      hasStart,
      nested: {
        modules: contents.length,
        components: 0,
        depth: Math.max(0, ...contents.map(({ depth }) => depth)),
        contents,
      },
    }),
  )

const binary = fc.oneof(module, composed)

const limit = fc.option(fc.nat(45), { nil: undefined })
const requireMax = fc.option(fc.constant(true as const), { nil: undefined })
const names = fc.uniqueArray(fc.constantFrom('_start', 'run', 'run*', 'wasi:cli/run@0.2', 'wasi:cli/*'), {
  maxLength: 2,
})

const constraints = fc.record(
  {
    limits: fc.record(
      {
        memory: fc.record({ maxPages: limit, requireMax }, { requiredKeys: [] }),
        tables: fc.record({ maxElements: limit, requireMax }, { requiredKeys: [] }),
        modules: fc.nat(3),
        nesting: fc.nat(3),
        size: fc.integer({ min: 1, max: 120 }),
        startFunction: fc.constantFrom('allow', 'deny'),
      },
      { requiredKeys: [] },
    ),
    exports: fc.record({ required: names, forbidden: names }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Partial<CapabilitySpec>>

const manifest = granting({ stdio: ['stdout'], filesystem: [], random: true }, [
  { module: 'env', names: ['abort'] },
])
const saying = (more: Partial<CapabilitySpec>): CapabilityManifest => ({
  ...manifest,
  spec: { ...manifest.spec, ...more },
})
const allowed = (found: Inspection, more: Partial<CapabilitySpec>): boolean =>
  judging(found, saying(more)).allowed

/** As a policy of both would be: of two numbers the smaller, of two lists all. */
function both(one: Partial<CapabilitySpec>, other: Partial<CapabilitySpec>): Partial<CapabilitySpec> {
  const least = (left: number | undefined, right: number | undefined): number | undefined =>
    left === undefined ? right : right === undefined ? left : Math.min(left, right)
  const all = (left: readonly string[] = [], right: readonly string[] = []): string[] => [...left, ...right]
  const [left, right] = [one.limits ?? {}, other.limits ?? {}]
  const joined = {
    limits: {
      memory: {
        maxPages: least(left.memory?.maxPages, right.memory?.maxPages),
        requireMax: left.memory?.requireMax ?? right.memory?.requireMax,
      },
      tables: {
        maxElements: least(left.tables?.maxElements, right.tables?.maxElements),
        requireMax: left.tables?.requireMax ?? right.tables?.requireMax,
      },
      modules: least(left.modules, right.modules),
      nesting: least(left.nesting, right.nesting),
      size: least(left.size, right.size),
      startFunction: [left.startFunction, right.startFunction].includes('deny') ? 'deny' : undefined,
    },
    exports: {
      required: all(one.exports?.required, other.exports?.required),
      forbidden: all(one.exports?.forbidden, other.exports?.forbidden),
    },
  }
  return joined as Partial<CapabilitySpec>
}

test('constraints never turn denied into allowed', () => {
  fc.assert(
    fc.property(binary, constraints, (found, more) => {
      if (allowed(found, more)) expect(allowed(found, {})).toBe(true)
    }),
    { numRuns: 2_000, seed: 1 },
  )
})

test('two sets of constraints together allow exactly what each of them allows', () => {
  const outcomes = { allowed: 0, denied: 0 }
  fc.assert(
    fc.property(binary, constraints, constraints, (found, one, other) => {
      const together = allowed(found, both(one, other))
      outcomes[together ? 'allowed' : 'denied']++
      expect(together).toBe(allowed(found, one) && allowed(found, other))
    }),
    { numRuns: 4_000, seed: 2 },
  )
  expect(outcomes.allowed).toBeGreaterThan(50)
  expect(outcomes.denied).toBeGreaterThan(50)
})

test('a stricter reaction never turns denied into allowed', () => {
  const reactions = fc.record({
    onUnused: fc.constantFrom('ignore' as const, 'warn' as const),
    onUnknownImport: fc.constantFrom('warn' as const, 'error' as const),
  })
  fc.assert(
    fc.property(binary, reactions, (found, reaction) => {
      const { findings } = judging(found, saying(reaction))
      const strictest = allowed(found, { onUnused: 'error', onUnknownImport: 'error' })
      if (strictest) expect(allowed(found, reaction)).toBe(true)
      // What is let pass is always said.
      for (const finding of judging(found, saying({})).findings.filter(
        ({ rule }) => rule === 'unknown-import',
      ))
        expect(findings.map(({ import: shown }) => shown)).toContain(finding.import)
    }),
    { numRuns: 1_000, seed: 3 },
  )
})

test('allowing fewer features never turns denied into allowed', () => {
  const feature = fc.constantFrom(...FEATURES)
  const wider = fc.constantFrom<readonly [Baseline, Baseline]>(
    ['wasm-1.0', 'wasm-1.0'],
    ['wasm-1.0', 'lime1'],
    ['wasm-1.0', 'wasm-2.0'],
    ['wasm-2.0', 'wasm-3.0'],
  )
  const few = fc.uniqueArray(feature, { maxLength: 5 })
  const outcomes = { allowed: 0, denied: 0 }
  fc.assert(
    fc.property(few, few, few, wider, (needed, allow, more, [baseline, wide]) => {
      const evidence = {
        inspection: core(),
        instructions: { features: new Map(needed.map((name, offset) => [name, offset])) },
      }
      const under = (features: FeatureConstraints): boolean =>
        evaluate(evidence, saying({ features, onUnused: 'ignore' })).allowed
      const narrow = under({ baseline, allow })
      const broad = under({ baseline: wide, allow: [...allow, ...more] })
      outcomes[narrow ? 'allowed' : 'denied']++
      if (narrow) expect(broad).toBe(true)
      expect(under({ baseline, allow: [...allow, ...needed] })).toBe(true)
    }),
    { numRuns: 2_000, seed: 5 },
  )
  expect(Math.min(outcomes.allowed, outcomes.denied)).toBeGreaterThan(100)
})
