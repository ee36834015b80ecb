import { BinaryReader } from './binary-reader.ts'
import type { Cursor } from './cursor.ts'
import type { FeatureUse } from './features.ts'
import { NAME_LIMIT, type Quota, SECTION_LIMIT } from './limits.ts'
import { createMalformedError } from './malformed.ts'

/** The header of a section: its id and the absolute offsets of its content. */
export interface BinarySection {
  readonly id: number
  /** Of the id byte. */
  readonly offset: number
  /** Of the content; `end` is the first byte after it. */
  readonly start: number
  readonly end: number
}

/**
 * Walks the sections of a module or component, which ends at `end`, or where the binary ends if that is not given. A
 * section that does not fit is refused by its header, before anything of it is read.
 * https://webassembly.github.io/spec/core/binary/modules.html#sections
 */
export class Sections {
  readonly features: FeatureUse
  readonly #cursor: Cursor
  readonly #quota: Quota
  readonly #end: number | undefined

  constructor(cursor: Cursor, quota: Quota, features: FeatureUse, end?: number) {
    this.features = features
    this.#cursor = cursor
    this.#quota = quota
    this.#end = end
  }

  get offset(): number {
    return this.#cursor.offset
  }

  /** The header of the next section; undefined at the end. */
  async next(): Promise<BinarySection | undefined> {
    const offset = this.offset
    if (offset === this.#end) return undefined
    const [id] = await this.#cursor.take(1)
    if (id === undefined) {
      if (this.#end === undefined) return undefined
      throw createMalformedError('the file is truncated in a nested module or component', offset)
    }
    this.#quota.spend('sections', 1, offset)
    const limit = this.#end ?? Number.MAX_SAFE_INTEGER
    const size = await this.u32('the size of a section', limit)
    const end = this.offset + size
    if (end > limit)
      throw createMalformedError(
        `a section of ${size} bytes does not fit in the remaining ${limit - this.offset} of the nested module or component`,
        offset,
      )
    return { id, offset, start: this.offset, end }
  }

  /** One number, read alone so that a large section is not loaded. It must end before `end`. */
  async u32(what: string, end: number): Promise<number> {
    const offset = this.offset
    const bytes: number[] = []
    while (bytes.length < 5 && this.offset < end) {
      const [byte] = await this.#cursor.take(1)
      if (byte === undefined) break
      bytes.push(byte)
      if (byte < 0x80) break
    }
    return new BinaryReader(Uint8Array.from(bytes), offset).u32(what)
  }

  /** The name that a custom section begins with. */
  async customName(section: BinarySection): Promise<string> {
    const what = "a custom section's name"
    const length = await this.u32(`the length of ${what}`, section.end)
    const offset = this.offset
    if (length > NAME_LIMIT)
      throw createMalformedError(`${what} is ${length} bytes long, the limit is ${NAME_LIMIT}`, offset)
    if (length > section.end - offset)
      throw createMalformedError(`${what} is longer than its section`, offset)
    return new BinaryReader(await this.#cursor.take(length), offset).text(length, what)
  }

  /** Loads the rest of the section; valid until the next call. Features are noted in `features`. */
  async load(
    section: BinarySection,
    what: string,
    features: FeatureUse = this.features,
  ): Promise<BinaryReader> {
    const offset = this.offset
    const size = section.end - offset
    if (size > SECTION_LIMIT)
      throw createMalformedError(`${what} is ${size} bytes long, the limit is ${SECTION_LIMIT}`, offset)
    const bytes = await this.#cursor.take(size)
    if (bytes.length < size) throw createTruncatedError(section, offset + bytes.length, what)
    return new BinaryReader(bytes, offset, features)
  }

  /** At most `length` bytes of the rest of the section, fewer if it ends before; valid until the next call. */
  takeFirst(section: BinarySection, length: number): Promise<Uint8Array> {
    return this.#cursor.take(Math.min(length, section.end - this.offset))
  }

  /** Skips the rest of the section. */
  async skip(section: BinarySection, what: string): Promise<void> {
    const size = section.end - this.offset
    if (size > 0 && (await this.#cursor.skip(size)) < size)
      throw createTruncatedError(section, this.offset, what)
  }
}

const createTruncatedError = (section: BinarySection, end: number, what: string): Error =>
  createMalformedError(`the file is truncated in ${what}: ${section.end - end} bytes are missing`, end)
