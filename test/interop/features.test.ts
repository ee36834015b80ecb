import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { beforeAll, describe, expect, test } from 'vitest'

import { createBytesCursor } from '../../src/wasm/binary/bytes-cursor.ts'
import { BASELINES, type Feature, FEATURES } from '../../src/wasm/binary/features.ts'
import { inspectBinary } from '../../src/wasm/inspect-binary.ts'
import { scanFeatures } from '../wasm/scan-features.ts'
import { inParallel } from '../../src/in-parallel.ts'
import { fixtureNames, fixturePath } from '../support/fixtures.ts'
import { coreSuite, needsCoreSuite } from './core-suite.ts'
import { needsPeers, peer } from './peer.ts'

needsPeers('wasm-tools')

const SMITH_MODULES = 250
const PROPOSALS =
  `acquire-release-atomics bulk-memory compact-imports custom-descriptors custom-page-sizes exceptions
  extended-const gc memory64 multi-value multibyte-array-access reference-types relaxed-simd saturating-float-to-int
  shared-everything-threads sign-extension-ops simd tail-call threads wide-arithmetic`.split(/\s+/)

/** Where our answer is not what wasm-tools accepts exactly, with the reason; by the end of the path. */
const EXPLAINED: Readonly<Record<string, string>> = {
  'proposals/custom-descriptors/br_on_cast.wast':
    'custom-descriptors relaxes the typing of a cast, which is not decoded from any byte',
  'proposals/custom-descriptors/br_on_cast_fail.wast': 'the same',
  'edge/every-instruction.wasm': 'its instructions have no operands, so no features make it valid',
}

interface Candidate {
  readonly title: string
  readonly path: string
}

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'features-'))
})

/** Why wasm-tools refuses a binary when it may use these features; empty if it does not. */
const refusal = ({ path }: Candidate, features: readonly string[], isComponent: boolean): Promise<string> =>
  new Promise((resolve) => {
    const list = ['mvp', ...(isComponent ? ['component-model'] : []), ...features].join(',')
    execFile(peer('wasm-tools'), ['validate', `--features=${list}`, path], (error, _, stderr) =>
      resolve(error ? stderr || error.message : ''),
    )
  })

/** What is wrong with the features that a scan finds: too few, or one that can be left out. */
async function deviations(candidate: Candidate): Promise<string[]> {
  const bytes = readFileSync(candidate.path)
  const inspection = await inspectBinary(createBytesCursor(bytes))
  const isComponent = inspection.kind !== 'module'
  if ((await refusal(candidate, ['all'], isComponent)) !== '') return ['refused under all features']
  const features = [...(await scanFeatures(createBytesCursor(bytes))).features.keys()]
  for (const feature of features) used.add(feature)
  const missing = await refusal(candidate, features, isComponent)
  const found = missing === '' ? [] : [`${features.join()} are not enough: ${missing}`]
  for (const left of missing === '' ? features : [])
    if (
      (await refusal(
        candidate,
        features.filter((name) => name !== left),
        isComponent,
      )) === ''
    )
      found.push(`${left} of ${features.join()} is not needed`)
  return found
}

const used = new Set<Feature>()

async function expectExact(candidates: readonly Candidate[]): Promise<void> {
  const seen = new Set<string>()
  const distinct = candidates.filter(({ path }) => {
    const digest = createHash('sha256').update(readFileSync(path)).digest('hex')
    return !seen.has(digest) && seen.add(digest)
  })
  const unexplained: string[] = []
  let explained = 0
  await inParallel(distinct, 3, async (candidate) => {
    for (const deviation of await deviations(candidate))
      if (Object.keys(EXPLAINED).some((end) => candidate.title.endsWith(end))) explained++
      else unexplained.push(`${candidate.title}: ${deviation}`)
  })
  console.log(`features of ${distinct.length} binaries are sufficient and minimal, ${explained} explained`)
  expect(unexplained).toEqual([])
}

