import { WasmpackError } from '../errors.ts'
import { BinaryReader } from './binary-reader.ts'
import type { CustomSection, Producers } from './inspection.ts'
import { METADATA_LIMIT, NAME_LIMIT, PRODUCERS_LIMIT, type Quota } from './limits.ts'
import type { Section, Sections } from './sections.ts'

/** Text sections that wasm-metadata writes; `wkg publish` makes annotations of them. */
const DESCRIPTIVE: ReadonlySet<string> = new Set([
  'version',
  'description',
  'authors',
  'licenses',
  'source',
  'homepage',
  'revision',
])

/** Where a module's and a component's own name is: in the first part of the section. */
const NAMES: ReadonlySet<string> = new Set(['name', 'component-name'])
const NAME_PART_LIMIT = NAME_LIMIT + 16

const record = <T>(): Record<string, T> => Object.create(null) as Record<string, T>

/**
 * What a binary says about itself in custom sections. Such claims decide nothing, and the specification forbids to refuse
 * a module for them: what is not well-formed inside one is passed over.
 */
export class SelfDescription {
  readonly customSections: CustomSection[] = []
  readonly metadata: Record<string, string> = record()
  readonly #quota: Quota
  readonly #own: Record<string, Record<string, string>> = record()
  readonly #nested: Record<string, Record<string, string>> = record()

  constructor(quota: Quota) {
    this.#quota = quota
  }

  /** Of the binary and what it nests; where they differ in a version, the binary's own word holds. */
  get producers(): Producers {
    const all = record<Record<string, string>>()
    for (const fields of [this.#nested, this.#own])
      for (const [field, tools] of Object.entries(fields)) Object.assign((all[field] ??= record()), tools)
    return all
  }

  /** Reads a custom section of the binary, or of something nested in it, which has producers only. */
  async read(sections: Sections, section: Section, nested: boolean): Promise<void> {
    const name = await sections.customName(section)
    const offset = sections.offset
    const size = section.end - offset
    this.#quota.spend('characters of names and types', name.length, section.offset)
    if (!nested) this.customSections.push({ name, size, offset })
    if (name === 'producers' && size <= PRODUCERS_LIMIT) {
      this.#quota.spend('characters of names and types', size, section.offset)
      const reader = await sections.load(section, 'the producers section')
      attempt(() => readProducers(reader, nested ? this.#nested : this.#own))
    } else if (!nested && DESCRIPTIVE.has(name) && size <= METADATA_LIMIT) {
      const reader = await sections.load(section, `the ${name} section`)
      attempt(() => (this.metadata[name] = reader.text(size, name)))
    } else if (!nested && NAMES.has(name)) {
      const part = { ...section, end: offset + Math.min(size, NAME_PART_LIMIT) }
      const start = await sections.load(part, `the ${name} section`)
      attempt(() => this.#readName(start))
    }
    await sections.skip(section, `the custom section ${JSON.stringify(name)}`)
  }

  #readName(reader: BinaryReader): void {
    if (reader.byte('a part of the name section') !== 0) return
    const size = reader.u32('the size of a part')
    const part = new BinaryReader(reader.bytes(size, 'a part of the name section'), reader.offset - size)
    this.metadata['name'] = part.name('the name')
  }
}

/** https://github.com/WebAssembly/tool-conventions/blob/main/ProducersSection.md */
function readProducers(reader: BinaryReader, into: Record<string, Record<string, string>>): void {
  const read = record<Record<string, string>>()
  for (let fields = reader.count('fields'); fields > 0; fields--) {
    const tools = (read[reader.name('a field')] ??= record())
    for (let left = reader.count('tools'); left > 0; left--)
      tools[reader.name("a tool's name")] = reader.name("a tool's version")
  }
  reader.end('the producers section')
  for (const [field, tools] of Object.entries(read)) into[field] = Object.assign(record(), tools, into[field])
}

function attempt(read: () => void): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof WasmpackError)) throw error
  }
}
