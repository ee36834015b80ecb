import { expect, test } from 'vitest'

import { collectEvidence } from '../../src/delivery/collect-evidence.ts'
import { needsInstructions } from '../../src/delivery/judge.ts'
import { createRangeCursor } from '../../src/wasm/binary/range-cursor.ts'
import { granting } from '../capabilities/samples.ts'
import { readFixture } from '../support/fixtures.ts'
import { module, section, vec } from '../support/wasm-builder.ts'

const manifest = granting({})
const limiting = { ...manifest, spec: { ...manifest.spec, features: {} } }

test('gather reads the instructions only if a judge asks for them', async () => {
  const bytes = readFixture('cpp-words')
  const bytesRead = async (asked: typeof manifest): Promise<[number, number | undefined]> => {
    let read = 0
    const cursor = createRangeCursor({
      size: bytes.length,
      read: async (offset, length) => {
        read += length
        return bytes.subarray(offset, offset + length)
      },
    })
    const { instructions } = await collectEvidence(cursor, needsInstructions({ manifests: [asked] }))
    return [read, instructions?.features.size]
  }
  const [little, nothing] = await bytesRead(manifest)
  const [all, features] = await bytesRead(limiting)
  expect(nothing).toBeUndefined()
  expect(features).toBeGreaterThan(0)
  expect(little).toBeLessThan(bytes.length / 2)
  expect(all).toBeGreaterThan(bytes.length / 2)
})

test('gather refuses instructions that are not well-formed, where they are read', async () => {
  const bytes = module(
    section(1, vec([0x60, 0, 0])),
    section(3, vec(0)),
    section(10, vec([3, 0, 0xff, 0x0b])),
  )
  const cursor = (): ReturnType<typeof createRangeCursor> =>
    createRangeCursor({
      size: bytes.length,
      read: async (offset, length) => bytes.subarray(offset, offset + length),
    })
  await expect(collectEvidence(cursor(), false)).resolves.toMatchObject({
    inspection: { kind: 'module' },
  })
  await expect(collectEvidence(cursor(), true)).rejects.toMatchObject({
    code: 'MODULE_MALFORMED',
  })
})
