import { WasmpackError } from '../../errors.ts'
import { BinaryReader } from '../binary/binary-reader.ts'
import type { CustomSection } from '../types/inspection.ts'
import { METADATA_LIMIT, NAME_LIMIT, PRODUCERS_LIMIT, type Quota } from '../binary/limits.ts'
import { detectObjectFormat, OBJECT_HEADER_LENGTH } from '../binary/object-format.ts'
import type { BinarySection, Sections } from '../binary/sections.ts'

/** Text sections written by wasm-metadata; `wkg publish` turns them into annotations. */
const DESCRIPTIVE: ReadonlySet<string> = new Set([
  'version',
  'description',
  'authors',
  'licenses',
  'source',
  'homepage',
  'revision',
])

/** Sections whose first part has the name of the module or component. */
const NAMES: ReadonlySet<string> = new Set(['name', 'component-name'])
const NAME_PART_LIMIT = NAME_LIMIT + 16

const createRecord = <T>(): Record<string, T> => Object.create(null) as Record<string, T>

/**
 * The list of custom sections and the metadata in them. Metadata decides nothing, and the specification forbids to reject a
 * module for it, so malformed sections are ignored.
 */
export class SelfDescription {
  readonly customSections: CustomSection[] = []
  readonly metadata: Record<string, string> = createRecord()
  readonly producers: Record<string, Record<string, string>> = createRecord()
  /** Features that the toolchain declares as used. */
  declaredFeatures: readonly string[] | undefined
  readonly #quota: Quota
  readonly #isNested: boolean

  /** Of a nested binary only the list of sections, the name and producers are kept. */
  constructor(quota: Quota, { nested }: { readonly nested: boolean }) {
    this.#quota = quota
    this.#isNested = nested
  }

  async read(sections: Sections, section: BinarySection): Promise<void> {
    const name = await sections.customName(section)
    const offset = sections.offset
    const size = section.end - offset
    let objectFormat: CustomSection['objectFormat']
    this.#quota.spend('characters of names and types', name.length, section.offset)
    if (name === 'producers' && size <= PRODUCERS_LIMIT) {
      this.#quota.spend('characters of names and types', size, section.offset)
      const reader = await sections.load(section, 'the producers section')
      await ignoreMalformed(() => readProducers(reader, this.producers))
    } else if (!this.#isNested && DESCRIPTIVE.has(name) && size <= METADATA_LIMIT) {
      const reader = await sections.load(section, `the ${name} section`)
      await ignoreMalformed(() => (this.metadata[name] = reader.text(size, name)))
    } else if (!this.#isNested && name === 'target_features' && size <= METADATA_LIMIT) {
      this.#quota.spend('characters of names and types', size, section.offset)
      const reader = await sections.load(section, `the ${name} section`)
      await ignoreMalformed(() => (this.declaredFeatures = readTargetFeatures(reader)))
    } else if (NAMES.has(name)) {
      await ignoreMalformed(() => this.#readName(sections, section))
      this.#quota.spend('characters of names and types', this.metadata['name']?.length ?? 0, section.offset)
    } else {
      objectFormat = detectObjectFormat(await sections.takeFirst(section, OBJECT_HEADER_LENGTH), size)
    }
    this.customSections.push({ name, size, offset, ...(objectFormat !== undefined && { objectFormat }) })
    await sections.skip(section, `the custom section ${JSON.stringify(name)}`)
  }

  /** Reads only the first part: the names of all functions may be larger than the code. */
  async #readName(sections: Sections, section: BinarySection): Promise<void> {
    if ((await sections.u32('a part of the name section', section.end)) !== 0) return
    const size = await sections.u32('the size of a part', section.end)
    const end = sections.offset + size
    if (size > NAME_PART_LIMIT || end > section.end) return
    const reader = await sections.load({ ...section, end }, 'the name section')
    this.metadata['name'] = reader.name('the name')
  }
}

/** https://github.com/WebAssembly/tool-conventions/blob/main/ProducersSection.md */
function readProducers(reader: BinaryReader, into: Record<string, Record<string, string>>): void {
  const read = createRecord<Record<string, string>>()
  for (let fields = reader.count('fields'); fields > 0; fields--) {
    const tools = (read[reader.name('a field')] ??= createRecord())
    for (let left = reader.count('tools'); left > 0; left--)
      tools[reader.name("a tool's name")] = reader.name("a tool's version")
  }
  reader.end('the producers section')
  for (const [field, tools] of Object.entries(read))
    into[field] = Object.assign(createRecord(), tools, into[field])
}

const USED = 0x2b

/** https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md#target-features-section */
function readTargetFeatures(reader: BinaryReader): string[] {
  const used: string[] = []
  for (let left = reader.count('features'); left > 0; left--) {
    const prefix = reader.byte('a feature')
    const feature = reader.name('a feature')
    if (prefix === USED) used.push(feature)
  }
  reader.end('the target_features section')
  return used
}

async function ignoreMalformed(read: () => unknown): Promise<void> {
  try {
    await read()
  } catch (error) {
    if (!(error instanceof WasmpackError)) throw error
  }
}
