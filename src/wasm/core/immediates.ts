import { type BinaryReader, createUnexpectedByteError } from '../binary/binary-reader.ts'
import { readReferenced, readValueType } from './core-types.ts'
import { HANDLERS_LIMIT } from '../binary/limits.ts'
import { createMalformedError } from '../binary/malformed.ts'
import type { Immediate } from './opcodes.ts'

const EMPTY_BLOCK = 0x40
const U32_BYTES = 5
const U32_MAX = 0xffff_ffff
/** Of the flags of a memory access, beside the four bits of its alignment. */
const HAS_ORDERING = 0x10
const HAS_ARRAY = 0x20
const HAS_MEMORY = 0x40
/** Sequentially consistent, and acquire-release for an access that reads, or reads and writes. */
const ORDERING = { seqCst: 0x00, acqRel: 0x01, acqRelBoth: 0x11 } as const

const passIndex = (reader: BinaryReader): void => void reader.u32('an index')

/**
 * Skips the immediates of an instruction, and notes the features that they need.
 * https://webassembly.github.io/spec/core/binary/instructions.html
 */
export const PASS: Readonly<Record<Immediate, (reader: BinaryReader) => void>> = {
  address: (reader) => passAddress(reader, undefined),
  'atomic-address': (reader) => passAddress(reader, ORDERING.acqRel),
  'block-type': passBlockType,
  branches: (reader) => {
    for (let left = reader.count('branches'); left > 0; left--) passIndex(reader)
    passIndex(reader)
  },
  cast: passCast,
  catches: passCatches,
  'data-index': passIndex,
  f32: (reader) => void reader.bytes(4, 'a number'),
  f64: (reader) => void reader.bytes(8, 'a number'),
  'fence-ordering': (reader) => {
    const { offset } = reader
    if (passOrdering(reader) === ORDERING.acqRel) reader.features.need('acquire-release-atomics', offset)
  },
  handlers: passHandlers,
  'heap-type': (reader) => passReferenced(reader, true),
  'heap-type-not-null': (reader) => passReferenced(reader, false),
  i32: (reader) => reader.passSigned(32, 'a number'),
  i64: (reader) => reader.passSigned(64, 'a number'),
  index: passIndex,
  lane: (reader) => void reader.byte('a lane'),
  'memory-index': (reader) => {
    const { offset } = reader
    if (!isPlainZero(reader)) reader.features.need('multi-memory', offset)
  },
  ordering: (reader) => void passOrdering(reader),
  'rmw-address': (reader) => passAddress(reader, ORDERING.acqRelBoth),
  'table-index': (reader) => {
    const { offset } = reader
    if (!isPlainZero(reader)) reader.features.need('call-indirect-overlong', offset)
  },
  v128: (reader) => void reader.bytes(16, 'a vector'),
  'value-types': (reader) => {
    for (let left = reader.count('types of a select'); left > 0; left--) readValueType(reader)
  },
}

/** Whether an index is the single zero byte that older versions required. */
function isPlainZero(reader: BinaryReader): boolean {
  const { offset } = reader
  return reader.u32('an index') === 0 && reader.offset === offset + 1
}

/** `acqRel` is the encoding of acquire-release for the access; undefined if it is not atomic. */
function passAddress(reader: BinaryReader, acqRel: number | undefined): void {
  const { offset, features } = reader
  const flags = reader.u32('the alignment of a memory access')
  if (flags >= 0x80 || (flags & HAS_MEMORY && flags & HAS_ARRAY))
    throw createMalformedError(`found ${flags} where the flags of a memory access are expected`, offset)
  if (flags & HAS_MEMORY) features.need('multi-memory', offset)
  if (flags & HAS_ARRAY) features.need('multibyte-array-access', offset)
  if (flags & (HAS_MEMORY | HAS_ARRAY)) passIndex(reader)
  if (flags & HAS_ORDERING) {
    features.need('acquire-release-atomics', offset)
    const at = reader.offset
    const ordering = reader.byte('an ordering')
    if (acqRel === undefined)
      throw createMalformedError('a memory access that is not atomic has an ordering', offset)
    if (ordering !== ORDERING.seqCst && ordering !== acqRel)
      throw createUnexpectedByteError(ordering, 'an ordering', at)
  }
  const start = reader.offset
  const displacement = reader.roundedU64('the offset of a memory access')
  if (displacement > U32_MAX || reader.offset - start > U32_BYTES) features.need('memory64', start)
}

function passOrdering(reader: BinaryReader): number {
  const ordering = reader.byte('an ordering')
  if (ordering > ORDERING.acqRel)
    throw createUnexpectedByteError(ordering, 'an ordering (0 or 1)', reader.offset - 1)
  return ordering
}

function passBlockType(reader: BinaryReader): void {
  const { offset } = reader
  const first = reader.peek('the type of a block')
  if (first === EMPTY_BLOCK) {
    reader.byte('the type of a block')
    return
  }
  if (first > EMPTY_BLOCK && first < 0x80) {
    readValueType(reader)
    return
  }
  if (reader.signed(33, 'the type of a block') < 0n)
    throw createUnexpectedByteError(first, 'the type of a block', offset)
  reader.features.need('multi-value', offset)
}

function passReferenced(reader: BinaryReader, isNullable: boolean): void {
  reader.features.need('reference-types', reader.offset)
  readReferenced(reader, isNullable)
}

function passCast(reader: BinaryReader): void {
  const { offset } = reader
  const flags = reader.byte('the flags of a cast')
  if (flags > 0b11) throw createUnexpectedByteError(flags, 'the flags of a cast (0 to 3)', offset)
  passIndex(reader)
  passReferenced(reader, (flags & 0b01) !== 0)
  passReferenced(reader, (flags & 0b10) !== 0)
}

function passCatches(reader: BinaryReader): void {
  passBlockType(reader)
  for (let left = reader.count('catches', HANDLERS_LIMIT); left > 0; left--) {
    const { offset } = reader
    const kind = reader.byte('a catch')
    if (kind > 3) throw createUnexpectedByteError(kind, 'a kind of catch (0 to 3)', offset)
    if (kind < 2) passIndex(reader)
    passIndex(reader)
  }
}

function passHandlers(reader: BinaryReader): void {
  for (let left = reader.count('handlers', HANDLERS_LIMIT); left > 0; left--) {
    const { offset } = reader
    const kind = reader.byte('a handler')
    if (kind > 1) throw createUnexpectedByteError(kind, 'a kind of handler (0 or 1)', offset)
    if (kind === 0) passIndex(reader)
    passIndex(reader)
  }
}
