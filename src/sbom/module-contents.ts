import { type Digest, Digester } from '../oci/digest.ts'
import type { CustomSection, Inspection } from '../wasm/types/inspection.ts'
import { AUDITABLE_SECTION } from './cargo-auditable.ts'
import { GO_LIST_END, GO_LIST_LIMIT, GO_LIST_START } from './go-modules.ts'

/** What a bill of materials takes from the bytes of a module, beside its inspection. */
export interface ModuleContents {
  readonly digest: Digest
  /** Of the nested binaries, in their order. */
  readonly nested: readonly Digest[]
  /** Embedded lists, with the offset of their first byte. */
  readonly lists: readonly EmbeddedList[]
}

export interface EmbeddedList {
  readonly by: 'cargo auditable' | 'Go'
  readonly offset: number
  /** Undefined for one that is too long. */
  readonly bytes: Uint8Array | undefined
}

/** In bytes, of one section as it is stored. */
const SECTION_LIMIT = 4 * 1024 * 1024
/** In bytes, of all lists together. */
const TOTAL_LIMIT = 32 * 1024 * 1024
/** There are fewer binaries in a module, so beyond it one has several lists, which is an error. */
const LISTS_LIMIT = 2000

/** Reads all bytes of an inspected module once. */
export async function readModuleContents(
  chunks: AsyncIterable<Uint8Array>,
  inspection: Inspection,
): Promise<ModuleContents> {
  const whole = new Digester()
  const contents = inspection.kind === 'component' ? inspection.nested.contents : []
  const nested = contents.map(({ offset, size }) => ({ offset, size, digester: new Digester() }))
  const sections = new SectionKeeper(
    [inspection, ...contents].flatMap(({ customSections }) => customSections),
  )
  const go = new GoListFinder()
  let offset = 0
  for await (const chunk of chunks) {
    whole.update(chunk)
    for (const one of nested) {
      const part = overlap(chunk, offset, one)
      if (part.length > 0) one.digester.update(part)
    }
    sections.read(chunk, offset)
    go.read(chunk, offset)
    offset += chunk.length
  }
  return {
    digest: whole.digest(),
    nested: nested.map(({ digester }) => digester.digest()),
    lists: [...sections.lists(), ...go.lists()].sort((one, other) => one.offset - other.offset),
  }
}

interface Range {
  readonly offset: number
  readonly size: number
}

/** The part of a chunk at `at` that lies in a range. */
const overlap = (chunk: Uint8Array, at: number, { offset, size }: Range): Uint8Array =>
  chunk.subarray(Math.max(0, offset - at), Math.max(0, Math.min(chunk.length, offset + size - at)))

/** Keeps the content of the sections that `cargo auditable` writes. */
class SectionKeeper {
  readonly #kept: { readonly section: CustomSection; readonly parts: Uint8Array[] | undefined }[] = []
  /** The first of `#kept` that is not read whole. */
  #next = 0

  constructor(sections: readonly CustomSection[]) {
    let total = 0
    const wanted = sections
      .filter(({ name }) => name === AUDITABLE_SECTION)
      .sort((one, other) => one.offset - other.offset)
      .slice(0, LISTS_LIMIT)
    for (const section of wanted) {
      const fits = section.size <= SECTION_LIMIT && total + section.size <= TOTAL_LIMIT
      if (fits) total += section.size
      this.#kept.push({ section, parts: fits ? [] : undefined })
    }
  }

  read(chunk: Uint8Array, at: number): void {
    for (let next = this.#next; next < this.#kept.length; next++) {
      const { section, parts } = this.#kept[next]!
      if (section.offset >= at + chunk.length) return
      const part = overlap(chunk, at, section)
      // A copy: the rest of the chunk need not be kept.
      if (part.length > 0) parts?.push(part.slice())
      if (section.offset + section.size <= at + chunk.length) this.#next = next + 1
    }
  }

  lists(): readonly EmbeddedList[] {
    return this.#kept.map(({ section, parts }) => ({
      by: 'cargo auditable',
      offset: section.offset,
      bytes: parts && Buffer.concat(parts),
    }))
  }
}

/** Finds the lists of Go in the data of a module, by what stands before and after them. */
class GoListFinder {
  readonly #found: EmbeddedList[] = []
  /** Bytes that were read and are still looked at, from `#at` on. */
  #held: Buffer = Buffer.alloc(0)
  #at = 0
  /** Whether they begin with the start of a list. */
  #isOpen = false
  #total = 0

  read(chunk: Uint8Array, offset: number): void {
    if (this.#held.length === 0) this.#at = offset
    this.#held = this.#held.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#held, chunk])
    while (this.#isOpen ? this.#close() : this.#open());
  }

  /** Whether a start was found; drops what cannot be one. */
  #open(): boolean {
    const start = this.#held.indexOf(GO_LIST_START)
    this.#isOpen = start >= 0
    this.#drop(this.#isOpen ? start : Math.max(0, this.#held.length - GO_LIST_START.length + 1))
    return this.#isOpen
  }

  /** Whether the open list has ended, or is too long for one. */
  #close(): boolean {
    const end = this.#held.indexOf(GO_LIST_END, GO_LIST_START.length)
    if (end < 0 && this.#held.length <= GO_LIST_LIMIT) return false
    const size = end - GO_LIST_START.length
    const isList = end >= 0 && size <= GO_LIST_LIMIT && this.#total + size <= TOTAL_LIMIT
    if (isList && this.#found.length < LISTS_LIMIT) {
      this.#total += size
      const bytes = Buffer.from(this.#held.subarray(GO_LIST_START.length, end))
      this.#found.push({ by: 'Go', offset: this.#at + GO_LIST_START.length, bytes })
    }
    this.#isOpen = false
    // What was searched is not searched again, so that many starts cost no more than their bytes.
    this.#drop(isList ? end + GO_LIST_END.length : Math.min(GO_LIST_LIMIT, this.#held.length))
    return true
  }

  #drop(length: number): void {
    this.#held = this.#held.subarray(length)
    this.#at += length
  }

  lists(): readonly EmbeddedList[] {
    return this.#found
  }
}
