import type { Digest } from '../oci/digest.ts'
import { describeManifest } from '../oci/manifest.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'

export interface ResolveResult {
  readonly url: string
  readonly repository: string
  readonly digest: Digest
  readonly mediaType: string
  readonly size: number
}

/** The digest of what a tag or a digest names, from the manifest itself: some registries answer HEAD with a wrong digest. */
export async function resolveArtifact(
  target: ReadOnlyTarget,
  name: string,
  operation: Operation,
): Promise<ResolveResult> {
  const { digest, mediaType, size } = describeManifest(await target.manifest(name, operation))
  return { url: `${target.name}@${digest}`, repository: target.name, digest, mediaType, size }
}
