import { stat } from 'node:fs/promises'

import { type CapabilityManifest, parseEmbeddedCapabilityManifest } from '../capabilities/manifest.ts'
import { WasmpackError } from '../errors.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import type { TrustPolicy } from '../signing/trust-policy.ts'
import type { Inspection } from '../wasm/inspection.ts'
import type { Opened, Sink } from './admit.ts'
import { openModuleFile } from './module-file.ts'

/** A module that is looked at and handed to nobody, wherever it is. */
export type Examined = ExaminedFile | ExaminedArtifact

export interface ExaminedFile {
  readonly from: 'file'
  /** The path, as it was given. */
  readonly name: string
  readonly inspection: Inspection
}

export interface ExaminedArtifact {
  readonly from: 'artifact'
  /** `repository@digest` */
  readonly name: string
  readonly target: ReadOnlyTarget
  /** Its signatures were verified only if it says so. */
  readonly opened: Opened
  readonly inspection: Inspection
}

/** Whether there is a file of this name; where there is none, a reference may be meant. */
export const isLocal = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

export async function examineFile(path: string): Promise<ExaminedFile> {
  const module = await openModuleFile(path)
  try {
    return { from: 'file', name: path, inspection: await module.inspect() }
  } finally {
    await module.close()
  }
}

export interface ExaminationOptions {
  readonly trust: TrustPolicy | 'ignored'
  /** Takes the module's bytes as they are read, before anything about them is known. */
  readonly sink?: Sink
}

/** Reads an artifact whole; its digests are verified, its signatures only as `trust` says, and its capabilities are not judged. */
export async function examineArtifact(
  target: ReadOnlyTarget,
  reference: string,
  { trust, sink = async () => undefined }: ExaminationOptions,
  operation: Operation,
): Promise<ExaminedArtifact> {
  // A file needs none of what unpacks artifacts.
  const { admit, openArtifact } = await import('./admit.ts')
  const opened = await openArtifact(target, reference, { trust, capabilityCheck: 'ignored' }, operation)
  const { inspection } = await admit(target, opened, sink, operation)
  return { from: 'artifact', name: `${target.name}@${opened.manifest.digest}`, target, opened, inspection }
}

/** What an artifact's publisher says that its module needs: the capability manifest, none, or what is wrong with it. */
export function embeddedCapabilities({
  source: { capabilities },
}: Opened): CapabilityManifest | WasmpackError | undefined {
  if (capabilities === undefined) return undefined
  try {
    return parseEmbeddedCapabilityManifest(capabilities)
  } catch (cause) {
    if (cause instanceof WasmpackError) return cause
    throw cause
  }
}
