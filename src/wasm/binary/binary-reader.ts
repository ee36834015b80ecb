import { FeatureUse } from './features.ts'
import { NAME_LIMIT } from './limits.ts'
import { formatHex, createMalformedError } from './malformed.ts'

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads values from bytes in memory and never past their end; offsets are absolute, counted from the start of the whole
 * binary. `what` names a value in messages. Every method throws MODULE_MALFORMED for invalid bytes. Callers note required
 * features in `features`.
 * https://webassembly.github.io/spec/core/binary/values.html
 */
export class BinaryReader {
  readonly features: FeatureUse
  /** The number of core types that an index may refer to, if known. */
  typeCount: number = Number.POSITIVE_INFINITY
  readonly #bytes: Uint8Array
  readonly #start: number
  #at = 0

  /** `start` is the absolute offset of the first of the bytes. */
  constructor(bytes: Uint8Array, start: number, features: FeatureUse = new FeatureUse()) {
    this.features = features
    this.#bytes = bytes
    this.#start = start
  }

  get offset(): number {
    return this.#start + this.#at
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  peek(what: string): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw this.#short(what, 1)
    return byte
  }

  byte(what: string): number {
    const byte = this.peek(what)
    this.#at++
    return byte
  }

  /** A view of the next bytes. */
  bytes(length: number, what: string): Uint8Array {
    if (length > this.left) throw this.#short(what, length)
    return this.#bytes.subarray(this.#at, (this.#at += length))
  }

  u32(what: string): number {
    const at = this.offset
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte(what)
      if (shift === 28 && byte > 0x0f) throw createMalformedError(`${what} does not fit in 32 bits`, at)
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }

  u64(what: string): bigint {
    const at = this.offset
    const { value } = this.#leb(64, what)
    if (value >> 64n !== 0n) throw createMalformedError(`${what} does not fit in 64 bits`, at)
    return value
  }

  /** As {@link u64}, but beyond 2^53 the number loses precision. */
  roundedU64(what: string): number {
    const at = this.offset
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte(what)
      if (shift === 63 && byte > 1) throw createMalformedError(`${what} does not fit in 64 bits`, at)
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }

  /** Skips a signed integer of at most `bits` bits. */
  passSigned(bits: 32 | 64, what: string): void {
    const at = this.offset
    const last = bits === 32 ? 28 : 63
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte(what)
      if (shift === last) {
        // The last byte has no continuation bit, and its unused bits repeat the sign.
        const unused = (byte << 25) >> (25 + bits - last - 1)
        if (byte >= 0x80 || (unused !== 0 && unused !== -1))
          throw createMalformedError(`${what} does not fit in a signed ${bits}-bit integer`, at)
      }
      if (byte < 0x80) return
    }
  }

  /** A signed integer of at most `bits` bits. */
  signed(bits: 32 | 33 | 64, what: string): bigint {
    const at = this.offset
    const { value, read } = this.#leb(bits, what)
    const signed = BigInt.asIntN(read, value)
    if (BigInt.asIntN(bits, signed) !== signed)
      throw createMalformedError(`${what} does not fit in a signed ${bits}-bit integer`, at)
    return signed
  }

  /** The number of items that follow, each of at least `size` bytes; throws if they cannot fit. */
  count(what: string, limit = Number.POSITIVE_INFINITY, size = 1): number {
    const at = this.offset
    const count = this.u32(`the number of ${what}`)
    if (count > limit) throw createMalformedError(`${count} ${what}, the limit is ${limit}`, at)
    if (count * size > this.left)
      throw createMalformedError(`${count} ${what} are declared, but only ${this.left} bytes follow`, at)
    return count
  }

  name(what: string): string {
    const at = this.offset
    const length = this.u32(`the length of ${what}`)
    if (length > NAME_LIMIT)
      throw createMalformedError(`${what} is ${length} bytes long, the limit is ${NAME_LIMIT}`, at)
    return this.text(length, what)
  }

  /** The next bytes as strict UTF-8. */
  text(length: number, what: string): string {
    const at = this.offset
    const bytes = this.bytes(length, what)
    try {
      return UTF8.decode(bytes)
    } catch {
      throw createMalformedError(`${what} is not valid UTF-8`, at)
    }
  }

  /** Throws if bytes are left. */
  end(what: string): void {
    if (this.left > 0)
      throw createMalformedError(`${this.left} bytes are left over at the end of ${what}`, this.offset)
  }

  #short(what: string, needed: number): Error {
    return createMalformedError(
      `${what} is cut off: ${needed} bytes expected, ${this.left} left`,
      this.offset,
    )
  }

  /** LEB128 of at most ceil(bits / 7) bytes; the caller checks the unused bits of the last byte. */
  #leb(bits: number, what: string): { readonly value: bigint; readonly read: number } {
    const at = this.offset
    let value = 0n
    for (let read = 0; read < bits;) {
      const byte = this.byte(what)
      value |= BigInt(byte & 0x7f) << BigInt(read)
      read += 7
      if (byte < 0x80) return { value, read }
    }
    throw createMalformedError(`${what} is an overlong LEB128 number`, at)
  }
}

/** The error for a byte that is none of the expected values. */
export const createUnexpectedByteError = (byte: number, expected: string, offset: number): Error =>
  createMalformedError(`found the byte ${formatHex(byte)}, expected ${expected}`, offset)
