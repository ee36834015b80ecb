import { type BinaryReader, createUnexpectedByteError } from '../binary/binary-reader.ts'
import { type LocatedName, readExternName } from './extern-name-reader.ts'
import { passCoreType } from './core-type-section.ts'
import { type DeclaredName, ComponentScope } from './component-scope.ts'
import {
  type Definition,
  type Entity,
  type FunctionDefinition,
  measure,
  type Shape,
  type ValueType,
} from '../types/shape.ts'
import { isPrimitive, readFlag, readLabelled, readValue, readValueDefinition } from './value-types.ts'
import { readValueType } from '../core/core-types.ts'
import type { ComponentKind } from '../types/inspection.ts'
import { NESTING_LIMIT, PARAMETERS_LIMIT, type Quota } from '../binary/limits.ts'
import { createMalformedError } from '../binary/malformed.ts'

const CORE = 0x00
const CORE_TYPE = 0x10
const CORE_MODULE = 0x11

/** By the byte of its sort, which is that of its external type too. */
const KINDS: readonly (ComponentKind | undefined)[] = [
  undefined,
  'func',
  'value',
  'type',
  'component',
  'instance',
]

/**
 * Reads the types, aliases and external types of a component into a scope.
 * https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#type-definitions
 */
export class ComponentTypeReader {
  readonly #reader: BinaryReader
  readonly #quota: Quota

  constructor(reader: BinaryReader, quota: Quota) {
    this.#reader = reader
    this.#quota = quota
  }

  /** A definition in the type section, or a declaration in a type at a depth. */
  readType(scope: ComponentScope, depth = 0): Definition {
    const reader = this.#reader
    const offset = reader.offset
    this.#quota.spend('component types', 1, offset)
    const opcode = reader.byte('a type')
    switch (opcode) {
      case 0x3f:
        if (readValueType(reader) === 'i64') reader.features.need('cm64', offset)
        if (readFlag(reader, "a resource's destructor")) reader.u32('a function index')
        return scope.resource()
      case 0x40:
      case 0x43:
        if (opcode === 0x43) reader.features.need('cm-async', offset)
        return this.#readFunction(scope, opcode === 0x43, offset)
      case 0x41:
        return this.#readShape('component', scope, depth)
      case 0x42:
        return this.#readShape('instance', scope, depth)
      default:
        return readValueDefinition(reader, opcode, scope, offset)
    }
  }

