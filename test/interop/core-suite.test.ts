import { execFile } from 'node:child_process'

import { describe, expect, test } from 'vitest'

import { WasmpackError } from '../../src/errors.ts'
import { inParallel } from '../../src/in-parallel.ts'
import { BinaryReader } from '../../src/wasm/binary/binary-reader.ts'
import { createBytesCursor } from '../../src/wasm/binary/bytes-cursor.ts'
import type { Feature } from '../../src/wasm/binary/features.ts'
import { inspectBinary } from '../../src/wasm/inspect-binary.ts'
import { scanFeatures } from '../wasm/scan-features.ts'
import { coreSuite, needsCoreSuite, type SuiteCase } from './core-suite.ts'
import { needsPeers, peer } from './peer.ts'
import { peerPath } from '../stack/peers.ts'

needsPeers('wasm-tools')
needsCoreSuite()

/**
 * What older versions of the specification, and proposals that branched off them, call malformed, and a later feature has
 * given a meaning. The scan must say that the binary needs that feature, and no test of the newest version may be here.
 */
const LATER_ALLOWED: readonly {
  readonly reason: RegExp
  readonly features: readonly Feature[]
  readonly why: string
}[] = [
  {
    reason: /^zero (?:byte|flag) expected$/,
    features: ['multi-memory', 'call-indirect-overlong', 'reference-types'],
    why: 'a zero byte that is now the index of a memory or a table',
  },
  {
    reason: /^integer (?:too large|representation too long)$/,
    features: ['memory64', 'multi-memory', 'call-indirect-overlong'],
    why: 'limits and offsets of up to 64 bits, and indices in place of a zero byte',
  },
  {
    reason: /^(?:malformed|invalid) mutability$/,
    features: ['shared-everything-threads'],
    why: 'the bit that says that a global is shared',
  },
  {
    reason: /^malformed memop flags$/,
    features: ['multi-memory', 'multibyte-array-access'],
    why: 'the bits of an access that say that its memory, or an array, is named',
  },
]
/** Versions of the suite whose cases may be among the above. */
const NEWEST = /^(?:wasm-v3|wasm-latest)\//

/**
 * What wasm-tools refuses in the sections that inspecting reads, and inspecting does not: nothing of it changes what is
 * listed. Everything else that it refuses there, inspecting refuses too.
 */
const NOT_CHECKED: readonly { readonly why: string; readonly message: RegExp }[] = [
  { why: 'that a type matches its supertype', message: /\bsub type\b|\bsupertype\b/ },
  { why: 'that a descriptor and what it describes agree', message: /describes|same finality/ },
  { why: 'what the start function takes', message: /invalid start function type/ },
  { why: "the type of a table's initial value", message: /type mismatch: expected|unknown global/ },
]

/** By number: function, global, element, code, data. Inspecting passes over what they hold. */
const PASSED_OVER: ReadonlySet<number> = new Set([3, 6, 9, 10, 11])

const cases = peerPath('wasm-tools') === undefined ? [] : coreSuite()
const of = (verdict: SuiteCase['verdict']): SuiteCase[] => cases.filter((one) => one.verdict === verdict)
const place = ({ test: name, line, reason }: SuiteCase): string => `${name}.wast:${line} ${reason}`

/** The offset at which a binary is refused; undefined if it is read. Anything but MODULE_MALFORMED is a bug. */
async function refusedAt(read: Promise<unknown>): Promise<number | undefined> {
  try {
    await read
    return undefined
  } catch (error) {
    if (!(error instanceof WasmpackError) || error.code !== 'MODULE_MALFORMED') throw error
    return (error.details as { readonly offset: number }).offset
  }
}

/** The number of the section that an offset lies in, or ends; undefined outside of all. */
function sectionAt(binary: Uint8Array, offset: number): number | undefined {
  const reader = new BinaryReader(binary.subarray(8), 8)
  while (reader.left > 0) {
    const id = reader.byte('a section')
    const size = reader.u32('its size')
    const start = reader.offset
    if (offset >= start && offset <= start + size) return id
    reader.bytes(size, 'a section')
  }
  return undefined
}

function refusedByWasmTools(
  path: string,
): Promise<{ readonly message: string; readonly offset: number } | undefined> {
  return new Promise((resolve) => {
    execFile(peer('wasm-tools'), ['validate', '--features=all', path], (error, _, message) => {
      const offset = Number(/\(at offset (0x[0-9a-f]+)\)/.exec(message)?.[1])
      resolve(error ? { message, offset } : undefined)
    })
  })
}

