import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { BinaryReader } from '../../../src/wasm/binary/binary-reader.ts'
import { leb, name } from '../../support/wasm-builder.ts'

const reader = (bytes: readonly number[], start = 0): BinaryReader =>
  new BinaryReader(Uint8Array.from(bytes), start)

describe('u32', () => {
  test('reads what LEB128 writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (value) => {
        const read = reader(leb(value))
        expect(read.u32('it')).toBe(value)
        expect(read.left).toBe(0)
      }),
    )
  })

  test('accepts padding up to five bytes', () => {
    expect(reader([0x80, 0x80, 0x80, 0x80, 0x00]).u32('it')).toBe(0)
    expect(reader([0xff, 0xff, 0xff, 0xff, 0x0f]).u32('it')).toBe(2 ** 32 - 1)
  })

  test.each([
    ['a sixth byte', [0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
    ['unused bits', [0xff, 0xff, 0xff, 0xff, 0x1f]],
    ['a continuation in the fifth byte', [0x80, 0x80, 0x80, 0x80, 0x8f, 0x00]],
  ])('refuses %s', (_, bytes) => {
    expect(() => reader(bytes, 0x10).u32('it')).toThrow('it does not fit in 32 bits (at offset 0x10)')
  })

  test('refuses a number that is cut off', () => {
    expect(() => reader([0x80], 7).u32('it')).toThrow(
      'it is cut off: 1 bytes expected, 0 left (at offset 0x8)',
    )
  })
})

describe('u64', () => {
  test('reads ten bytes', () => {
    const most = [...Array.from({ length: 9 }, () => 0xff), 0x01]
    expect(reader(most).u64('it')).toBe(2n ** 64n - 1n)
  })

  test('refuses unused bits and an eleventh byte', () => {
    const nine = Array.from({ length: 9 }, () => 0xff)
    expect(() => reader([...nine, 0x02]).u64('it')).toThrow('does not fit in 64 bits')
    expect(() => reader([...nine, 0x81, 0x00]).u64('it')).toThrow('it is an overlong LEB128 number')
  })
})

describe('signed', () => {
  test.each([
    [[0x7f], -1n],
    [[0x40], -64n],
    [[0x3f], 63n],
    [[0xff, 0xff, 0xff, 0xff, 0x0f], 2n ** 32n - 1n],
    [[0x80, 0x80, 0x80, 0x80, 0x70], -(2n ** 32n)],
  ])('reads %j as %s of 33 bits', (bytes, value) => {
    expect(reader(bytes).signed(33, 'it')).toBe(value)
  })

  test.each([[[0xff, 0xff, 0xff, 0xff, 0x1f]], [[0x80, 0x80, 0x80, 0x80, 0x60]]])(
    'refuses %j, whose unused bits are not copies of the sign',
    (bytes) => {
      expect(() => reader(bytes).signed(33, 'it')).toThrow('does not fit in a signed 33-bit integer')
    },
  )
})

describe('name', () => {
  test('reads UTF-8 and keeps a byte order mark', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xd7ff })), (codes) => {
        const text = String.fromCodePoint(...codes, 0x1f600)
        expect(reader(name(text)).name('it')).toBe(text)
      }),
    )
    expect(reader(name('\ufeffa')).name('it')).toBe('\ufeffa')
  })

  test.each([
    ['a lone continuation', [0x01, 0x80]],
    ['an overlong slash', [0x02, 0xc0, 0xaf]],
    ['a surrogate', [0x03, 0xed, 0xa0, 0x80]],
    ['a code point above U+10FFFF', [0x04, 0xf4, 0x90, 0x80, 0x80]],
    ['a sequence that is cut off', [0x02, 0xe2, 0x82]],
  ])('refuses %s', (_, bytes) => {
    expect(() => reader(bytes).name('it')).toThrow('it is not valid UTF-8 (at offset 0x1)')
  })

  test('refuses a name longer than the limit before it looks for it', () => {
    expect(() => reader(leb(100_001)).name('it')).toThrow('it is 100001 bytes long, the limit is 100000')
  })
})

test('count refuses more items than bytes follow', () => {
  expect(() => reader([3, 0, 0], 1).count('things')).toThrow(
    '3 things are declared, but only 2 bytes follow (at offset 0x1)',
  )
  expect(reader([2, 0, 0]).count('things')).toBe(2)
})

test('end refuses what is left over', () => {
  const read = reader([1, 2, 3])
  read.byte('it')
  expect(() => read.end('the section')).toThrow(
    '2 bytes are left over at the end of the section (at offset 0x1)',
  )
})