  #readFunction(scope: ComponentScope, isAsync: boolean, offset: number): FunctionDefinition {
    const reader = this.#reader
    const { labels, types } = readLabelled(reader, 'parameters', scope, PARAMETERS_LIMIT)
    let result: ValueType | undefined
    if (!readFlag(reader, 'a result')) result = readValue(reader, scope)
    else if (reader.byte('a result') !== 0)
      throw createMalformedError('found a result where none is expected', offset)
    const all = [...types, result]
    return { kind: 'func', isAsync, labels, types: all, ...measure(all, offset) }
  }

  readAlias(scope: ComponentScope): void {
    const reader = this.#reader
    const offset = reader.offset
    const sort = reader.byte('the kind of an alias')
    const coreSort = sort === CORE ? reader.byte('the kind of an alias') : undefined
    const kind = coreSort === CORE_MODULE ? 'module' : KINDS[sort]
    const target = reader.byte('the target of an alias')
    const at = reader.offset
    switch (target) {
      case 0x00: {
        if (kind === undefined)
          throw createUnexpectedByteError(coreSort ?? sort, 'the kind of an alias', offset)
        const index = reader.u32('an instance index')
        scope.add(scope.exportOf(index, reader.name('the name of an alias'), kind, at))
        return
      }
      case 0x01:
        if (coreSort === undefined || coreSort > 0x04)
          throw createUnexpectedByteError(
            coreSort ?? sort,
            'the kind of an alias into a core instance',
            offset,
          )
        reader.u32('an instance index')
        reader.name('the name of an alias')
        return
      case 0x02: {
        const outer = scope.outer(reader.u32('the depth of an outer alias'), at)
        const index = reader.u32('an index')
        if (coreSort === CORE_TYPE || coreSort === CORE_MODULE) return
        if (kind !== 'type' && kind !== 'component')
          throw createUnexpectedByteError(
            coreSort ?? sort,
            'the kind of an alias that refers outwards',
            offset,
          )
        scope.add(outer.at(kind, index, at))
        return
      }
      default:
        throw createUnexpectedByteError(target, '0x00, 0x01 or 0x02 for the target of an alias', at - 1)
    }
  }

  /** The kind of the index that follows. */
  readKind(): ComponentKind {
    const reader = this.#reader
    const offset = reader.offset
    const sort = reader.byte('a kind')
    if (sort === CORE) {
      const coreSort = reader.byte('a kind')
      if (coreSort !== CORE_MODULE)
        throw createUnexpectedByteError(coreSort, '0x11 for a core module', offset + 1)
      return 'module'
    }
    const kind = KINDS[sort]
    if (kind === undefined)
      throw createUnexpectedByteError(sort, 'a kind of import or export (0 to 5)', offset)
    return kind
  }

  /** The type of an import or export. */
  readExternType(scope: ComponentScope, place: DeclaredName): Entity {
    const reader = this.#reader
    const kind = this.readKind()
    const offset = reader.offset
    switch (kind) {
      case 'module':
        reader.u32('a type index')
        return { kind }
      case 'func':
        return { kind, type: scope.typeOf(kind, reader.u32('a type index'), offset) }
      case 'value':
        reader.features.need('cm-values', offset)
        this.#readValueBound(scope)
        return { kind }
      case 'type':
        if (readFlag(reader, 'a bound')) return { kind, type: { definition: scope.resource(place) } }
        return { kind, type: scope.type(reader.u32('a type index'), offset) }
      case 'component':
        return { kind, type: scope.typeOf(kind, reader.u32('a type index'), offset) }
      case 'instance':
        return { kind, type: scope.instance(scope.typeOf(kind, reader.u32('a type index'), offset), place) }
    }
  }

  /**
   * Tools write only the type of a value, the specification has a byte before it; ambiguous encodings are refused. No runtime
   * supports values yet.
   */
  #readValueBound(scope: ComponentScope): void {
    const reader = this.#reader
    const offset = reader.offset
    const first = reader.peek('the type of a value')
    if (first === 0x01) {
      reader.byte('the type of a value')
      if (!isPrimitive(reader.peek('the type of a value')))
        throw createMalformedError('found an ambiguous encoding of a value type', offset)
    } else if (first === 0x00)
      throw createMalformedError('found an ambiguous encoding of a value type', offset)
    readValue(reader, scope)
  }

  #readShape(kind: Shape['kind'], parent: ComponentScope, depth: number): Shape {
    const reader = this.#reader
    const start = reader.offset
    if (depth >= NESTING_LIMIT)
      throw createMalformedError(`types are nested deeper than ${NESTING_LIMIT}`, start)
    const scope = new ComponentScope(parent)
    for (let left = reader.count('declarations'); left > 0; left--) {
      const offset = reader.offset
      const declaration = reader.byte('a declaration')
      if (declaration === 0x00) passCoreType(reader, this.#quota)
      else if (declaration === 0x01)
        scope.add({ kind: 'type', type: { definition: this.readType(scope, depth + 1) } })
      else if (declaration === 0x02) this.readAlias(scope)
      else if (declaration === 0x03 && kind === 'component') this.readImport(scope)
      else if (declaration === 0x04) {
        const name = readExternName(reader)
        scope.export(name, this.readExternType(scope, toDeclaredName(name, false)))
      } else throw createUnexpectedByteError(declaration, `a declaration in the type of a ${kind}`, offset)
    }
    return scope.shape(kind, start)
  }

  /** Reads an import and adds it to the scope. */
  readImport(scope: ComponentScope): { readonly name: LocatedName; readonly entity: Entity } {
    const name = readExternName(this.#reader)
    const entity = this.readExternType(scope, toDeclaredName(name, true))
    scope.import(name, entity)
    return { name, entity }
  }
}

/** The declaration of an import or export by its name. */
export const toDeclaredName = (
  { extern: { name }, offset }: LocatedName,
  isImported: boolean,
): DeclaredName => ({
  name,
  isImported,
  offset,
})
