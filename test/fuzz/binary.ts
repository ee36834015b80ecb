import { leb } from '../support/wasm-builder.ts'

/** A binary taken apart as far as its headers go, to be put together in another way. */
export interface Dissected {
  readonly preamble: Uint8Array
  readonly sections: readonly Piece[]
  /** What follows the last section that is whole. */
  readonly rest: Uint8Array
}

export interface Piece {
  readonly id: number
  readonly content: Uint8Array
  /** As written; what `content` needs if absent. */
  readonly size?: readonly number[]
}

const PREAMBLE = 8

export const isComponent = ({ preamble }: Dissected): boolean => preamble[6] === 1

export function dissect(bytes: Uint8Array): Dissected {
  const sections: Piece[] = []
  let at = Math.min(PREAMBLE, bytes.length)
  while (at < bytes.length) {
    const size = readLeb(bytes, at + 1)
    if (size === undefined || size.end + size.value > bytes.length) break
    sections.push({ id: bytes[at]!, content: bytes.subarray(size.end, size.end + size.value) })
    at = size.end + size.value
  }
  return { preamble: bytes.subarray(0, PREAMBLE), sections, rest: bytes.subarray(at) }
}

export const assemble = ({ preamble, sections, rest }: Dissected): Uint8Array =>
  Buffer.concat([
    preamble,
    ...sections.flatMap(({ id, size, content }) => [
      Uint8Array.from([id, ...(size ?? leb(content.length))]),
      content,
    ]),
    rest,
  ])

/** The number at a place, of five bytes at most; undefined if there is none. */
export function readLeb(
  bytes: Uint8Array,
  start: number,
): { readonly value: number; readonly end: number } | undefined {
  let value = 0
  for (let index = 0; index < 5; index++) {
    const byte = bytes[start + index]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return { value, end: start + index + 1 }
  }
  return undefined
}

/** The same number in more bytes than it needs. */
export function stretched(value: number, length: number): number[] {
  const bytes = leb(value)
  if (bytes.length >= length) return bytes
  bytes[bytes.length - 1]! |= 0x80
  while (bytes.length < length - 1) bytes.push(0x80)
  return [...bytes, 0]
}
