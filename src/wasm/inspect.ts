import { readComponent } from './component.ts'
import { readCoreModule } from './core-module.ts'
import type { Cursor } from './cursor.ts'
import { SelfDescription } from './custom-sections.ts'
import type { Inspection } from './inspection.ts'
import { Quota } from './limits.ts'
import { readPreamble } from './preamble.ts'
import { Sections } from './sections.ts'

/**
 * Reads a whole binary, to its last byte, and tells what it is, asks for and offers. Memory and work stay in proportion to
 * the bytes that are there, whatever they announce. Throws MODULE_MALFORMED with the offset of what is wrong.
 */
export async function inspect(cursor: Cursor): Promise<Inspection> {
  const quota = new Quota()
  const described = new SelfDescription(quota)
  const kind = await readPreamble(cursor)
  if (kind === 'module') {
    const module = await readCoreModule(new Sections(cursor, quota), described, quota, false)
    return { kind, ...module, ...common(cursor, described) }
  }
  const nested = { modules: 0, components: 0 }
  const { imports, exports, isTypesOnly } = await readComponent({ cursor, described, quota, nested })
  if (isTypesOnly)
    return { kind: 'wit', exports: exports.map(({ name }) => name), ...common(cursor, described) }
  return { kind, imports, exports, nested, ...common(cursor, described) }
}

const common = (
  cursor: Cursor,
  { customSections, producers, metadata }: SelfDescription,
): Pick<Inspection, 'size' | 'customSections' | 'producers' | 'metadata'> => ({
  size: cursor.offset,
  customSections,
  producers,
  metadata,
})
