import type { Cursor } from './cursor.ts'

/** A cursor over a binary in memory. */
export function createBytesCursor(bytes: Uint8Array): Cursor {
  let offset = 0
  const advance = (length: number): number => {
    const there = Math.min(length, bytes.length - offset)
    offset += there
    return there
  }
  return {
    get offset() {
      return offset
    },
    take: async (length) => bytes.subarray(offset, offset + advance(length)),
    skip: async (length) => advance(length),
  }
}
