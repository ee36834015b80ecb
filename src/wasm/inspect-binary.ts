import { readComponent } from './component/component.ts'
import { type DefinitionScan, readCoreModule } from './core/core-module.ts'
import type { Cursor } from './binary/cursor.ts'
import { SelfDescription } from './core/custom-sections.ts'
import { FeatureUse } from './binary/features.ts'
import type { Inspection, NestedBinary, Nesting } from './types/inspection.ts'
import { Quota } from './binary/limits.ts'
import { readPreamble } from './binary/preamble.ts'
import { Sections } from './binary/sections.ts'

/**
 * Reads a whole binary and returns its kind, imports, exports and sections. Memory and work are bounded by the actual size of
 * the binary, not by the sizes that it declares. A `scan` also reads code, data and elements, which are skipped otherwise.
 * Throws MODULE_MALFORMED with the offset of the fault.
 */
export async function inspectBinary(cursor: Cursor, scan?: DefinitionScan): Promise<Inspection> {
  const features = new FeatureUse()
  const inspection = await readBinary(cursor, features, scan)
  scan?.features.absorb(features)
  return inspection
}

async function readBinary(
  cursor: Cursor,
  features: FeatureUse,
  scan: DefinitionScan | undefined,
): Promise<Inspection> {
  const quota = new Quota()
  const described = new SelfDescription(quota, { nested: false })
  const kind = await readPreamble(cursor)
  if (kind === 'module') {
    const module = await readCoreModule(new Sections(cursor, quota, features), described, quota, scan)
    return { kind, ...module, ...listCommonFields(cursor, described, features) }
  }
  const contents: NestedBinary[] = []
  const component = await readComponent({ cursor, quota, features, scan, contents }, described)
  const { imports, exports, hasStart, types, isTypesOnly } = component
  if (isTypesOnly)
    return {
      kind: 'wit',
      exports: exports.map(({ name }) => name),
      types,
      ...listCommonFields(cursor, described, features),
    }
  const nested = summarizeNesting(contents)
  return { kind, imports, exports, hasStart, nested, types, ...listCommonFields(cursor, described, features) }
}

const summarizeNesting = (contents: readonly NestedBinary[]): Nesting => ({
  modules: contents.filter(({ kind }) => kind === 'module').length,
  components: contents.filter(({ kind }) => kind === 'component').length,
  depth: contents.reduce((deepest, { depth }) => Math.max(deepest, depth), 0),
  contents,
})

const listCommonFields = (
  cursor: Cursor,
  { customSections, producers, metadata, declaredFeatures }: SelfDescription,
  features: FeatureUse,
): Pick<
  Inspection,
  'size' | 'features' | 'declaredFeatures' | 'customSections' | 'producers' | 'metadata'
> => ({
  size: cursor.offset,
  features: [...features.list().keys()],
  ...(declaredFeatures === undefined ? {} : { declaredFeatures }),
  customSections,
  producers,
  metadata,
})
