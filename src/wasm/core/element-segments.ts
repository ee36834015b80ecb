import { type BinaryReader, createUnexpectedByteError } from '../binary/binary-reader.ts'
import { passConstantExpression } from './constant-expression.ts'
import { readReferenceType } from './core-types.ts'

/** Flags of an element segment; one that is passive and has an explicit index is only declared. */
const IS_PASSIVE = 0b001
const HAS_INDEX = 0b010
const HAS_EXPRESSIONS = 0b100

/**
 * Reads the segments of an element section.
 * https://webassembly.github.io/spec/core/binary/modules.html#element-section
 */
export function scanElements(reader: BinaryReader, count: number, importedGlobals: number): void {
  for (let left = count; left > 0; left--) scanElement(reader, importedGlobals)
}

function scanElement(reader: BinaryReader, importedGlobals: number): void {
  const { offset, features } = reader
  const flags = reader.u32('the flags of an element segment')
  if (flags > 0b111)
    throw createUnexpectedByteError(flags, 'the flags of an element segment (0 to 7)', offset)
  if (flags & IS_PASSIVE) features.need('bulk-memory', offset)
  else {
    if (flags & HAS_INDEX) reader.u32('a table index')
    passConstantExpression(reader, importedGlobals)
  }
  if (flags & (IS_PASSIVE | HAS_INDEX)) passKind(reader, flags)
  else if (flags & HAS_EXPRESSIONS) features.need('reference-types', offset)
  for (let left = reader.count('elements'); left > 0; left--)
    if (flags & HAS_EXPRESSIONS) passConstantExpression(reader, importedGlobals)
    else reader.u32('a function index')
}

function passKind(reader: BinaryReader, flags: number): void {
  const { offset } = reader
  if (flags & HAS_EXPRESSIONS) {
    readReferenceType(reader)
    return
  }
  const kind = reader.byte('the kind of an element segment')
  if (kind !== 0) throw createUnexpectedByteError(kind, '0x00 for a segment of functions', offset)
}
