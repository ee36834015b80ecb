import { type BinaryReader, createUnexpectedByteError } from '../binary/binary-reader.ts'
import {
  completesVersion,
  type ParsedName,
  parseExternName,
  parseInterfaceExternName,
} from './extern-name.ts'
import type { FeatureUse } from '../binary/features.ts'
import type { ExternName } from '../types/inspection.ts'
import { createMalformedError, quoteShort } from '../binary/malformed.ts'

/** A parsed name with its offset in the component. */
export interface LocatedName {
  readonly extern: ExternName
  readonly parsed: ParsedName
  readonly offset: number
}

const WITH_ATTRIBUTES = 0x02

const ATTRIBUTES = ['implements', 'versionSuffix', 'externalId'] as const

/**
 * Reads the name of an import or export with its attributes. The bytes 0x00 and 0x01 before it mean the same.
 * https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#import-and-export-definitions
 */
export function readExternName(reader: BinaryReader): LocatedName {
  const offset = reader.offset
  const form = reader.byte('a name')
  if (form > WITH_ATTRIBUTES)
    throw createUnexpectedByteError(form, '0x00, 0x01 or 0x02 before a name', offset)
  const name = reader.name('a name')
  const parsed = parseExternName(name)
  if (!parsed)
    throw createMalformedError(
      `${quoteShort(name)} is not a name that a component may import or export, such as wasi:cli/run@0.2.0`,
      offset,
    )
  const extern: { name: string; implements?: string; versionSuffix?: string; externalId?: string } = { name }
  if (form === WITH_ATTRIBUTES)
    for (let left = reader.count('attributes of a name'); left > 0; left--) {
      const at = reader.offset
      const attribute = ATTRIBUTES[reader.byte('an attribute of a name')]
      if (attribute === undefined) throw createMalformedError('found an unknown attribute of a name', at)
      if (extern[attribute] !== undefined)
        throw createMalformedError('found an attribute of a name twice', at)
      extern[attribute] = reader.name('an attribute of a name')
    }
  checkAttributes(extern, parsed, offset)
  noteFeatures(reader.features, extern, parsed, offset)
  return { extern, parsed, offset }
}

function noteFeatures(features: FeatureUse, extern: ExternName, parsed: ParsedName, offset: number): void {
  if (extern.implements !== undefined || extern.externalId !== undefined)
    features.need('cm-implements', offset)
  if (extern.versionSuffix !== undefined) features.need('cm-canon-names', offset)
  if (parsed.kind === 'plain' && /[gs]et$/.test(parsed.annotation ?? ''))
    features.need('cm-accessors', offset)
  for (const name of [
    parsed,
    extern.implements === undefined ? undefined : parseInterfaceExternName(extern.implements),
  ])
    if (name?.kind === 'interface' && (name.package.split(':').length > 2 || name.interface.includes('/')))
      features.need('cm-nested-names', offset)
}

/** The name of an interface cannot implement another one. */
function checkAttributes(extern: ExternName, parsed: ParsedName, offset: number): void {
  const implemented =
    extern.implements === undefined ? undefined : parseInterfaceExternName(extern.implements)
  if (extern.implements !== undefined && !implemented)
    throw createMalformedError(
      `${quoteShort(extern.name)} implements ${quoteShort(extern.implements)}, which is not an interface name`,
      offset,
    )
  if (implemented && parsed.kind !== 'plain')
    throw createMalformedError(
      `${quoteShort(extern.name)} is an interface itself and cannot implement ${quoteShort(extern.implements!)}`,
      offset,
    )
  if (extern.versionSuffix === undefined) return
  const { version } = implemented ?? (parsed.kind === 'interface' ? parsed : { version: undefined })
  if (version === undefined || !completesVersion(version, extern.versionSuffix))
    throw createMalformedError(
      `${quoteShort(extern.name)} has the version suffix ${quoteShort(extern.versionSuffix)}, which does not complete its version`,
      offset,
    )
}
