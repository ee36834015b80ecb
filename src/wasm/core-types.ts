import { BinaryReader, unexpected } from './binary-reader.ts'
import { PARAMETERS_LIMIT, type Quota } from './limits.ts'
import { malformed } from './malformed.ts'

const NUMBER_TYPES: ReadonlyMap<number, string> = new Map([
  [0x7f, 'i32'],
  [0x7e, 'i64'],
  [0x7d, 'f32'],
  [0x7c, 'f64'],
  [0x7b, 'v128'],
])

/** Abstract heap types: in `(ref ..)`, and the abbreviation of `(ref null ..)`. */
const HEAP_TYPES: ReadonlyMap<number, readonly [name: string, abbreviation: string]> = new Map([
  [0x75, ['nocont', 'nullcontref']],
  [0x74, ['noexn', 'nullexnref']],
  [0x73, ['nofunc', 'nullfuncref']],
  [0x72, ['noextern', 'nullexternref']],
  [0x71, ['none', 'nullref']],
  [0x70, ['func', 'funcref']],
  [0x6f, ['extern', 'externref']],
  [0x6e, ['any', 'anyref']],
  [0x6d, ['eq', 'eqref']],
  [0x6c, ['i31', 'i31ref']],
  [0x6b, ['struct', 'structref']],
  [0x6a, ['array', 'arrayref']],
  [0x69, ['exn', 'exnref']],
  [0x68, ['cont', 'contref']],
])

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
  reader.byte('a value type')
  return number
}

/** Reads a reference type as {@link readValueType} does. */
export function readReferenceType(reader: BinaryReader): string {
  const offset = reader.offset
  const first = reader.peek('a reference type')
  if (first === REF || first === REF_NULL) {
    reader.byte('a reference type')
    const heap = readHeapType(reader)
    return first === REF ? `(ref ${heap.name})` : heap.nullable
  }
  if (first !== SHARED && !HEAP_TYPES.has(first)) throw unexpected(first, 'a value type', offset)
  return readHeapType(reader).nullable
}

/** Reads a heap type; `nullable` is the reference to it that may be null. */
export function readHeapType(reader: BinaryReader): { readonly name: string; readonly nullable: string } {
  const offset = reader.offset
  const first = reader.peek('a heap type')
  const abstract = HEAP_TYPES.get(first)
  if (abstract) {
    reader.byte('a heap type')
    return { name: abstract[0], nullable: abstract[1] }
  }
  let name: string
  if (first === SHARED) {
    reader.byte('a heap type')
    const shared = reader.byte('a heap type')
    const heap = HEAP_TYPES.get(shared)
    if (!heap) throw unexpected(shared, 'a heap type that can be shared', offset + 1)
    name = `(shared ${heap[0]})`
  } else if (first === EXACT) {
    reader.byte('a heap type')
    name = `(exact ${reader.u32('a type index')})`
  } else {
    const index = reader.signed(33, 'a type index')
    if (index < 0n) throw unexpected(first, 'a heap type', offset)
    name = index.toString()
  }
  return { name, nullable: `(ref null ${name})` }
}

/**
 * Reads a type definition or a group of recursive ones. For each type it gives the offset at which a function's parameters
 * begin, or undefined for what is no function.
 * https://webassembly.github.io/spec/core/binary/types.html#recursive-types
 */
export function readTypes(reader: BinaryReader, quota: Quota): readonly (number | undefined)[] {
  const offset = reader.offset
  if (reader.peek('a type') !== REC) {
    quota.spend('types', 1, offset)
    return [readSubtype(reader)]
  }
  reader.byte('a type')
  const count = reader.count('types in a group')
  quota.spend('types', count, offset)
  return Array.from({ length: count }, () => readSubtype(reader))
}

function readSubtype(reader: BinaryReader): number | undefined {
  let opcode = reader.byte('a type')
  if (opcode === SUB || opcode === SUB_FINAL) {
    for (let left = reader.count('supertypes'); left > 0; left--) reader.u32('a type index')
    opcode = reader.byte('a type')
  }
  if (opcode === SHARED) opcode = reader.byte('a type')
  for (const prefix of [DESCRIBES, DESCRIPTOR])
    if (opcode === prefix) {
      reader.u32('a type index')
      opcode = reader.byte('a type')
    }
  const offset = reader.offset
  switch (opcode) {
    case FUNC:
      passValueTypes(reader, 'parameters')
      passValueTypes(reader, 'results')
      return offset
    case STRUCT:
      for (let left = reader.count('fields'); left > 0; left--) passField(reader)
      return undefined
    case ARRAY:
      passField(reader)
      return undefined
    case CONT:
      if (reader.signed(33, 'a type index') < 0n) throw malformed('expected a type index', offset)
      return undefined
    default:
      throw unexpected(opcode, 'a type', offset - 1)
  }
}

function passValueTypes(reader: BinaryReader, what: string): void {
  for (let left = reader.count(what, PARAMETERS_LIMIT); left > 0; left--) readValueType(reader)
}

function passField(reader: BinaryReader): void {
  const storage = reader.peek('a field')
  if (storage === I8 || storage === I16) reader.byte('a field')
  else readValueType(reader)
  const offset = reader.offset
  const mutability = reader.byte("a field's mutability")
  if (mutability > 1) throw unexpected(mutability, '0x00 or 0x01 for whether a field is mutable', offset)
}

/** A module's types. Signatures are spelled out on demand: of most types nobody ever asks. */
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
    const own = new BinaryReader(bytes, start)
    const functions: (number | undefined)[] = []
    for (let left = own.count('types'); left > 0; left--)
      for (const offset of readTypes(own, quota)) functions.push(offset)
    own.end('the type section')
    return new CoreTypes(bytes, start, functions)
  }

  /** `(i32, i32) -> (i32)`; `offset` is where the index stands. Throws for what is no function type. */
  signature(index: number, offset: number): string {
    const known = this.#signatures.get(index)
    if (known !== undefined) return known
    const at = this.#functions[index]
    if (at === undefined)
      throw malformed(`type ${index} is meant to be a function type, but there is none`, offset)
    const reader = new BinaryReader(this.#bytes.subarray(at - this.#start), at)
    const list = (what: string): string =>
      `(${Array.from({ length: reader.count(what) }, () => readValueType(reader)).join(', ')})`
    const signature = `${list('parameters')} -> ${list('results')}`
    this.#signatures.set(index, signature)
    return signature
  }
}
