import { describe, expect, it } from 'vitest'

import {
  getDigestAlgorithm,
  Digester,
  getDigestHex,
  computeDigest,
  isDigest,
  parseDigest,
  formatReferrersTag,
} from '../../src/oci/digest.ts'

const EMPTY = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const none = new Uint8Array()

describe('parseDigest', () => {
  it('gives back a sha256 and a sha512', () => {
    expect(parseDigest(EMPTY)).toBe(EMPTY)
    expect(parseDigest(computeDigest(none, 'sha512'))).toMatch(/^sha512:cf83e1357eefb8bd/)
  })

  it.each([
    undefined,
    null,
    7,
    {},
    '',
    'sha256:',
    EMPTY.toUpperCase(),
    EMPTY.slice(0, -1),
    `${EMPTY}0`,
    `${EMPTY}\n`,
    EMPTY.replace('sha256', 'sha512'),
    EMPTY.replace('sha256', 'md5'),
    `sha256:${'../'.repeat(21)}x`,
    [EMPTY],
  ])('S11: refuses %j and says where it stands', (value) => {
    expect(() => parseDigest(value, 'layers[0].digest')).toThrow(
      expect.objectContaining({
        code: 'ARTIFACT_MALFORMED',
        message: expect.stringMatching(/^layers\[0\]\.digest is .*, not a digest$/s),
      }),
    )
    expect(typeof value === 'string' && isDigest(value)).toBe(false)
  })
})

describe('digestOf', () => {
  it('is the digest of the bytes, and digestHex and digestAlgorithm are its parts', () => {
    expect(computeDigest(none)).toBe(EMPTY)
    expect(getDigestHex(computeDigest(none))).toBe(EMPTY.slice(7))
    expect(getDigestAlgorithm(computeDigest(none))).toBe('sha256')
    expect(getDigestAlgorithm(computeDigest(none, 'sha512'))).toBe('sha512')
    expect(getDigestHex(computeDigest(none, 'sha512'))).toHaveLength(128)
  })
})

describe('Digester', () => {
  it('gives the digest of all pieces together', () => {
    const pieces = ['a', '', 'bc'].map((text) => new TextEncoder().encode(text))
    const digester = new Digester()
    for (const piece of pieces) digester.update(piece)
    expect(digester.digest()).toBe(computeDigest(new TextEncoder().encode('abc')))
  })
})

describe('referrersTag', () => {
  it('is a tag of at most 128 characters', () => {
    expect(formatReferrersTag(computeDigest(none))).toBe(`sha256-${EMPTY.slice(7)}`)
    expect(formatReferrersTag(computeDigest(none, 'sha512'))).toMatch(/^sha512-[0-9a-f]{64}$/)
  })
})
