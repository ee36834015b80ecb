import { type BinaryReader, unexpected } from './binary-reader.ts'
import type { Scope } from './component-scope.ts'
import { malformed } from './malformed.ts'

/** Whether a byte is a value type by itself: bool to string, or an error context. */
export const isPrimitive = (byte: number): boolean => (byte >= 0x73 && byte <= 0x7f) || byte === 0x64

/**
 * Passes over the definition of a value type after its first byte, which stands at `offset`. Nothing is kept of it; the
 * types that it refers to have to be there.
 * https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#type-definitions
 */
export function readValueDefinition(
  reader: BinaryReader,
  opcode: number,
  scope: Scope,
  offset: number,
): void {
  if (isPrimitive(opcode)) return
  switch (opcode) {
    case 0x72:
      return readLabelled(reader, 'fields', scope)
    case 0x71:
      for (let left = reader.count('cases'); left > 0; left--) {
        reader.name('a label')
        readOptional(reader, scope)
        if (reader.byte('the end of a case') !== 0)
          throw malformed('found no 0x00 at the end of a case', reader.offset - 1)
      }
      return
    case 0x70:
    case 0x6b:
      return readValue(reader, scope)
    case 0x6f:
      for (let left = reader.count('members'); left > 0; left--) readValue(reader, scope)
      return
    case 0x6e:
    case 0x6d:
      for (let left = reader.count('labels'); left > 0; left--) reader.name('a label')
      return
    case 0x6a:
      readOptional(reader, scope)
      return readOptional(reader, scope)
    case 0x69:
    case 0x68: {
      const at = reader.offset
      scope.type(reader.u32('a type index'), at)
      return
    }
    case 0x67:
      readValue(reader, scope)
      reader.u32('the length of a list')
      return
    case 0x66:
    case 0x65:
      return readOptional(reader, scope)
    case 0x63:
      readValue(reader, scope)
      return readValue(reader, scope)
    default:
      throw unexpected(opcode, 'a type', offset)
  }
}

/** Names with a value type each: parameters, fields. */
export function readLabelled(reader: BinaryReader, what: string, scope: Scope, limit?: number): void {
  for (let left = reader.count(what, limit); left > 0; left--) {
    reader.name('a label')
    readValue(reader, scope)
  }
}

/** A value type: one by itself, or the index of one that is defined. */
export function readValue(reader: BinaryReader, scope: Scope): void {
  const offset = reader.offset
  const first = reader.peek('a value type')
  if (isPrimitive(first)) {
    reader.byte('a value type')
    return
  }
  const index = reader.signed(33, 'a type index')
  if (index < 0n) throw unexpected(first, 'a value type', offset)
  scope.type(Number(index), offset)
}

function readOptional(reader: BinaryReader, scope: Scope): void {
  if (readFlag(reader, 'an optional type')) readValue(reader, scope)
}

/** 0x00 or 0x01. */
export function readFlag(reader: BinaryReader, what: string): boolean {
  const byte = reader.byte(what)
  if (byte > 1) throw unexpected(byte, `0x00 or 0x01 before ${what}`, reader.offset - 1)
  return byte === 1
}
