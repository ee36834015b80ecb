import { type BinaryReader, createUnexpectedByteError } from '../binary/binary-reader.ts'
import { passCoreType } from './core-type-section.ts'
import { readCanonical } from './canonical.ts'
import { type LocatedName, readExternName } from './extern-name-reader.ts'
import { ComponentScope } from './component-scope.ts'
import { ComponentTypes, type Entity, type Shape, type Type } from '../types/shape.ts'
import { ComponentTypeReader, toDeclaredName } from './type-section.ts'
import { readFlag } from './value-types.ts'
import { type DefinitionScan, readCoreModule } from '../core/core-module.ts'
import type { Cursor } from '../binary/cursor.ts'
import { SelfDescription } from '../core/custom-sections.ts'
import type { ComponentExport, ComponentImport, NestedBinary } from '../types/inspection.ts'
import type { FeatureUse } from '../binary/features.ts'
import { listRequiredItems } from './instance-items.ts'
import { NESTING_LIMIT, type Quota } from '../binary/limits.ts'
import { createMalformedError } from '../binary/malformed.ts'
import { expectPreamble } from '../binary/preamble.ts'
import { type BinarySection, Sections } from '../binary/sections.ts'

/** https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#component-definitions */
const NAMES = [
  'custom',
  'core module',
  'core instance',
  'core type',
  'component',
  'instance',
  'alias',
  'type',
  'canonical function',
  'start',
  'import',
  'export',
  'value',
] as const

/** The imports and exports of a component. */
export interface Component {
  readonly imports: readonly ComponentImport[]
  readonly exports: readonly ComponentExport[]
  readonly hasStart: boolean
  readonly types: ComponentTypes
  /** True for a WIT package: it exports only component types. */
  readonly isTypesOnly: boolean
}

/** Shared by all components of one binary while they are read. */
export interface ComponentContext {
  readonly cursor: Cursor
  readonly quota: Quota
  readonly features: FeatureUse
  readonly scan?: DefinitionScan | undefined
  /** Nested binaries at any depth, in binary order. */
  readonly contents: NestedBinary[]
}

/** Reads a root component after its header, and the structure of everything nested in it. */
export async function readComponent(
  context: ComponentContext,
  described: SelfDescription,
): Promise<Component> {
  const reader = new ComponentReader(context, described, new ComponentScope(), 0)
  const shape = await reader.read(new Sections(context.cursor, context.quota, context.features))
  const { imports, exports, hasStart, isTypesOnly } = reader
  return { imports, exports, hasStart, types: new ComponentTypes(shape), isTypesOnly }
}

class ComponentReader {
  readonly imports: ComponentImport[] = []
  readonly exports: ComponentExport[] = []
  hasStart = false
  readonly #context: ComponentContext
  readonly #described: SelfDescription
  readonly #scope: ComponentScope
  readonly #depth: number
  #exportsTypesOnly = true
  #defines = false

  constructor(context: ComponentContext, described: SelfDescription, scope: ComponentScope, depth: number) {
    this.#context = context
    this.#described = described
    this.#scope = scope
    this.#depth = depth
  }

  get isTypesOnly(): boolean {
    return !this.#defines && this.imports.length === 0 && this.exports.length > 0 && this.#exportsTypesOnly
  }

  async read(sections: Sections): Promise<Shape> {
    const start = sections.offset
    for (let section = await sections.next(); section; section = await sections.next()) {
      const name = NAMES[section.id]
      if (name === undefined) throw createMalformedError(`unknown section id ${section.id}`, section.offset)
      if (name === 'custom') await this.#described.read(sections, section)
      else await this.#readSection(sections, section, name)
      await sections.skip(section, `the ${name} section`)
    }
    return this.#scope.shape('component', start)
  }

