import { requestedImports } from '../capabilities/catalog/classify.ts'
import { type CapabilityDiff, type Compared, diffCapabilities } from '../capabilities/diff/diff.ts'
import type { CapabilityManifest } from '../capabilities/manifest/manifest.ts'
import { WasmpackError } from '../errors.ts'
import { findAdjacentCapabilityFile } from './files/capability-file.ts'
import { embeddedCapabilities, type Examined } from './examine.ts'
import { named } from './files/named.ts'

/** One version that is compared, and where what is granted to it was found. */
export interface Side extends Compared {
  readonly examined: Examined
  /** The path of the capability manifest, or `embedded`; absent if there is none. */
  readonly capabilitySource?: string
}

export interface Comparison {
  readonly old: Side
  readonly new: Side
  readonly diff: CapabilityDiff
}

/**
 * Compares two modules with what is granted to each: by its embedded capability manifest, or by the one beside its file. Throws
 * MODULE_MALFORMED for a WIT package, CAPABILITY_MANIFEST_INVALID for a capability manifest that cannot be read.
 */
export async function compare(old: Examined, now: Examined): Promise<Comparison> {
  const [before, after] = [await sideOf(old), await sideOf(now)]
  return { old: before, new: after, diff: diffCapabilities(before, after) }
}

async function sideOf(examined: Examined): Promise<Side> {
  const { inspection, name } = examined
  await named(name, hasImports(examined))
  const { manifest, source } = await capabilitiesOf(examined)
  return manifest === undefined
    ? { examined, inspection }
    : { examined, inspection, capabilities: manifest, capabilitySource: source }
}

const hasImports = async ({ inspection }: Examined): Promise<unknown> => requestedImports(inspection)

async function capabilitiesOf(
  examined: Examined,
): Promise<{ readonly manifest: CapabilityManifest | undefined; readonly source: string }> {
  if (examined.from === 'file') {
    const found = await findAdjacentCapabilityFile(examined.name)
    return { manifest: found?.manifest, source: found?.path ?? '' }
  }
  const manifest = embeddedCapabilities(examined.opened)
  if (!(manifest instanceof WasmpackError)) return { manifest, source: 'embedded' }
  const { code, message, hint, details } = manifest
  throw new WasmpackError(code, `${examined.name}: ${message}`, { hint, details, cause: manifest })
}
