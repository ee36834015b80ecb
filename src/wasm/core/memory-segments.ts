import { BinaryReader, createUnexpectedByteError } from '../binary/binary-reader.ts'
import { passConstantExpression } from './constant-expression.ts'
import type { FeatureUse } from '../binary/features.ts'
import { SEGMENT_HEAD_LIMIT } from '../binary/limits.ts'
import { createMalformedError } from '../binary/malformed.ts'
import type { BinarySection, Sections } from '../binary/sections.ts'

/** Most segments' heads are shorter. */
const FIRST_LOOK = 64
/** In bytes, the least that is read at once. */
const READ_AHEAD = 4096

const PASSIVE = 1
const ACTIVE_WITH_INDEX = 2

/**
 * Reads the segments of a data section, of each only what stands before its bytes.
 * https://webassembly.github.io/spec/core/binary/modules.html#data-section
 */
export async function scanDataSegments(
  sections: Sections,
  section: BinarySection,
  {
    count,
    importedGlobals,
    features,
  }: { readonly count: number; readonly importedGlobals: number; readonly features: FeatureUse },
): Promise<void> {
  const window = new Window(sections, section, features)
  for (let left = count; left > 0; left--) {
    const { offset } = window
    const size = await window.read((reader) => passHead(reader, importedGlobals))
    if (size > section.end - window.offset)
      throw createMalformedError(`a data segment of ${size} bytes does not fit into the data section`, offset)
    await window.skip(size)
  }
  const left = section.end - window.offset
  if (left > 0)
    throw createMalformedError(`${left} bytes are left over at the end of the data section`, window.offset)
}

/** Returns the size of the content that follows. */
function passHead(reader: BinaryReader, importedGlobals: number): number {
  const { offset } = reader
  const kind = reader.u32('the kind of a data segment')
  if (kind > ACTIVE_WITH_INDEX)
    throw createUnexpectedByteError(kind, 'the kind of a data segment (0 to 2)', offset)
  if (kind === PASSIVE) reader.features.need('bulk-memory', offset)
  else {
    if (kind === ACTIVE_WITH_INDEX) reader.u32('a memory index')
    passConstantExpression(reader, importedGlobals)
  }
  return reader.u32('the size of a data segment')
}

/** A buffer of bytes read ahead from a section. */
class Window {
  readonly #sections: Sections
  readonly #section: BinarySection
  readonly #features: FeatureUse
  #bytes: Uint8Array = new Uint8Array()

  constructor(sections: Sections, section: BinarySection, features: FeatureUse) {
    this.#sections = sections
    this.#section = section
    this.#features = features
  }

  get offset(): number {
    return this.#sections.offset - this.#bytes.length
  }

  /** Parses an item of unknown length, with a growing buffer until it fits or the limit is reached. */
  async read<T>(parse: (reader: BinaryReader) => T): Promise<T> {
    const { offset } = this
    const all = this.#section.end - offset
    for (let length = FIRST_LOOK; ; length *= 2) {
      await this.#fill(Math.min(length, all))
      const reader = new BinaryReader(this.#bytes, offset, this.#features)
      try {
        const value = parse(reader)
        this.#bytes = this.#bytes.subarray(reader.offset - offset)
        return value
      } catch (error) {
        if (this.#bytes.length >= Math.min(all, SEGMENT_HEAD_LIMIT)) throw error
      }
    }
  }

  /** Skips bytes, of which the section has enough. */
  async skip(length: number): Promise<void> {
    const there = Math.min(length, this.#bytes.length)
    this.#bytes = this.#bytes.subarray(there)
    const end = this.#sections.offset + length - there
    await this.#sections.skip({ ...this.#section, end }, 'a data segment')
  }

  async #fill(length: number): Promise<void> {
    const missing = length - this.#bytes.length
    if (missing <= 0) return
    const start = this.#sections.offset
    const end = Math.min(this.#section.end, start + Math.max(missing, READ_AHEAD))
    const more = await this.#sections.load({ ...this.#section, end }, 'the data section')
    const bytes = new Uint8Array(this.#bytes.length + more.left)
    bytes.set(this.#bytes)
    bytes.set(more.bytes(more.left, 'the data section'), this.#bytes.length)
    this.#bytes = bytes
  }
}
