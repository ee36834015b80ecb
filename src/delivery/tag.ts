import type { Digest } from '../oci/digest.ts'
import type { Operation, Target } from '../oci/target.ts'

export interface TagResult {
  readonly url: string
  readonly repository: string
  readonly digest: Digest
  readonly tags: readonly string[]
}

/** Points tags at the artifact that a tag or a digest names, and writes nothing else. Throws NOT_FOUND before the first tag. */
export async function tagArtifact(
  target: Target,
  name: string,
  tags: readonly string[],
  operation: Operation,
): Promise<TagResult> {
  const manifest = await target.manifest(name, operation)
  for (const tag of tags) await target.pushManifest(manifest, tag, operation)
  const { digest } = manifest
  return { url: `${target.name}@${digest}`, repository: target.name, digest, tags }
}
