import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, expect, it } from 'vitest'

import { WasmpackError } from '../../../src/errors.ts'
import { openArchive } from '../../../src/oci/archive/archive.ts'
import { collect } from '../../../src/oci/descriptor.ts'
import { Random } from '../../fuzz/random.ts'
import { pax, tarOf, thing, whole } from './tars.ts'

const root = await mkdtemp(join(tmpdir(), 'wasmpack-mutations-'))
afterAll(() => rm(root, { recursive: true }))

const ROUNDS = 600
const extended = whole.flatMap((entry) => [pax({ path: entry.name }), { ...entry, name: 'short' }])
const seeds = [tarOf(whole), tarOf(extended)]

/** A few bytes, anywhere, become others: those that mean much to a reader of tars more often. */
function mutated(bytes: Buffer, random: Random): Buffer {
  const changed = Buffer.from(bytes)
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = random.below(changed.length)
    changed[at] = random.once(2) ? '0127xLKg5S\0 \x80\xff'.charCodeAt(random.below(14)) : random.below(256)
    if (random.once(2)) mendChecksum(changed, at - (at % 512))
  }
  return random.once(10) ? changed.subarray(0, random.below(changed.length)) : changed
}

/** So that more than the checksum is put to the test. */
function mendChecksum(bytes: Buffer, at: number): void {
  const block = bytes.subarray(at, at + 512)
  if (block.length < 512) return
  block.fill(' ', 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
}

it('S8: an archive with any of its bytes changed gives the artifact that was asked for, or an error that says what is wrong', async () => {
  const random = new Random(20_261_126, 0)
  const path = join(root, 'a.tar')
  const ends = { whole: 0, refused: 0 }
  for (let round = 0; round < ROUNDS; round++) {
    await writeFile(path, mutated(seeds[round % seeds.length]!, random))
    try {
      const target = await openArchive(path, { create: false })
      const manifest = await target.manifest(thing.digest)
      expect(manifest.digest).toBe(thing.digest)
      if (manifest.kind === 'index') throw new Error('an index')
      const layer = await collect(target.fetch(manifest.layers[0]!), 1024, 'layer')
      expect(Buffer.from(layer).toString()).toBe('a module')
      await target.referrers(thing.digest)
      await target.tags()
      ends.whole++
    } catch (error) {
      if (!(error instanceof WasmpackError)) throw error
      expect(error.exit, error.message).toSatisfy((exit: number) => exit === 5 || exit === 6)
      expect(error.hint, error.message).toBeTruthy()
      ends.refused++
    }
  }
  expect(ends.whole).toBeGreaterThan(ROUNDS / 50)
  expect(ends.refused).toBeGreaterThan(ROUNDS / 10)
})
