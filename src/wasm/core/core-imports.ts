import type { BinaryReader } from '../binary/binary-reader.ts'
import { type CoreEntity, describeEntity, readEntity } from './core-entities.ts'
import type { CoreTypes } from './core-types.ts'
import type { CoreImport } from '../types/inspection.ts'
import type { Quota } from '../binary/limits.ts'

/** One module name, many names with a type each; the item name before it is empty. */
const SHARED_MODULE = 0x7f
/** One module name and one type, many names. */
const SHARED_MODULE_AND_TYPE = 0x7e

export interface ImportedEntity {
  readonly listed: CoreImport
  readonly entity: CoreEntity
}

/**
 * Reads an import section, plain and compact forms alike, in binary order.
 * https://webassembly.github.io/spec/core/binary/modules.html#import-section
 * https://github.com/WebAssembly/compact-import-section
 */
export function readImports(reader: BinaryReader, types: CoreTypes, quota: Quota): ImportedEntity[] {
  const imports: ImportedEntity[] = []
  const add = (module: string, name: string, entity: CoreEntity, offset: number): void => {
    const type = describeEntity(entity, types, reader.features)
    quota.spend('imports', 1, offset)
    quota.spend('characters of names and types', module.length + name.length + type.length, offset)
    imports.push({ listed: { module, name, kind: entity.kind, type, offset }, entity })
  }
  for (let left = reader.count('imports'); left > 0; left--) {
    const offset = reader.offset
    const module = reader.name("an import's module name")
    const name = reader.name("an import's name")
    const form = name === '' ? reader.peek('an import') : undefined
    if (form === SHARED_MODULE || form === SHARED_MODULE_AND_TYPE)
      reader.features.need('compact-imports', offset)
    if (form === SHARED_MODULE) {
      reader.byte('an import')
      for (let items = reader.count('imports'); items > 0; items--) {
        const at = reader.offset
        add(module, reader.name("an import's name"), readEntity(reader), at)
      }
    } else if (form === SHARED_MODULE_AND_TYPE) {
      reader.byte('an import')
      const entity = readEntity(reader)
      for (let items = reader.count('imports'); items > 0; items--) {
        const at = reader.offset
        add(module, reader.name("an import's name"), entity, at)
      }
    } else add(module, name, readEntity(reader), offset)
  }
  reader.end('the import section')
  return imports
}
