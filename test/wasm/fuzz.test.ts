import { describe, expect, test } from 'vitest'

import { WasmpackError } from '../../src/errors.ts'
import { fixtureNames, readFixture } from '../support/fixtures.ts'
import { inspectBytes } from './inspecting.ts'

const SEED = 0x5eed
const MUTANTS = 20_000

/** mulberry32: the same numbers on every machine. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** One to four changes: a bit, a byte, an extreme byte, a piece taken out, put in twice, or the end cut off. */
function mutant(original: Uint8Array, random: (below: number) => number): Uint8Array {
  let bytes = new Uint8Array(original)
  for (let changes = 1 + random(4); changes > 0 && bytes.length > 0; changes--) {
    const at = random(bytes.length)
    const length = 1 + random(Math.min(16, bytes.length - at))
    switch (random(6)) {
      case 0:
        bytes[at]! ^= 1 << random(8)
        break
      case 1:
        bytes[at] = random(256)
        break
      case 2:
        bytes[at] = [0x00, 0x7f, 0x80, 0xff][random(4)]!
        break
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
        break
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)])
        break
      default:
        bytes = bytes.slice(0, random(20) === 0 ? at : bytes.length)
    }
  }
  return bytes
}

describe('inspect of damaged binaries', () => {
  const samples = fixtureNames()
    .filter((name) => name.startsWith('edge/'))
    .map(readFixture)

  test('throws nothing but MODULE_MALFORMED within the file', async () => {
    const random = randomNumbers(SEED)
    const outcomes = { accepted: 0, refused: 0, wrong: 0 }
    for (let left = MUTANTS; left > 0; left--) {
      const bytes = mutant(samples[random(samples.length)]!, random)
      try {
        const { size } = await inspectBytes(bytes)
        if (size === bytes.length) outcomes.accepted++
        else outcomes.wrong++
      } catch (error) {
        if (!(error instanceof WasmpackError) || error.code !== 'MODULE_MALFORMED')
          throw new Error(`mutant ${Buffer.from(bytes).toString('base64')}`, { cause: error })
        const { offset } = error.details as { readonly offset: number }
        if (offset <= bytes.length) outcomes.refused++
        else outcomes.wrong++
      }
    }
    expect(outcomes.wrong).toBe(0)
    expect(outcomes.refused).toBeGreaterThan(MUTANTS / 2)
    expect(outcomes.accepted).toBeGreaterThan(MUTANTS / 50)
  })
})
