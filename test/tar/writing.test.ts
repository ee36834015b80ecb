import { describe, expect, it } from 'vitest'

import { BLOCK, readPaxRecords, readTarHeader } from '../../src/tar/header.ts'
import { writeTarHeader } from '../../src/tar/writing.ts'

describe('writeTarHeader', () => {
  it('writes one block that reads back', () => {
    const block = writeTarHeader('index.json', 1234)
    expect(block).toHaveLength(BLOCK)
    expect(readTarHeader(block)).toMatchObject({ name: 'index.json', size: 1234, kind: 'file' })
  })

  it('has a checksum that covers every byte', () => {
    const block = writeTarHeader('index.json', 1234)
    for (const at of [0, 130, 300, 511]) {
      const changed = Buffer.from(block)
      changed[at]! ^= 1
      expect(readTarHeader(changed)).toBeUndefined()
    }
  })

  it.each([[86], [87], [88], [101], [985], [986], [987], [2000]])(
    'gives a name of %d letters and a size beyond 8 GiB in PAX records that count themselves',
    (length) => {
      const name = 'n'.repeat(length)
      const bytes = writeTarHeader(name, 2 ** 40)
      const { kind, size } = readTarHeader(bytes.subarray(0, BLOCK))!
      expect(kind).toBe('records')
      const records = readPaxRecords(bytes.subarray(BLOCK, BLOCK + size))!
      expect(records.get('size')).toBe(String(2 ** 40))
      expect(records.get('path')).toBe(length > 100 ? name : undefined)
      expect(bytes.length % BLOCK).toBe(0)
    },
  )
})

describe('readTarHeader', () => {
  it("reads GNU's base 256, and gives up on what is beyond every file", () => {
    const block = Buffer.from(writeTarHeader('large', 0))
    const sized = (bytes: readonly number[]): Buffer => {
      const changed = Buffer.from(block)
      Buffer.from(bytes).copy(changed, 124)
      changed.fill(' ', 148, 156)
      const sum = changed.reduce((total, byte) => total + byte, 0)
      changed.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
      return changed
    }
    expect(readTarHeader(sized([0x80, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1]))?.size).toBe(3 * 2 ** 32 + 1)
    expect(
      readTarHeader(sized([0xff, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255])),
    ).toBeUndefined()
  })
})
