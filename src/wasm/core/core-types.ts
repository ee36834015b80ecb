import { BinaryReader, createUnexpectedByteError } from '../binary/binary-reader.ts'
import type { Feature } from '../binary/features.ts'
import { PARAMETERS_LIMIT, type Quota } from '../binary/limits.ts'
import { createMalformedError } from '../binary/malformed.ts'

const NUMBER_TYPES: ReadonlyMap<number, string> = new Map([
  [0x7f, 'i32'],
  [0x7e, 'i64'],
  [0x7d, 'f32'],
  [0x7c, 'f64'],
  [0x7b, 'v128'],
])

type HeapType = readonly [name: string, abbreviation: string, feature?: Feature]

/** Abstract heap types: in `(ref ..)`, and the abbreviation of `(ref null ..)`. */
const HEAP_TYPES: ReadonlyMap<number, HeapType> = new Map<number, HeapType>([
  [0x75, ['nocont', 'nullcontref', 'stack-switching']],
  [0x74, ['noexn', 'nullexnref', 'exceptions']],
  [0x73, ['nofunc', 'nullfuncref', 'gc']],
  [0x72, ['noextern', 'nullexternref', 'gc']],
  [0x71, ['none', 'nullref', 'gc']],
  [0x70, ['func', 'funcref']],
  [0x6f, ['extern', 'externref']],
  [0x6e, ['any', 'anyref', 'gc']],
  [0x6d, ['eq', 'eqref', 'gc']],
  [0x6c, ['i31', 'i31ref', 'gc']],
  [0x6b, ['struct', 'structref', 'gc']],
  [0x6a, ['array', 'arrayref', 'gc']],
  [0x69, ['exn', 'exnref', 'exceptions']],
  [0x68, ['cont', 'contref', 'stack-switching']],
])

/** Heap types whose nullable references came before the nonnullable ones. */
const OLDEST_HEAP_TYPES: ReadonlySet<string> = new Set(['func', 'extern', '(shared func)', '(shared extern)'])

const SHARED = 0x65
const REF = 0x64
const REF_NULL = 0x63
const EXACT = 0x62
const FUNC = 0x60
const STRUCT = 0x5f
const ARRAY = 0x5e
const CONT = 0x5d
const SUB = 0x50
const SUB_FINAL = 0x4f
const REC = 0x4e
const DESCRIPTOR = 0x4d
const DESCRIBES = 0x4c
const I8 = 0x78
const I16 = 0x77

/** Reads a value type; gives its spelling in the text format, the same for every encoding of one type. */
export function readValueType(reader: BinaryReader): string {
  const number = NUMBER_TYPES.get(reader.peek('a value type'))
  if (number === undefined) return readReferenceType(reader)
  if (number === 'v128') reader.features.need('simd', reader.offset)
  reader.byte('a value type')
  return number
}

/** Reads a reference type as {@link readValueType} does. */
export function readReferenceType(reader: BinaryReader): string {
  const { features, offset } = reader
  const type = readTableType(reader)
  features.need('reference-types', offset)
  return type
}

/** Reads the reference type of a table's elements, which has always been allowed to be funcref. */
export function readTableType(reader: BinaryReader): string {
  const { features, offset } = reader
  const first = reader.peek('a reference type')
  const isSpelledOut = first === REF || first === REF_NULL
  if (isSpelledOut) reader.byte('a reference type')
  else if (first !== SHARED && !HEAP_TYPES.has(first))
    throw createUnexpectedByteError(first, 'a value type', offset)
  const type = readReferenced(reader, first !== REF)
  if (type !== 'funcref') features.need('reference-types', offset)
  return type
}

/** Reads the heap type of a reference; returns the spelling of the reference type. */
export function readReferenced(reader: BinaryReader, isNullable: boolean): string {
  const { features, offset } = reader
  const { name, nullable } = readHeapType(reader)
  if (isNullable) return nullable
  if (OLDEST_HEAP_TYPES.has(name)) features.need('function-references', offset)
  return `(ref ${name})`
}

/** Reads a heap type; `nullable` is the spelling of its nullable reference. */
export function readHeapType(reader: BinaryReader): { readonly name: string; readonly nullable: string } {
  const { features, offset } = reader
  const first = reader.peek('a heap type')
  const abstract = HEAP_TYPES.get(first)
  if (abstract) {
    reader.byte('a heap type')
    const [name, nullable, feature] = abstract
    if (feature !== undefined) features.need(feature, offset)
    return { name, nullable }
  }
  let name: string
  if (first === SHARED) {
    reader.byte('a heap type')
    const shared = reader.byte('a heap type')
    const heap = HEAP_TYPES.get(shared)
    if (!heap) throw createUnexpectedByteError(shared, 'a heap type that can be shared', offset + 1)
    features.need('shared-everything-threads', offset)
    if (heap[2] !== undefined) features.need(heap[2], offset)
    name = `(shared ${heap[0]})`
  } else if (first === EXACT) {
    features.need('custom-descriptors', offset)
    reader.byte('a heap type')
    name = `(exact ${checkTypeIndex(reader, reader.u32('a type index'), offset)})`
  } else {
    const index = reader.signed(33, 'a type index')
    if (index < 0n) throw createUnexpectedByteError(first, 'a heap type', offset)
    features.needTypeIndex(offset)
    name = checkTypeIndex(reader, Number(index), offset).toString()
  }
  return { name, nullable: `(ref null ${name})` }
}

function checkTypeIndex(reader: BinaryReader, index: number, offset: number): number {
  if (index < reader.typeCount) return index
  throw createMalformedError(`type ${index} does not exist: there are ${reader.typeCount}`, offset)
}

