import { isRecord } from '../json.ts'
import { decodeBase64 } from './base64.ts'

/** The error for a problem of a document; the problem is a phrase without a subject. */
export type Malformed = (problem: string) => Error

export type JsonRecord = Readonly<Record<string, unknown>>

/** Protobuf JSON writes an absent field as null, or not at all. */
export const isPresent = (value: unknown): boolean => value !== undefined && value !== null

/**
 * Reads documents in protobuf JSON more strictly than libraries do: a field that is not known may mean something to another
 * reader, and `__proto__` means something to JavaScript. Every method throws what `malformed` makes.
 */
export class StrictFields {
  readonly malformed: Malformed

  constructor(malformed: Malformed) {
    this.malformed = malformed
  }

  /** An object with no field besides those named. */
  record(value: unknown, what: string, fields: readonly string[]): JsonRecord {
    if (!isRecord(value)) throw this.malformed(`has ${what} that is not an object`)
    for (const key of Object.keys(value))
      if (!fields.includes(key))
        throw this.malformed(`has ${what} with the unknown field ${JSON.stringify(key.slice(0, 80))}`)
    return value
  }

  /** A list of such objects; absent means empty. */
  records(value: unknown, what: string, fields: readonly string[], limit: number): readonly JsonRecord[] {
    if (!isPresent(value)) return []
    if (!Array.isArray(value)) throw this.malformed(`has ${what} that is not a list`)
    if (value.length > limit) throw this.malformed(`has ${value.length} of ${what}, more than ${limit}`)
    return value.map((item) => this.record(item, what, fields))
  }

  text(value: unknown, what: string, limit = 1024): string {
    if (typeof value !== 'string' || value.length > limit)
      throw this.malformed(`has ${what} that is not a text of at most ${limit} characters`)
    return value
  }

  /** Base64 of at least one byte. */
  bytes(value: unknown, what: string): Buffer {
    const bytes = decodeBase64(value)
    if (bytes === undefined || bytes.length === 0) throw this.malformed(`has ${what} that is not base64`)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** A 64-bit integer that is not negative: a text in protobuf JSON. */
  integer(value: unknown, what: string): string {
    const text = typeof value === 'number' ? String(value) : value
    if (typeof text !== 'string' || !/^(?:0|[1-9]\d{0,18})$/.test(text))
      throw this.malformed(`has ${what} that is not an integer`)
    return text
  }

  /** A point in time in RFC 3339. */
  time(value: unknown, what: string): Date {
    const at = typeof value === 'string' && RFC_3339.test(value) ? new Date(value) : undefined
    if (at === undefined || Number.isNaN(at.getTime())) throw this.malformed(`has ${what} that is no time`)
    return at
  }
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/
