import type { BinaryReader } from '../binary/binary-reader.ts'
import { passConstantExpression } from './constant-expression.ts'
import { describeEntity, readKind, readMemory, readTable, readTag } from './core-entities.ts'
import { readImports } from './core-imports.ts'
import { CoreTypes } from './core-types.ts'
import type { FeatureUse } from '../binary/features.ts'
import type { CoreExport, CoreImport, CoreKind, Limits } from '../types/inspection.ts'
import type { SelfDescription } from './custom-sections.ts'
import type { Quota } from '../binary/limits.ts'
import { createMalformedError, quoteShort } from '../binary/malformed.ts'
import type { BinarySection, Sections } from '../binary/sections.ts'

interface SectionKind {
  readonly name: string
  /** Sections other than custom ones stand in this order, each once at most. */
  readonly rank: number
}

/** https://webassembly.github.io/spec/core/binary/modules.html#binary-module */
const KINDS: readonly (SectionKind | undefined)[] = [
  undefined,
  { name: 'type', rank: 1 },
  { name: 'import', rank: 2 },
  { name: 'function', rank: 3 },
  { name: 'table', rank: 4 },
  { name: 'memory', rank: 5 },
  { name: 'global', rank: 7 },
  { name: 'export', rank: 8 },
  { name: 'start', rank: 9 },
  { name: 'element', rank: 10 },
  { name: 'code', rank: 12 },
  { name: 'data', rank: 13 },
  { name: 'data count', rank: 11 },
  { name: 'tag', rank: 6 },
]

const CUSTOM = 0

/** The imports and exports of a core module. */
export interface CoreModule {
  readonly imports: readonly CoreImport[]
  readonly exports: readonly CoreExport[]
  readonly memories: readonly Limits[]
  readonly tables: readonly Limits[]
  readonly hasStart: boolean
}

/** Counts that reading function bodies depends on. */
export interface Bodies {
  readonly count: number
  readonly typeCount: number
  /** Whether there is a data count section. */
  readonly hasDataCount: boolean
}

/** Reads the parts that the module reader skips. Its features are separate from those of the inspection. */
export interface DefinitionScan {
  readonly features: FeatureUse
  scanFunctions(reader: BinaryReader, count: number): void
  /** Returns the indices of mutable globals. */
  scanGlobals(reader: BinaryReader, count: number, importedGlobals: number): ReadonlySet<number>
  scanElements(reader: BinaryReader, count: number, importedGlobals: number): void
  scanCode(sections: Sections, section: BinarySection, bodies: Bodies): Promise<void>
  scanData(sections: Sections, section: BinarySection, count: number, importedGlobals: number): Promise<void>
}

/**
 * Reads a core module after its preamble. Without a scan, code, data and elements are skipped, and only the number of
 * functions and globals is read.
 */
export async function readCoreModule(
  sections: Sections,
  described: SelfDescription,
  quota: Quota,
  scan?: DefinitionScan,
): Promise<CoreModule> {
  const module = new CoreModuleReader(sections, quota, scan)
  let rank = 0
  for (let section = await sections.next(); section; section = await sections.next()) {
    if (section.id === CUSTOM) {
      await described.read(sections, section)
      continue
    }
    const kind = KINDS[section.id]
    if (!kind) throw createMalformedError(`unknown section id ${section.id}`, section.offset)
    if (kind.rank === rank) throw createMalformedError(`duplicate ${kind.name} section`, section.offset)
    if (kind.rank < rank) {
      const later = KINDS.find((other) => other?.rank === rank)!
      throw createMalformedError(
        `found the ${kind.name} section after the ${later.name} section`,
        section.offset,
      )
    }
    rank = kind.rank
    await module.read(section, kind.name)
    await sections.skip(section, `the ${kind.name} section`)
  }
  return module.end()
}

class CoreModuleReader implements CoreModule {
  readonly imports: CoreImport[] = []
  readonly exports: CoreExport[] = []
  readonly memories: Limits[] = []
  readonly tables: Limits[] = []
  hasStart = false

