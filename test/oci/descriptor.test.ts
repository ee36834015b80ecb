import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { collect, parseDescriptor, verifyWhileReading } from '../../src/oci/descriptor.ts'
import { computeDigest } from '../../src/oci/digest.ts'
import { blobFrom } from './artifacts.ts'

const DIGEST = computeDigest(new Uint8Array())
const fields = { mediaType: 'application/wasm', digest: DIGEST, size: 0 }

describe('parseDescriptor', () => {
  it('S9: takes the fields that it knows and none that could lead elsewhere', () => {
    const value = {
      ...fields,
      artifactType: 'a/b',
      annotations: { a: '1' },
      platform: { architecture: 'wasm' },
      urls: ['http://169.254.169.254/'],
      data: '',
    }
    const parsed = parseDescriptor(value, 'it')
    expect(Object.keys(parsed).sort()).toEqual(
      ['annotations', 'artifactType', 'digest', 'mediaType', 'platform', 'size'].sort(),
    )
    expect(parsed).toMatchObject({ ...fields, artifactType: 'a/b', platform: { architecture: 'wasm' } })
    expect({ ...parsed.annotations }).toEqual({ a: '1' })
  })

  it('takes no artifact type and no annotations where they are empty', () => {
    expect(parseDescriptor({ ...fields, artifactType: '', annotations: null }, 'it')).toEqual(fields)
    const object = { mediaType: 'a/b', digest: computeDigest(Buffer.from('{}')), size: 2 }
    expect(parseDescriptor({ ...object, data: 'e30=' }, 'it')).toEqual(object)
  })

  it.each<[unknown, RegExp]>([
    [null, /is not a descriptor/],
    [[], /is not a descriptor/],
    ['x', /is not a descriptor/],
    [{}, /has no valid mediaType/],
    [{ ...fields, mediaType: 'wasm' }, /has no valid mediaType/],
    [{ ...fields, mediaType: 'a/b; charset=utf-8' }, /has no valid mediaType/],
    [{ ...fields, mediaType: `a/${'b'.repeat(128)}` }, /has no valid mediaType/],
    [{ ...fields, size: -1 }, /has no valid size/],
    [{ ...fields, size: 1.5 }, /has no valid size/],
    [{ ...fields, size: 2 ** 62 }, /has no valid size/],
    [{ ...fields, size: '1' }, /has no valid size/],
    [{ ...fields, size: Number.NaN }, /has no valid size/],
    [{ ...fields, digest: 'sha256:x' }, /not a digest/],
    [{ ...fields, artifactType: 1 }, /has an artifactType that is not a string/],
    [{ ...fields, data: 'b3RoZXI=' }, /has data that is not its content/],
    [{ ...fields, data: 1 }, /has data that is not its content/],
    [{ ...fields, Data: 'b3RoZXI=' }, /Data/],
    [{ ...fields, annotations: [] }, /is not an object/],
    [{ ...fields, Annotations: {} }, /has the key "Annotations", which some parsers read as annotations/],
  ])('refuses %j and says where it stands', (value, message) => {
    expect(() => parseDescriptor(value, 'layers[3]')).toThrow(
      expect.objectContaining({ code: 'ARTIFACT_MALFORMED', message: expect.stringMatching(message) }),
    )
    expect(() => parseDescriptor(value, 'layers[3]')).toThrow(/layers\[3\]/)
  })
})

async function* streamOf(...chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk
}

describe('verified', () => {
  const { descriptor } = blobFrom('0123456789')

  it('passes the announced bytes through, in whatever chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 50 }),
        async (bytes, length) => {
          const chunks = Array.from({ length: Math.ceil(bytes.length / length) }, (_, at) =>
            bytes.subarray(at * length, (at + 1) * length),
          )
          for (const algorithm of ['sha256', 'sha512'] as const) {
            const stream = verifyWhileReading(streamOf(...chunks), {
              digest: computeDigest(bytes, algorithm),
              size: bytes.length,
            })
            expect([...(await collect(stream, 300, 'it'))]).toEqual([...bytes])
          }
        },
      ),
      { seed: 1, numRuns: 100 },
    )
  })

  it.each([
    ['too short', ['012345678'], /ends after 9 of 10 bytes/],
    ['empty', [], /ends after 0 of 10 bytes/],
    ['too long by a byte', ['0123456789', 'x'], /is longer than its 10 bytes/],
    ['other', ['0123456780'], /has the digest sha256:/],
  ])('throws DIGEST_MISMATCH for a stream that is %s', async (_, chunks, message) => {
    await expect(
      collect(verifyWhileReading(streamOf(...chunks), descriptor), 100, 'it'),
    ).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: expect.stringMatching(message),
      details: { expected: descriptor.digest },
    })
  })

  it('yields no byte too many, and stops to read an endless stream', async () => {
    let closed = false
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(4)
      } finally {
        closed = true
      }
    }
    let size = 0
    const read = async (): Promise<void> => {
      for await (const chunk of verifyWhileReading(endless(), descriptor)) size += chunk.length
    }
    await expect(read()).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    expect(size).toBe(8)
    expect(closed).toBe(true)
  })

  it('passes on an error of the stream', async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(1)
      throw new Error('the connection broke')
    }
    await expect(collect(verifyWhileReading(broken(), descriptor), 100, 'it')).rejects.toThrow(
      'the connection broke',
    )
  })
})

describe('collect', () => {
  it('joins all chunks', async () => {
    expect(Buffer.from(await collect(streamOf('a', '', 'bc'), 3, 'it')).toString()).toBe('abc')
    expect(await collect(streamOf(), 0, 'it')).toHaveLength(0)
  })

  it('throws ARTIFACT_MALFORMED above the limit', async () => {
    await expect(collect(streamOf('ab', 'c'), 2, 'config x')).rejects.toMatchObject({
      code: 'ARTIFACT_MALFORMED',
      message: 'config x is larger than 2 bytes',
    })
  })
})