  async #readSection(
    sections: Sections,
    section: BinarySection,
    name: (typeof NAMES)[number],
  ): Promise<void> {
    switch (name) {
      case 'core module':
        this.#defines = true
        return this.#readModule(section)
      case 'component':
        this.#defines = true
        return this.#readNested(section)
      case 'core type':
        return this.#items(sections, section, name, (reader) => passCoreType(reader, this.#context.quota))
      case 'instance':
        this.#defines = true
        return this.#items(sections, section, name, (reader, types) => this.#readInstance(reader, types))
      case 'alias':
        return this.#items(sections, section, name, (_, types) => types.readAlias(this.#scope))
      case 'type':
        return this.#items(sections, section, name, (_, types) =>
          this.#scope.add({ kind: 'type', type: { definition: types.readType(this.#scope) } }),
        )
      case 'canonical function':
        this.#defines = true
        return this.#items(sections, section, name, (reader) => readCanonical(reader, this.#scope))
      case 'import':
        return this.#items(sections, section, name, (_, types) => this.#readImport(types))
      case 'export':
        return this.#items(sections, section, name, (reader, types) => this.#readExport(reader, types))
      default:
        this.#defines = true
        this.hasStart ||= name === 'start'
        if (name !== 'core instance') sections.features.need('cm-values', section.offset)
    }
  }

  async #items(
    sections: Sections,
    section: BinarySection,
    name: string,
    read: (reader: BinaryReader, types: ComponentTypeReader) => void,
  ): Promise<void> {
    const reader = await sections.load(section, `the ${name} section`)
    const types = new ComponentTypeReader(reader, this.#context.quota)
    for (let left = reader.count(`items of the ${name} section`); left > 0; left--) read(reader, types)
    reader.end(`the ${name} section`)
  }

  async #readModule(section: BinarySection): Promise<void> {
    const { cursor, quota, features, scan, contents } = this.#context
    const described = new SelfDescription(quota, { nested: true })
    quota.spend('nested modules and components', 1, section.offset)
    await expectPreamble(cursor, 'module', section.end)
    const sections = new Sections(cursor, quota, features, section.end)
    const { imports, memories, tables, hasStart } = await readCoreModule(sections, described, quota, scan)
    const place = this.#place(section, described)
    contents.push({ kind: 'module', ...place, hasStart, imports, memories, tables })
  }

  async #readNested(section: BinarySection): Promise<void> {
    const { cursor, quota, features, contents } = this.#context
    quota.spend('nested modules and components', 1, section.offset)
    if (this.#depth >= NESTING_LIMIT)
      throw createMalformedError(`components are nested deeper than ${NESTING_LIMIT}`, section.offset)
    await expectPreamble(cursor, 'component', section.end)
    const described = new SelfDescription(quota, { nested: true })
    const reader = new ComponentReader(
      this.#context,
      described,
      new ComponentScope(this.#scope),
      this.#depth + 1,
    )
    const at = contents.length
    const definition = await reader.read(new Sections(cursor, quota, features, section.end))
    const { imports, hasStart } = reader
    contents.splice(at, 0, { kind: 'component', ...this.#place(section, described), hasStart, imports })
    this.#scope.add({ kind: 'component', type: { definition } })
  }

  #place(
    { start, end }: BinarySection,
    { metadata, producers, customSections }: SelfDescription,
  ): Pick<NestedBinary, 'name' | 'depth' | 'offset' | 'size' | 'customSections' | 'producers'> {
    const { name } = metadata
    const place = { depth: this.#depth + 1, offset: start, size: end - start, customSections, producers }
    return name === undefined ? place : { name, ...place }
  }

  /** Instantiated from a component, or made of named items. */
  #readInstance(reader: BinaryReader, types: ComponentTypeReader): void {
    const offset = reader.offset
    this.#context.quota.spend('instances', 1, offset)
    const form = reader.byte('an instance')
    if (form > 1) throw createUnexpectedByteError(form, '0x00 or 0x01 where an instance begins', offset)
    if (form === 1) {
      const exported = new ComponentScope()
      for (let left = reader.count('exports'); left > 0; left--)
        exported.export(readExternName(reader), this.#readEntity(reader, types))
      this.#scope.add({ kind: 'instance', type: { definition: exported.shape('instance', offset) } })
      return
    }
    const at = reader.offset
    const component = this.#scope.at('component', reader.u32('a component index'), at) as {
      type: Type<Shape>
    }
    const given = new Map<string, Entity>()
    for (let left = reader.count('arguments'); left > 0; left--)
      given.set(reader.name("an argument's name"), this.#readEntity(reader, types))
    this.#scope.add({ kind: 'instance', type: this.#scope.instantiate(component.type, given, offset) })
  }

  #readEntity(reader: BinaryReader, types: ComponentTypeReader): Entity {
    const kind = types.readKind()
    const offset = reader.offset
    return this.#scope.at(kind, reader.u32('an index'), offset)
  }

  #readImport(types: ComponentTypeReader): void {
    const { quota } = this.#context
    const { name, entity } = types.readImport(this.#scope)
    quota.spend('imports', 1, name.offset)
    this.#spendNames(name)
    this.imports.push({
      ...name.extern,
      kind: entity.kind,
      functions:
        entity.kind === 'instance' ? listRequiredItems(entity.type.definition, quota, name.offset) : [],
      offset: name.offset,
    })
  }

  #spendNames({ extern, offset }: LocatedName): void {
    const characters = Object.values(extern).reduce((sum, text) => sum + text.length, 0)
    this.#context.quota.spend('characters of names and types', characters, offset)
  }

  #readExport(reader: BinaryReader, types: ComponentTypeReader): void {
    const name = readExternName(reader)
    this.#context.quota.spend('exports', 1, name.offset)
    this.#spendNames(name)
    let entity = this.#readEntity(reader, types)
    const offset = reader.offset
    if (readFlag(reader, "an export's type")) {
      const type = types.readExternType(this.#scope, toDeclaredName(name, false))
      if (type.kind !== entity.kind)
        throw createMalformedError(`a ${entity.kind} is exported as a ${type.kind}`, offset)
      entity = type
    }
    this.#scope.export(name, entity)
    if (entity.kind !== 'type' || entity.type.definition.kind !== 'component') this.#exportsTypesOnly = false
    this.exports.push({ ...name.extern, kind: entity.kind })
  }
}
