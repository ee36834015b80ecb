import { type BinaryReader, createUnexpectedByteError } from '../binary/binary-reader.ts'
import type { ComponentScope } from './component-scope.ts'
import { measure, PRIMITIVES, type Type, type ValueDefinition, type ValueType } from '../types/shape.ts'
import type { Feature } from '../binary/features.ts'
import { createMalformedError } from '../binary/malformed.ts'

/** Features of types, by their first byte. */
const NEEDS: ReadonlyMap<number, Feature> = new Map<number, Feature>([
  [0x67, 'cm-fixed-length-lists'],
  [0x66, 'cm-async'],
  [0x65, 'cm-async'],
  [0x64, 'cm-error-context'],
  [0x63, 'cm-map'],
])

/** Whether a byte is a primitive value type. */
export const isPrimitive = (byte: number): boolean => PRIMITIVES.has(byte)

const NO_VALUES: ReadonlySet<string> = new Set(['func', 'resource', 'instance', 'component'])

/**
 * Reads the definition of a value type after its first byte, which is at `offset`. Types that it refers to must be defined
 * before.
 * https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#type-definitions
 */
export function readValueDefinition(
  reader: BinaryReader,
  opcode: number,
  scope: ComponentScope,
  offset: number,
): ValueDefinition {
  const make = (
    kind: ValueDefinition['kind'],
    types: ValueDefinition['types'],
    labels: readonly string[] = [],
  ): ValueDefinition => ({ kind, labels, types, ...measure(types, offset) })
  noteType(reader, opcode, offset)
  const primitive = PRIMITIVES.get(opcode)
  if (primitive !== undefined) return make('primitive', [], [primitive])
  switch (opcode) {
    case 0x72: {
      const { labels, types } = readLabelled(reader, 'fields', scope)
      return make('record', types, labels)
    }
    case 0x71: {
      const { labels, types } = readCases(reader, scope)
      return make('variant', types, labels)
    }
    case 0x70:
      return make('list', [readValue(reader, scope)])
    case 0x6b:
      return make('option', [readValue(reader, scope)])
    case 0x6f:
      return make(
        'tuple',
        readEach(reader, 'members', () => readValue(reader, scope)),
      )
    case 0x6e:
      return make(
        'flags',
        [],
        readEach(reader, 'labels', () => reader.name('a label')),
      )
    case 0x6d:
      return make(
        'enum',
        [],
        readEach(reader, 'labels', () => reader.name('a label')),
      )
    case 0x6a:
      return make('result', [readOptional(reader, scope), readOptional(reader, scope)])
    case 0x69:
      return make('own', [readResource(reader, scope)])
    case 0x68:
      return make('borrow', [readResource(reader, scope)])
    case 0x67: {
      const list = make('list', [readValue(reader, scope)])
      return { ...list, length: reader.u32('the length of a list') }
    }
    case 0x66:
      return make('stream', [readOptional(reader, scope)])
    case 0x65:
      return make('future', [readOptional(reader, scope)])
    case 0x63:
      return make('map', [readValue(reader, scope), readValue(reader, scope)])
    default:
      throw createUnexpectedByteError(opcode, 'a type', offset)
  }
}

interface Labelled {
  readonly labels: readonly string[]
  readonly types: readonly (ValueType | undefined)[]
}

/** Names with a value type each: parameters, fields. */
export function readLabelled(
  reader: BinaryReader,
  what: string,
  scope: ComponentScope,
  limit?: number,
): Labelled {
  const labels: string[] = []
  const types: ValueType[] = []
  for (let left = reader.count(what, limit); left > 0; left--) {
    labels.push(reader.name('a label'))
    types.push(readValue(reader, scope))
  }
  return { labels, types }
}

function readCases(reader: BinaryReader, scope: ComponentScope): Labelled {
  const labels: string[] = []
  const types: (ValueType | undefined)[] = []
  for (let left = reader.count('cases'); left > 0; left--) {
    labels.push(reader.name('a label'))
    types.push(readOptional(reader, scope))
    if (reader.byte('the end of a case') !== 0)
      throw createMalformedError('found no 0x00 at the end of a case', reader.offset - 1)
  }
  return { labels, types }
}

function readEach<T>(reader: BinaryReader, what: string, read: () => T): T[] {
  const items: T[] = []
  for (let left = reader.count(what); left > 0; left--) items.push(read())
  return items
}

/** A value type: a primitive, or the index of a defined type. */
export function readValue(reader: BinaryReader, scope: ComponentScope): ValueType {
  const offset = reader.offset
  const first = reader.peek('a value type')
  const primitive = PRIMITIVES.get(first)
  if (primitive !== undefined) {
    reader.byte('a value type')
    noteType(reader, first, offset)
    return primitive
  }
  const index = reader.signed(33, 'a type index')
  if (index < 0n) throw createUnexpectedByteError(first, 'a value type', offset)
  const type = scope.type(Number(index), offset)
  if (NO_VALUES.has(type.definition.kind))
    throw createMalformedError(`type ${index} is a ${type.definition.kind}, expected a value type`, offset)
  return type
}

function readResource(reader: BinaryReader, scope: ComponentScope): Type {
  const offset = reader.offset
  return scope.typeOf('resource', reader.u32('a type index'), offset)
}

function noteType(reader: BinaryReader, first: number, offset: number): void {
  const feature = NEEDS.get(first)
  if (feature !== undefined) reader.features.need(feature, offset)
}

function readOptional(reader: BinaryReader, scope: ComponentScope): ValueType | undefined {
  return readFlag(reader, 'an optional type') ? readValue(reader, scope) : undefined
}

/** 0x00 or 0x01. */
export function readFlag(reader: BinaryReader, what: string): boolean {
  const byte = reader.byte(what)
  if (byte > 1) throw createUnexpectedByteError(byte, `0x00 or 0x01 before ${what}`, reader.offset - 1)
  return byte === 1
}
