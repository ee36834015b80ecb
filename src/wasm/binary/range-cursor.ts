import type { Cursor } from './cursor.ts'

/** Random access to a binary of a known size in bytes, such as an open file. */
export interface Ranges {
  readonly size: number
  /** Some of the bytes from `offset` on, `length` at most; none only at the end. The view may be reused by the next call. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/** In bytes; doubled while the reads are sequential. */
const READ_AHEAD = 8 * 1024
const LARGEST_READ_AHEAD = 1024 * 1024
const NOTHING: Uint8Array = new Uint8Array()

/** A cursor over random access: reads a little ahead, and never reads skipped bytes. */
export function createRangeCursor(ranges: Ranges): Cursor {
  let offset = 0
  let ahead = NOTHING
  let aheadAt = 0
  let readAhead = READ_AHEAD

  const read = async (length: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(length)
    let there = 0
    while (there < length) {
      const part = await ranges.read(offset + there, length - there)
      if (part.length === 0) break
      bytes.set(part, there)
      there += part.length
    }
    return bytes.subarray(0, there)
  }

  return {
    get offset() {
      return offset
    },
    async take(length) {
      const wanted = Math.min(length, Math.max(0, ranges.size - offset))
      if (offset + wanted > aheadAt + ahead.length) {
        const isNext = ahead.length > 0 && offset <= aheadAt + ahead.length
        readAhead = isNext ? Math.min(2 * readAhead, LARGEST_READ_AHEAD) : READ_AHEAD
        aheadAt = offset
        ahead = await read(Math.min(Math.max(wanted, readAhead), ranges.size - offset))
      }
      const bytes = ahead.subarray(offset - aheadAt, offset - aheadAt + wanted)
      offset += bytes.length
      return bytes
    },
    async skip(length) {
      const there = Math.min(length, Math.max(0, ranges.size - offset))
      offset += there
      return there
    },
  }
}