/**
 * Reads a type definition or a recursive group. Returns for each type the offset of a function's parameters, or undefined if
 * it is not a function. `index` is that of the first type, if known.
 * https://webassembly.github.io/spec/core/binary/types.html#recursive-types
 */
export function readTypes(
  reader: BinaryReader,
  quota: Quota,
  index?: number,
): readonly (number | undefined)[] {
  const offset = reader.offset
  if (reader.peek('a type') !== REC) {
    quota.spend('types', 1, offset)
    if (index !== undefined) reader.typeCount = index + 1
    return [readSubtype(reader, index)]
  }
  reader.features.need('gc', offset)
  reader.byte('a type')
  const count = reader.count('types in a group')
  quota.spend('types', count, offset)
  if (index !== undefined) reader.typeCount = index + count
  return Array.from({ length: count }, () => readSubtype(reader))
}

/** A type that refers to its own `index` needs gc like a recursive group. */
function readSubtype(reader: BinaryReader, index?: number): number | undefined {
  const { features, offset: start } = reader
  let opcode = reader.byte('a type')
  if (opcode === SUB || opcode === SUB_FINAL) {
    const supertypes = reader.count('supertypes')
    if (supertypes > 1)
      throw createMalformedError(`a type with ${supertypes} supertypes, at most 1 is allowed`, start)
    if (opcode === SUB || supertypes > 0) features.need('gc', start)
    if (supertypes > 0) passTypeIndex(reader)
    opcode = reader.byte('a type')
  }
  if (opcode === SHARED) {
    features.need('shared-everything-threads', start)
    opcode = reader.byte('a type')
  }
  let isDescribed = false
  for (const prefix of [DESCRIBES, DESCRIPTOR])
    if (opcode === prefix) {
      features.need('custom-descriptors', start)
      passTypeIndex(reader)
      opcode = reader.byte('a type')
      isDescribed = true
    }
  const offset = reader.offset
  if (isDescribed && opcode !== STRUCT)
    throw createMalformedError('found a descriptor of a type other than a struct', start)
  switch (opcode) {
    case FUNC:
      passValueTypes(reader, 'parameters', index)
      if (passValueTypes(reader, 'results', index) > 1) features.need('multi-value', start)
      return offset
    case STRUCT:
      features.need('gc', start)
      for (let left = reader.count('fields'); left > 0; left--) passField(reader)
      return undefined
    case ARRAY:
      features.need('gc', start)
      passField(reader)
      return undefined
    case CONT: {
      features.need('stack-switching', start)
      const target = reader.signed(33, 'a type index')
      if (target < 0n) throw createMalformedError('expected a type index', offset)
      checkTypeIndex(reader, Number(target), offset)
      return undefined
    }
    default:
      throw createUnexpectedByteError(opcode, 'a type', offset - 1)
  }
}

function passTypeIndex(reader: BinaryReader): void {
  const { offset } = reader
  checkTypeIndex(reader, reader.u32('a type index'), offset)
}

/** Returns their number. */
function passValueTypes(reader: BinaryReader, what: string, index: number | undefined): number {
  const count = reader.count(what, PARAMETERS_LIMIT)
  for (let left = count; left > 0; left--) {
    const { features, offset } = reader
    if (readValueType(reader).endsWith(` ${index})`)) features.need('gc', offset)
  }
  return count
}

function passField(reader: BinaryReader): void {
  const storage = reader.peek('a field')
  if (storage === I8 || storage === I16) reader.byte('a field')
  else readValueType(reader)
  const offset = reader.offset
  const mutability = reader.byte("a field's mutability")
  if (mutability > 1)
    throw createUnexpectedByteError(mutability, '0x00 or 0x01 for whether a field is mutable', offset)
}

/** The types of a module. Signatures are decoded on demand, since most are never needed. */
export class CoreTypes {
  static readonly NONE: CoreTypes = new CoreTypes(new Uint8Array(), 0, [])

  readonly #bytes: Uint8Array
  readonly #start: number
  readonly #functions: readonly (number | undefined)[]
  readonly #signatures = new Map<number, string>()

  private constructor(bytes: Uint8Array, start: number, functions: readonly (number | undefined)[]) {
    this.#bytes = bytes
    this.#start = start
    this.#functions = functions
  }

  /** Reads a type section. */
  static read(reader: BinaryReader, quota: Quota): CoreTypes {
    const start = reader.offset
    const bytes = new Uint8Array(reader.bytes(reader.left, 'the type section'))
    const own = new BinaryReader(bytes, start, reader.features)
    const functions: (number | undefined)[] = []
    for (let left = own.count('types'); left > 0; left--)
      for (const offset of readTypes(own, quota, functions.length)) functions.push(offset)
    own.end('the type section')
    return new CoreTypes(bytes, start, functions)
  }

  /** The number of types, functions or not. */
  get count(): number {
    return this.#functions.length
  }

  /** `(i32, i32) -> (i32)`; `offset` is that of the index. Throws if it is not a function type. */
  signature(index: number, offset: number): string {
    const known = this.#signatures.get(index)
    if (known !== undefined) return known
    const at = this.#functions[index]
    if (at === undefined) throw createMalformedError(`type ${index} is not a function type`, offset)
    const reader = new BinaryReader(this.#bytes.subarray(at - this.#start), at)
    const list = (what: string): string =>
      `(${Array.from({ length: reader.count(what) }, () => readValueType(reader)).join(', ')})`
    const signature = `${list('parameters')} -> ${list('results')}`
    this.#signatures.set(index, signature)
    return signature
  }
}
