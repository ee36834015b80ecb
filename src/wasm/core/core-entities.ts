import { type BinaryReader, createUnexpectedByteError } from '../binary/binary-reader.ts'
import { type CoreTypes, readTableType, readValueType } from './core-types.ts'
import type { FeatureUse } from '../binary/features.ts'
import type { CoreKind, Limits } from '../types/inspection.ts'
import { createMalformedError } from '../binary/malformed.ts'

/** The declared type of an import: the type index of a function or tag, the spelled type of other kinds. */
export type CoreEntity =
  | { readonly kind: 'func' | 'tag'; readonly type: number; readonly offset: number }
  | { readonly kind: 'table' | 'memory'; readonly limits: Omit<Limits, 'imported'>; readonly text: string }
  | { readonly kind: 'global'; readonly text: string }

const PAGE_BITS = 16
const EXACT_FUNC = 0x20
const U32_BYTES = 5

const KINDS: ReadonlyMap<number, CoreKind> = new Map([
  [0x00, 'func'],
  [0x01, 'table'],
  [0x02, 'memory'],
  [0x03, 'global'],
  [0x04, 'tag'],
])

export function readKind(reader: BinaryReader): CoreKind {
  const offset = reader.offset
  const byte = reader.byte('a kind of import or export')
  const kind = KINDS.get(byte)
  if (kind === undefined)
    throw createUnexpectedByteError(byte, 'a function, table, memory, global or tag (0 to 4)', offset)
  return kind
}

/** https://webassembly.github.io/spec/core/binary/types.html#external-types */
export function readEntity(reader: BinaryReader): CoreEntity {
  if (reader.peek('a kind of import') === EXACT_FUNC) {
    reader.features.need('custom-descriptors', reader.offset)
    reader.byte('a kind of import')
    return { kind: 'func', offset: reader.offset, type: reader.u32('a type index') }
  }
  const kind = readKind(reader)
  switch (kind) {
    case 'func':
      return { kind, offset: reader.offset, type: reader.u32('a type index') }
    case 'tag':
      return readTag(reader)
    case 'table':
      return { kind, ...readTable(reader) }
    case 'memory':
      return { kind, ...readMemory(reader) }
    case 'global': {
      const { offset } = reader
      const { text, mutable } = readGlobal(reader)
      if (mutable) reader.features.need('mutable-global', offset)
      return { kind, text }
    }
  }
}

/** The type as in {@link CoreImport}. */
export function describeEntity(entity: CoreEntity, types: CoreTypes, features: FeatureUse): string {
  switch (entity.kind) {
    case 'func':
      return types.signature(entity.type, entity.offset)
    case 'tag': {
      const signature = types.signature(entity.type, entity.offset)
      if (!signature.endsWith('-> ()')) features.need('stack-switching', entity.offset)
      return `tag ${signature}`
    }
    default:
      return entity.text
  }
}

export function readTag(reader: BinaryReader): CoreEntity & { readonly kind: 'tag' } {
  reader.features.need('exceptions', reader.offset)
  const attribute = reader.byte("a tag's attribute")
  if (attribute !== 0)
    throw createUnexpectedByteError(attribute, '0x00 before the type of a tag', reader.offset - 1)
  return { kind: 'tag', offset: reader.offset, type: reader.u32('a type index') }
}

export function readGlobal(reader: BinaryReader): { readonly text: string; readonly mutable: boolean } {
  const type = readValueType(reader)
  const flags = reader.byte("a global's flags")
  if (flags > 0b11)
    throw createUnexpectedByteError(flags, '0x00 to 0x03 for whether a global is mutable', reader.offset - 1)
  const [shared, mutable] = [(flags & 0b10) !== 0, (flags & 0b01) !== 0]
  if (shared) reader.features.need('shared-everything-threads', reader.offset - 1)
  return { text: `${shared ? 'shared ' : ''}${mutable ? 'mut ' : ''}${type}`, mutable }
}

interface ParsedLimits {
  readonly limits: Omit<Limits, 'imported'>
  readonly text: string
}

export function readTable(reader: BinaryReader): ParsedLimits & { readonly isNullable: boolean } {
  const type = readTableType(reader)
  const { limits, text } = readLimits(reader, 'table', 0b0111)
  return { limits, text: `${text} ${type}`, isNullable: !/^\(ref (?!null)/.test(type) }
}

export const readMemory = (reader: BinaryReader): ParsedLimits => readLimits(reader, 'memory', 0b1111)

/** A number encoded in more than five bytes needs memory64, whatever its value. */
function readLimit(reader: BinaryReader, what: string): bigint {
  const { offset } = reader
  const limit = reader.u64(what)
  if (reader.offset - offset > U32_BYTES) reader.features.need('memory64', offset)
  return limit
}

/** Flags: 1 has a maximum, 2 shared, 4 addressed by i64, 8 has its own page size. */
function readLimits(reader: BinaryReader, kind: 'table' | 'memory', allowed: number): ParsedLimits {
  const offset = reader.offset
  const flags = reader.byte(`the flags of a ${kind}`)
  if ((flags & ~allowed) !== 0) throw createUnexpectedByteError(flags, `the flags of a ${kind}`, offset)
  const { features } = reader
  const min = readLimit(reader, `the minimum of a ${kind}`)
  const max = flags & 1 ? readLimit(reader, `the maximum of a ${kind}`) : undefined
  const shared = (flags & 2) !== 0
  const index = flags & 4 ? 'i64' : 'i32'
  if (index === 'i64') features.need('memory64', offset)
  if (shared) features.need(kind === 'memory' ? 'threads' : 'shared-everything-threads', offset)
  if (flags & 8) features.need('custom-page-sizes', offset)
  const pageBits = flags & 8 ? reader.u32('a page size') : PAGE_BITS
  if (pageBits !== 0 && pageBits !== PAGE_BITS)
    throw createMalformedError(
      `a page size of 2^${pageBits} bytes, where only 1 and 2^16 are allowed`,
      offset,
    )
  if (max !== undefined && max < min)
    throw createMalformedError(`a ${kind} with a maximum of ${max} below its minimum of ${min}`, offset)
  if (shared && kind === 'memory' && max === undefined)
    throw createMalformedError('a shared memory without a maximum', offset)
  const addresses = 1n << BigInt(index === 'i64' ? 64 : 32)
  // The number of elements, or of pages of a byte each, has to be an address itself.
  const addressable = kind === 'table' || pageBits === 0 ? addresses - 1n : addresses >> BigInt(pageBits)
  if (min > addressable || (max !== undefined && max > addressable))
    throw createMalformedError(`a ${kind} larger than its ${index} addresses reach`, offset)
  const ownPages = pageBits !== PAGE_BITS
  return {
    limits: {
      min: Number(min),
      ...(max === undefined ? {} : { max: Number(max) }),
      shared,
      index,
      ...(ownPages ? { pageSize: 2 ** pageBits } : {}),
    },
    text: [
      kind,
      ...(index === 'i64' ? ['i64'] : []),
      max === undefined ? `${min}` : `${min}..${max}`,
      ...(shared ? ['shared'] : []),
      ...(ownPages ? [`(pagesize ${2 ** pageBits})`] : []),
    ].join(' '),
  }
}