describe("the core specification's own test-suite", () => {
  test('is there', () => {
    const count = (verdict: SuiteCase['verdict']): number => of(verdict).length
    console.log(
      `core test-suite: ${count('valid')} valid binaries, ${count('malformed')} malformed, ${count('invalid')} invalid`,
    )
    expect(count('valid')).toBeGreaterThan(6_000)
    expect(count('malformed')).toBeGreaterThan(3_500)
    expect(peer('wasm-tools')).toBeDefined()
  })

  test('every valid binary is inspected and scanned', async () => {
    const refused: string[] = []
    for (const one of of('valid'))
      for (const read of [inspectBinary, scanFeatures])
        if ((await refusedAt(read(createBytesCursor(one.bytes)))) !== undefined) refused.push(place(one))
    expect(refused).toEqual([])
  })

  test('every malformed binary is refused, but for what later versions allow', async () => {
    const unexplained: string[] = []
    const explained = new Map<string, number>()
    for (const one of of('malformed')) {
      if ((await refusedAt(scanFeatures(createBytesCursor(one.bytes)))) !== undefined) continue
      const { features } = await scanFeatures(createBytesCursor(one.bytes))
      const row = LATER_ALLOWED.find(
        (allowed) => allowed.reason.test(one.reason) && allowed.features.some((name) => features.has(name)),
      )
      if (!row || NEWEST.test(one.test)) unexplained.push(`${place(one)}: ${[...features.keys()].join()}`)
      else explained.set(row.why, (explained.get(row.why) ?? 0) + 1)
    }
    console.log(`malformed binaries that later versions allow:`, Object.fromEntries(explained))
    expect(unexplained).toEqual([])
    expect([...explained.keys()].toSorted()).toEqual(LATER_ALLOWED.map(({ why }) => why).toSorted())
  })

  test('inspecting refuses all of it that is wrong where it reads', async () => {
    const missed: string[] = []
    let [alone, withScan] = [0, 0]
    for (const one of of('malformed')) {
      const scanned = await refusedAt(scanFeatures(createBytesCursor(one.bytes)))
      if (scanned === undefined) continue
      const inspected = await refusedAt(inspectBinary(createBytesCursor(one.bytes)))
      if (inspected !== undefined) alone++
      else if (PASSED_OVER.has(sectionAt(one.bytes, scanned) ?? -1)) withScan++
      else missed.push(place(one))
    }
    console.log(`malformed binaries: inspecting refuses ${alone}, only a scan another ${withScan}`)
    expect(missed).toEqual([])
  })

  test('what is malformed UTF-8, header or section is refused by inspecting', async () => {
    const structural = of('malformed').filter(({ reason }) =>
      /UTF-8|magic header|binary version|section id|import kind|export kind|limits flags|last section|inconsistent/.test(
        reason,
      ),
    )
    expect(structural.length).toBeGreaterThan(2_500)
    for (const one of structural)
      expect([place(one), await refusedAt(inspectBinary(createBytesCursor(one.bytes)))]).not.toContain(
        undefined,
      )
  })

  test(
    'inspecting refuses what wasm-tools refuses in the sections that it reads',
    { timeout: 600_000 },
    async () => {
      const seen = new Set<string>()
      const read: SuiteCase[] = []
      for (const one of of('invalid')) {
        const text = Buffer.from(one.bytes).toString('latin1')
        if (seen.has(text)) continue
        seen.add(text)
        if ((await refusedAt(inspectBinary(createBytesCursor(one.bytes)))) === undefined) read.push(one)
      }
      const missed: string[] = []
      const explained = new Map(NOT_CHECKED.map(({ why }) => [why, 0]))
      await inParallel(read, 3, async (one) => {
        const refusal = await refusedByWasmTools(one.path)
        if (refusal === undefined || PASSED_OVER.has(sectionAt(one.bytes, refusal.offset) ?? -1)) return
        const row = NOT_CHECKED.find(({ message }) => message.test(refusal.message))
        if (row) explained.set(row.why, explained.get(row.why)! + 1)
        else missed.push(`${place(one)}: ${refusal.message}`)
      })
      console.log(
        `of ${read.length} invalid binaries that are listed, not checked is:`,
        Object.fromEntries(explained),
      )
      expect(missed).toEqual([])
      expect([...explained.values()]).not.toContain(0)
    },
  )

  test('every invalid binary is read or refused, and nothing else happens', async () => {
    let refused = 0
    for (const one of of('invalid'))
      if ((await refusedAt(scanFeatures(createBytesCursor(one.bytes)))) !== undefined) refused++
    console.log(`invalid binaries: ${refused} of ${of('invalid').length} are refused without validation`)
    expect(refused).toBeGreaterThan(0)
  })
})
