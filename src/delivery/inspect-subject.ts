import { stat } from 'node:fs/promises'

import { parseEmbeddedCapabilityManifest } from '../capabilities/manifest/embedded.ts'
import type { CapabilityManifest } from '../capabilities/manifest/manifest.ts'
import type { Evidence } from '../capabilities/evaluate/evidence.ts'
import { WasmpackError } from '../errors.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import type { Verifier } from '../signing/verifier.ts'
import type { Sink } from './files/sink.ts'
import type { ResolvedArtifact } from './admit.ts'
import { collectEvidence } from './collect-evidence.ts'
import { openModuleFile } from './files/module-file.ts'

/** An inspected module, from a file or an artifact; it is not written anywhere. */
export type InspectedSubject = InspectedFileSubject | InspectedArtifact

export interface InspectedFileSubject extends Evidence {
  readonly from: 'file'
  /** The path, as it was given. */
  readonly name: string
}

export interface InspectedArtifact extends Evidence {
  readonly from: 'artifact'
  /** `repository@digest` */
  readonly name: string
  readonly target: ReadOnlyTarget
  /** Signatures are verified only if `verification` is present. */
  readonly opened: ResolvedArtifact
}

/** Whether there is a file of this name; where there is none, a reference may be meant. */
export const isLocalFile = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

export async function inspectFile(
  path: string,
  { withInstructions = false }: Pick<InspectOptions, 'withInstructions'>,
): Promise<InspectedFileSubject> {
  const module = await openModuleFile(path)
  try {
    const evidence = await module.read((cursor) => collectEvidence(cursor, withInstructions))
    return { from: 'file', name: path, ...evidence }
  } finally {
    await module.close()
  }
}

export interface InspectOptions {
  readonly verifier: Verifier | 'ignored'
  /** Takes the module's bytes as they are read, before anything about them is known. */
  readonly sink?: Sink
  /** Reads them as well, which takes longer than everything else. */
  readonly withInstructions?: boolean
}

/** Reads an artifact whole; its digests are verified, its signatures only by a `verifier`, and its capabilities are not judged. */
export async function inspectArtifact(
  target: ReadOnlyTarget,
  reference: string,
  { verifier, sink, withInstructions = false }: InspectOptions,
  operation: Operation,
): Promise<InspectedArtifact> {
  // A file needs none of what unpacks artifacts.
  const { admitModule, resolveForAdmission } = await import('./admit.ts')
  const request = { verifier, capabilityCheck: 'ignored', withInstructions } as const
  const opened = await resolveForAdmission(target, reference, request, operation)
  const { inspection, instructions } = await admitModule(target, opened, sink, operation)
  const name = `${target.name}@${opened.manifest.digest}`
  return { from: 'artifact', name, target, opened, inspection, ...(instructions && { instructions }) }
}

/** The embedded capability manifest of an artifact, undefined, or the error of an invalid one. */
export function readEmbeddedCapabilities({
  source: { capabilities },
}: ResolvedArtifact): CapabilityManifest | WasmpackError | undefined {
  if (capabilities === undefined) return undefined
  try {
    return parseEmbeddedCapabilityManifest(capabilities)
  } catch (cause) {
    if (cause instanceof WasmpackError) return cause
    throw cause
  }
}