describe('the features that a scan finds are what wasm-tools needs, and no more', () => {
  test('of the fixtures', async () => {
    await expectExact(fixtureNames().map((name) => ({ title: `${name}.wasm`, path: fixturePath(name) })))
  })

  describe("of the core specification's test-suite", () => {
    needsCoreSuite()
    test('valid binaries', { timeout: 600_000 }, async () => {
      const valid = coreSuite().filter(({ verdict }) => verdict === 'valid')
      await expectExact(valid.map(({ test: name, path }) => ({ title: `${name}.wast`, path })))
    })
  })

  test('of generated modules', { timeout: 300_000 }, async () => {
    const random = generator(20251125)
    const candidates = Array.from({ length: SMITH_MODULES }, (_, at): Candidate => {
      const path = join(directory, `smith-${at}.wasm`)
      const share = random()
      const flags = PROPOSALS.flatMap((name) => [`--${name}-enabled`, String(random() < share)])
      const bounds = ['--max-memories', '--max-tables'].flatMap((name) => [name, random() < 0.5 ? '1' : '3'])
      const input = Uint8Array.from({ length: 3_000 }, () => Math.floor(random() * 256))
      execFileSync(peer('wasm-tools'), ['smith', '-o', path, '--min-funcs', '3', ...flags, ...bounds], {
        input,
      })
      return { title: `smith ${at}`, path }
    })
    await expectExact(candidates)
  })

  test.each([
    ['legacy exceptions', '(module (func try catch_all end))', ['legacy-exceptions']],
    [
      'memory control',
      '(module (memory 1) (func (memory.discard (i32.const 0) (i32.const 0))))',
      ['memory-control'],
    ],
    [
      'stack switching',
      `(module (type $f (func)) (type $c (cont $f))
      (func (param (ref null $c)) (resume $c (local.get 0))))`,
      ['function-references', 'reference-types', 'stack-switching'],
    ],
    [
      'a cast of nothing',
      '(module (func unreachable (ref.cast (ref func)) drop))',
      ['function-references', 'gc', 'reference-types'],
    ],
    [
      'a shared reference',
      '(module (type (func (param (ref (shared extern))))))',
      ['function-references', 'reference-types', 'shared-everything-threads'],
    ],
    ['a component', '(component)', []],
    [
      'gc in a component',
      `(component (core type $t (func)) (import "f" (func $f))
      (core func (canon lower (func $f) (core-type $t) gc)))`,
      ['cm-gc'],
    ],
    ['an async function', '(component (import "f" (func async)))', ['cm-async']],
    ['a stream', '(component (type (stream u8)))', ['cm-async']],
    ['a future', '(component (type (future)))', ['cm-async']],
    ['a map', '(component (type (map string u32)))', ['cm-map']],
    ['a list of fixed length', '(component (type (list u8 4)))', ['cm-fixed-length-lists']],
    ['an error context', '(component (type (list error-context)))', ['cm-error-context']],
    ['a value', '(component (import "v" (value $v string)) (export "w" (value $v)))', ['cm-values']],
    ['nested names', '(component (import "a:b:c/d/e" (instance)))', ['cm-nested-names']],
    ['an accessor', '(component (import "[get]a" (func (result u32))))', ['cm-accessors']],
    ['what it implements', '(component (import "a" (implements "a:b/c") (instance)))', ['cm-implements']],
    ['an external id', '(component (import "a" (external-id "x") (func)))', ['cm-implements']],
    [
      'a version suffix',
      '(component (import "a:b/c@1" (version-suffix ".2.3") (instance)))',
      ['cm-canon-names'],
    ],
    ['task.cancel', '(component (core func (canon task.cancel)))', ['cm-async']],
    ['a context', '(component (core func (canon context.get i32 0)))', ['cm-async']],
    ['another context', '(component (core func (canon context.get i32 1)))', ['cm-async', 'cm-threading']],
    ['a context of 64 bits', '(component (core func (canon context.get i64 0)))', ['cm-async', 'cm64']],
    [
      'a task that is cancelled without waiting',
      '(component (core func (canon subtask.cancel async)))',
      ['cm-async', 'cm-more-async-builtins'],
    ],
    ['a thread', '(component (core func (canon thread.index)))', ['cm-threading']],
    [
      'parallelism',
      '(component (core func (canon thread.available_parallelism)))',
      ['shared-everything-threads'],
    ],
    [
      'forwarding',
      '(component (type $s (stream u8)) (core func (canon stream.forward $s)))',
      ['cm-async', 'cm-forward'],
    ],
    [
      'a read without waiting',
      `(component (core module $m (memory (export "m") 1)) (core instance $i (instantiate $m))
      (type $s (stream u8)) (core func (canon stream.read $s async (memory (core memory $i "m")))))`,
      ['cm-async'],
    ],
    [
      'a read that waits',
      `(component (core module $m (memory (export "m") 1)) (core instance $i (instantiate $m))
      (type $s (stream u8)) (core func (canon stream.read $s (memory (core memory $i "m")))))`,
      ['cm-async', 'cm-more-async-builtins'],
    ],
    [
      'a lift without a callback',
      `(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
      (func async (canon lift (core func $i "f") async)))`,
      ['cm-async', 'cm-async-stackful'],
    ],
    [
      'what a nested module needs',
      '(component (core module (func (drop (i32.extend8_s (i32.const 0))))))',
      ['sign-extension'],
    ],
    [
      'what the type of a module needs',
      '(component (core type (module (import "" "" (global (mut v128))))))',
      ['mutable-global', 'simd'],
    ],
  ] satisfies (readonly [string, string, Feature[]])[])('of %s', async (_, text, features) => {
    const path = join(directory, 'component.wasm')
    execFileSync(peer('wasm-tools'), ['parse', '-', '-o', path], { input: text })
    const candidate = { title: text, path }
    expect([...(await scanFeatures(createBytesCursor(readFileSync(path)))).features.keys()]).toEqual(features)
    expect(await deviations(candidate)).toEqual([])
  })

  test('are, taken together, all that there are', () => {
    expect(FEATURES.filter((name) => !used.has(name))).toEqual([])
  })
})

test('wasm-tools knows every feature by its name, and the baselines as they are here', async () => {
  const empty = { title: 'empty', path: join(directory, 'empty.wasm') }
  writeFileSync(empty.path, Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))
  expect(await refusal(empty, FEATURES, true)).toBe('')
  expect(await refusal(empty, ['no-such-feature'], false)).toContain('no-such-feature')
  expect(Object.keys(BASELINES)).toEqual(['wasm-1.0', 'wasm-2.0', 'wasm-3.0', 'lime1'])
})

/** Numbers below 1, the same for the same seed. https://github.com/bryc/code/blob/master/jshash/PRNGs.md#mulberry32 */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
