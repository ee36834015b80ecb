import { listRequestedImports } from '../capabilities/catalog/classify.ts'
import { type CapabilityDiff, diffCapabilities } from '../capabilities/diff/diff-capabilities.ts'
import type { ComparedModule } from '../capabilities/diff/find-growth.ts'
import type { CapabilityManifest } from '../capabilities/manifest/manifest.ts'
import { WasmpackError } from '../errors.ts'
import { findAdjacentCapabilityFile } from './files/capability-file.ts'
import { readEmbeddedCapabilities, type InspectedSubject } from './inspect-subject.ts'
import { withModuleName } from './files/module-name.ts'

/** One version in a comparison, with the source of its grants. */
export interface DiffSide extends ComparedModule {
  readonly examined: InspectedSubject
  /** The path of the capability manifest, or `embedded`; absent if there is none. */
  readonly capabilitySource?: string
}

export interface DiffResult {
  readonly old: DiffSide
  readonly new: DiffSide
  readonly diff: CapabilityDiff
}

/**
 * Compares two modules with what is granted to each: by its embedded capability manifest, or by the one beside its file. Throws
 * MODULE_MALFORMED for a WIT package, CAPABILITY_MANIFEST_INVALID for a capability manifest that cannot be read.
 */
export async function compareSubjects(old: InspectedSubject, now: InspectedSubject): Promise<DiffResult> {
  const [before, after] = [await toDiffSide(old), await toDiffSide(now)]
  return { old: before, new: after, diff: diffCapabilities(before, after) }
}

async function toDiffSide(examined: InspectedSubject): Promise<DiffSide> {
  const { inspection, name } = examined
  await withModuleName(name, hasImports(examined))
  const { manifest, source } = await readCapabilities(examined)
  return manifest === undefined
    ? { examined, inspection }
    : { examined, inspection, capabilities: manifest, capabilitySource: source }
}

const hasImports = async ({ inspection }: InspectedSubject): Promise<unknown> =>
  listRequestedImports(inspection)

async function readCapabilities(
  examined: InspectedSubject,
): Promise<{ readonly manifest: CapabilityManifest | undefined; readonly source: string }> {
  if (examined.from === 'file') {
    const found = await findAdjacentCapabilityFile(examined.name)
    return { manifest: found?.manifest, source: found?.path ?? '' }
  }
  const manifest = readEmbeddedCapabilities(examined.opened)
  if (!(manifest instanceof WasmpackError)) return { manifest, source: 'embedded' }
  const { code, message, hint, details } = manifest
  throw new WasmpackError(code, `${examined.name}: ${message}`, { hint, details, cause: manifest })
}
