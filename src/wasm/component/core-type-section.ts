import { type BinaryReader, createUnexpectedByteError } from '../binary/binary-reader.ts'
import { readEntity } from '../core/core-entities.ts'
import { readTypes } from '../core/core-types.ts'
import type { Quota } from '../binary/limits.ts'
import { createMalformedError } from '../binary/malformed.ts'

const MODULE_TYPE = 0x50
/** Prefix of a nonfinal subtype, whose own opcode is that of a module type. */
const SUBTYPE_FOLLOWS = 0x00
const ALIAS_OF_TYPE = 0x10
const ALIAS_OUTWARDS = 0x01

/**
 * Skips a core type in a component. Module types do not matter for the imports of the host.
 * https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#type-definitions
 */
export function passCoreType(reader: BinaryReader, quota: Quota): void {
  const offset = reader.offset
  const first = reader.peek('a core type')
  if (first === MODULE_TYPE) {
    reader.byte('a core type')
    quota.spend('types', 1, offset)
    for (let left = reader.count('declarations'); left > 0; left--) passDeclaration(reader, quota)
    return
  }
  if (first === SUBTYPE_FOLLOWS) {
    reader.byte('a core type')
    if (reader.peek('a core type') !== MODULE_TYPE)
      throw createUnexpectedByteError(first, 'a core type', offset)
  }
  readTypes(reader, quota)
}

function passDeclaration(reader: BinaryReader, quota: Quota): void {
  const offset = reader.offset
  const declaration = reader.byte('a declaration')
  switch (declaration) {
    case 0x00:
      reader.name("an import's module name")
      reader.name("an import's name")
      readEntity(reader)
      return
    case 0x01:
      readTypes(reader, quota)
      return
    case 0x02:
      if (reader.byte('an alias') !== ALIAS_OF_TYPE || reader.byte('an alias') !== ALIAS_OUTWARDS)
        throw createMalformedError('expected an alias of an outer type', offset)
      reader.u32('the depth of an outer alias')
      reader.u32('an index')
      return
    case 0x03:
      reader.name("an export's name")
      readEntity(reader)
      return
    default:
      throw createUnexpectedByteError(declaration, 'a declaration in the type of a module', offset)
  }
}
