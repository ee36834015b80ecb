import assert from 'node:assert/strict'

import { listRequestedImports } from '../../src/capabilities/catalog/classify.ts'
import { evaluateAll } from '../../src/capabilities/evaluate/evaluate.ts'
import { inferCapabilityManifest } from '../../src/capabilities/init/infer-manifest.ts'
import { parseCapabilityManifest } from '../../src/capabilities/manifest/manifest-text.ts'
import { renderCapabilityManifest } from '../../src/capabilities/init/render-manifest.ts'
import { describeInspection, toInspectionJson } from '../../src/commands/show/inspection.ts'
import { describeVerdict, toVerdictJson } from '../../src/commands/show/verdict.ts'
import { type ErrorCode, WasmpackError } from '../../src/errors.ts'
import { printable, printableJson } from '../../src/printable.ts'
import type { Cursor } from '../../src/wasm/binary/cursor.ts'
import { type FeatureScan } from '../../src/wasm/core/instruction-scan.ts'
import { scanFeatures } from '../wasm/scan-features.ts'
import { inspectBinary } from '../../src/wasm/inspect-binary.ts'
import { readWhileStreaming } from '../../src/wasm/read-stream.ts'
import type { Inspection } from '../../src/wasm/types/inspection.ts'
import { createRangeCursor } from '../../src/wasm/binary/range-cursor.ts'
import type { Random } from './random.ts'
import type { Steps } from './steps.ts'

export type Outcome = 'accepted' | 'refused' | 'accepted, too large a capability manifest' | 'WIT package'

/** What the reading of one binary took. */
export interface Work {
  steps: number
  bytesRead: number
}

/**
 * Steps of the reader for each byte of the binary, and for each item that is listed: a small instance type lists its items
 * again for every import that refers to it, up to a limit. The rest is for what has no bytes.
 */
const STEPS_PER_BYTE = 6
const STEPS_PER_ITEM = 4
const STEPS = 100
/** What is read ahead in vain is at most twice what was read before. */
const READS_PER_BYTE = 3
const READ_AHEAD = 8 * 1024

/**
 * Hands one binary to everything that looks at binaries, and throws if anything but the right errors comes out, if the work
 * was not in proportion, or if what is shown of it could drive a terminal. `random` decides what is looked at in addition.
 */
export async function exercise(
  bytes: Uint8Array,
  random: Random,
  steps: Steps,
  work: Work,
): Promise<Outcome> {
  const scan = await read(bytes, scanFeatures, steps, work)
  const scanning = { ...work }
  const inspection = await read(bytes, inspectBinary, steps, work)
  for (const done of [scanning, work]) assertInProportion(done, bytes, inspection)
  work.steps = Math.max(work.steps, scanning.steps)
  assert.ok(!scan || inspection, 'what the scan of instructions accepts, an inspection refuses')
  if (random.once(8)) await assertSameFromStream(bytes, inspection, random)
  if (inspection === undefined) return 'refused'
  assert.equal(inspection.size, bytes.length)
  assertPrintable(describeInspection('mutant.wasm', { inspection }, [], []))
  assertPrintable(printableJson(toInspectionJson({ inspection })))
  return consume(inspection, scan)
}

/** What a reader makes of the bytes; undefined if it refuses them. */
async function read<T>(
  bytes: Uint8Array,
  reader: (cursor: Cursor) => Promise<T>,
  steps: Steps,
  work: Work,
): Promise<T | undefined> {
  steps.count = work.bytesRead = 0
  const cursor = createRangeCursor({
    size: bytes.length,
    read: async (offset, length) => {
      const part = bytes.subarray(offset, offset + length)
      work.bytesRead += part.length
      return part
    },
  })
  const result = await refused('MODULE_MALFORMED', reader(cursor), bytes.length)
  work.steps = steps.count
  const most = READS_PER_BYTE * bytes.length + READ_AHEAD
  assert.ok(work.bytesRead <= most, `${work.bytesRead} bytes read of ${bytes.length}`)
  return result
}