  readonly #sections: Sections
  readonly #quota: Quota
  readonly #scan: DefinitionScan | undefined
  #types = CoreTypes.NONE
  readonly #counts: Record<CoreKind, number> = { func: 0, table: 0, memory: 0, global: 0, tag: 0 }
  #functions = 0
  #bodies = 0
  #dataCount: number | undefined
  #segments = 0
  #importedGlobals = 0
  #mutableGlobals: ReadonlySet<number> = new Set()

  constructor(sections: Sections, quota: Quota, scan?: DefinitionScan) {
    this.#sections = sections
    this.#quota = quota
    this.#scan = scan
  }

  async read(section: BinarySection, name: string): Promise<void> {
    switch (name) {
      case 'type':
        return this.#load(section, name, (reader) => (this.#types = CoreTypes.read(reader, this.#quota)))
      case 'import':
        return this.#load(section, name, (reader) => this.#readImports(reader))
      case 'table':
        return this.#load(section, name, (reader) => this.#readTables(reader))
      case 'memory':
        return this.#load(section, name, (reader) => this.#readMemories(reader))
      case 'tag':
        this.#sections.features.need('exceptions', section.offset)
        return this.#load(section, name, (reader) => this.#readTags(reader))
      case 'export':
        return this.#load(section, name, (reader) => this.#readExports(reader))
      case 'start':
        return this.#load(section, name, (reader) => this.#readStart(reader))
      case 'data count':
        this.#sections.features.need('bulk-memory', section.offset)
        return this.#load(section, name, (reader) => (this.#dataCount = reader.u32('the number of segments')))
      case 'function':
        this.#functions = await this.#count(section, 'functions')
        this.#counts.func += this.#functions
        return this.#scanned(section, name, (scan, reader) => scan.scanFunctions(reader, this.#functions))
      case 'global': {
        const count = await this.#count(section, 'globals')
        this.#counts.global += count
        return this.#scanned(section, name, (scan, reader) => {
          this.#mutableGlobals = scan.scanGlobals(reader, count, this.#importedGlobals)
        })
      }
      case 'element': {
        if (!this.#scan) return
        const count = await this.#count(section, 'element segments')
        return this.#scanned(section, name, (scan, reader) =>
          scan.scanElements(reader, count, this.#importedGlobals),
        )
      }
      case 'code':
        this.#bodies = await this.#count(section, 'function bodies')
        this.#agree(this.#functions, 'functions', this.#bodies, 'function bodies', section.offset)
        return this.#scan?.scanCode(this.#sections, section, {
          count: this.#bodies,
          typeCount: this.#types.count,
          hasDataCount: this.#dataCount !== undefined,
        })
      case 'data':
        this.#segments = await this.#count(section, 'data segments')
        return this.#scan?.scanData(this.#sections, section, this.#segments, this.#importedGlobals)
    }
  }

  end(): CoreModule {
    const { offset } = this.#sections
    this.#agree(this.#functions, 'functions', this.#bodies, 'function bodies', offset)
    if (this.#dataCount !== undefined)
      this.#agree(this.#dataCount, 'declared data segments', this.#segments, 'data segments', offset)
    const { imports, exports, memories, tables, hasStart } = this
    return { imports, exports, memories, tables, hasStart }
  }

  async #load(section: BinarySection, name: string, read: (reader: BinaryReader) => unknown): Promise<void> {
    const reader = await this.#sections.load(section, `the ${name} section`)
    reader.typeCount = this.#types.count
    read(reader)
    reader.end(`the ${name} section`)
  }

  /** Scans the items of a section after their number. */
  async #scanned(
    section: BinarySection,
    name: string,
    read: (scan: DefinitionScan, reader: BinaryReader) => void,
  ): Promise<void> {
    if (!this.#scan) return
    const reader = await this.#sections.load(section, `the ${name} section`, this.#scan.features)
    reader.typeCount = this.#types.count
    read(this.#scan, reader)
    reader.end(`the ${name} section`)
  }

  /** The number of items at the start of a section; each item takes at least one byte. */
  async #count(section: BinarySection, what: string): Promise<number> {
    const count = await this.#sections.u32(`the number of ${what}`, section.end)
    const left = section.end - this.#sections.offset
    if (count > left)
      throw createMalformedError(
        `${count} ${what} are declared, but only ${left} bytes follow`,
        section.start,
      )
    return count
  }

  #agree(count: number, what: string, other: number, otherWhat: string, offset: number): void {
    if (count !== other) throw createMalformedError(`${count} ${what}, but ${other} ${otherWhat}`, offset)
  }

  #readImports(reader: BinaryReader): void {
    for (const { listed, entity } of readImports(reader, this.#types, this.#quota)) {
      this.imports.push(listed)
      this.#counts[entity.kind]++
      if (entity.kind === 'memory') this.memories.push({ ...entity.limits, imported: true })
      if (entity.kind === 'table') this.tables.push({ ...entity.limits, imported: true })
    }
    this.#importedGlobals = this.#counts.global
    this.#quota.spend('memories', this.memories.length, reader.offset)
    this.#quota.spend('tables', this.tables.length, reader.offset)
    this.#noteSeveral(reader.offset)
  }

  #readTables(reader: BinaryReader): void {
    const count = reader.count('tables')
    this.#quota.spend('tables', count, reader.offset)
    for (let left = count; left > 0; left--) {
      const offset = reader.offset
      const initialised = reader.peek('a table') === 0x40
      if (initialised && (reader.byte('a table'), reader.byte('a table')) !== 0)
        throw createMalformedError('found no 0x00 where a table with an initial value begins', offset + 1)
      const { limits, isNullable } = readTable(reader)
      if (!initialised && !isNullable)
        throw createMalformedError('a table whose elements must not be null has no initial value', offset)
      if (initialised) {
        reader.features.need('function-references', offset)
        passConstantExpression(reader, this.#counts.global)
      }
      this.tables.push({ ...limits, imported: false })
    }
    this.#counts.table += count
    this.#noteSeveral(reader.offset)
  }

  #readMemories(reader: BinaryReader): void {
    const count = reader.count('memories')
    this.#quota.spend('memories', count, reader.offset)
    for (let left = count; left > 0; left--)
      this.memories.push({ ...readMemory(reader).limits, imported: false })
    this.#counts.memory += count
    this.#noteSeveral(reader.offset)
  }

  /** The first version of WebAssembly allowed one memory and one table. */
  #noteSeveral(offset: number): void {
    if (this.memories.length > 1) this.#sections.features.need('multi-memory', offset)
    if (this.tables.length > 1) this.#sections.features.need('reference-types', offset)
  }

  #readTags(reader: BinaryReader): void {
    const count = reader.count('tags')
    for (let left = count; left > 0; left--) describeEntity(readTag(reader), this.#types, reader.features)
    this.#counts.tag += count
  }

  #readExports(reader: BinaryReader): void {
    const names = new Set<string>()
    const count = reader.count('exports')
    this.#quota.spend('exports', count, reader.offset)
    for (let left = count; left > 0; left--) {
      const offset = reader.offset
      const name = reader.name("an export's name")
      if (names.has(name))
        throw createMalformedError(`the name ${quoteShort(name)} is exported twice`, offset)
      names.add(name)
      const kind = readKind(reader)
      const at = reader.offset
      const index = reader.u32('an index')
      this.#inRange(kind, index, at)
      if (kind === 'global' && this.#mutableGlobals.has(index))
        this.#scan?.features.need('mutable-global', at)
      this.exports.push({ name, kind })
    }
  }

  #readStart(reader: BinaryReader): void {
    const at = reader.offset
    this.#inRange('func', reader.u32('the index of the start function'), at)
    this.hasStart = true
  }

  #inRange(kind: CoreKind, index: number, offset: number): void {
    const count = this.#counts[kind]
    if (index >= count)
      throw createMalformedError(`${kind} ${index} does not exist: there are ${count}`, offset)
  }
}