function assertInProportion(work: Work, bytes: Uint8Array, inspection: Inspection | undefined): void {
  const allowed = STEPS_PER_BYTE * bytes.length + STEPS_PER_ITEM * itemsOf(inspection) + STEPS
  assert.ok(work.steps <= allowed, `${work.steps} steps, more than ${allowed} for ${bytes.length} bytes`)
}

const itemsOf = (inspection: Inspection | undefined): number =>
  inspection?.kind !== 'component'
    ? 0
    : inspection.imports.reduce((items, { functions }) => items + functions.length, 0)

/** What a promise gives, or undefined if it fails with that code and an offset within the binary. */
async function refused<T>(code: ErrorCode, result: Promise<T>, size: number): Promise<T | undefined> {
  try {
    return await result
  } catch (error) {
    if (!(error instanceof WasmpackError) || error.code !== code) throw error
    const { offset } = error.details as { readonly offset: number }
    assert.ok(offset >= 0 && offset <= size, `the offset ${offset} lies outside the ${size} bytes`)
    return undefined
  }
}

/** Cut anywhere, the same bytes are the same binary. */
async function assertSameFromStream(
  bytes: Uint8Array,
  expected: Inspection | undefined,
  random: Random,
): Promise<void> {
  const chunk = 1 + random.below(random.once(2) ? 16 : 4096)
  const { chunks, result: inspection } = readWhileStreaming(
    (async function* () {
      for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk)
    })(),
    inspectBinary,
  )
  const passed = (async () => {
    for await (const _ of chunks);
    return inspection
  })()
  assert.deepEqual(await refused('MODULE_MALFORMED', passed, bytes.length), expected)
}

/** The least that it needs is enough, and survives being written down. */
function consume(inspection: Inspection, scan: FeatureScan | undefined): Outcome {
  if (inspection.kind === 'wit') {
    assert.throws(() => listRequestedImports(inspection), isCode('MODULE_MALFORMED'))
    return 'WIT package'
  }
  const least = inferCapabilityManifest(inspection, { name: 'mutant' })
  const text = renderCapabilityManifest(least, inspection)
  assertPrintable(text)
  if (JSON.stringify(least).length > 16 * 1024 || text.length > 64 * 1024) {
    try {
      assert.deepEqual(parseCapabilityManifest(text, 'mutant.yaml'), least)
    } catch (error) {
      if (!isCode('CAPABILITY_MANIFEST_INVALID')(error)) throw error
      return 'accepted, too large a capability manifest'
    }
  } else assert.deepEqual(parseCapabilityManifest(text, 'mutant.yaml'), least)
  const verdict = evaluateAll({ inspection }, [least])
  assert.ok(verdict.allowed, 'the inferred capability manifest does not allow it')
  const nothing = evaluateAll({ inspection }, [{ ...least, spec: { grants: {} } }])
  assert.ok(nothing.findings.length <= listRequestedImports(inspection).length)
  const verdicts = [verdict, nothing]
  if (scan) {
    const features = { baseline: 'wasm-1.0' as const, allow: [...scan.features.keys()] }
    const evidence = { inspection, instructions: scan }
    const featured = evaluateAll(evidence, [{ ...least, spec: { ...least.spec, features } }])
    assert.ok(featured.allowed, 'the features that it needs are not enough for it')
    verdicts.push(featured)
  }
  for (const shown of verdicts) {
    assertPrintable(describeVerdict('mutant.wasm', { allowing: ['mutant.yaml'], fitting: [] }, shown))
    assertPrintable(printableJson(toVerdictJson(shown)))
  }
  return 'accepted'
}

const isCode =
  (code: ErrorCode) =>
  (error: unknown): boolean =>
    error instanceof WasmpackError && error.code === code

/** Printable but for the ends of lines that are ours. */
function assertPrintable(text: string): void {
  const joined = text.replaceAll('\n', ' ')
  assert.equal(printable(joined), joined)
}
