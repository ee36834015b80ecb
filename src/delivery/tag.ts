import type { Digest } from '../oci/digest.ts'
import type { Operation, Target } from '../oci/target.ts'
import { findTagStates, writeTags } from '../oci/write-tags.ts'

export interface TagResult {
  readonly url: string
  readonly repository: string
  readonly digest: Digest
  readonly tags: readonly string[]
}

/**
 * Points tags at the artifact that a tag or a digest names, see {@link writeTags}, and writes nothing else. Throws NOT_FOUND before
 * the first tag.
 */
export async function tagArtifact(
  target: Target,
  name: string,
  tags: readonly string[],
  operation: Operation,
): Promise<TagResult> {
  const manifest = await target.manifest(name, operation)
  const states =
    tags.length === 1 ? tags.map((tag) => ({ tag })) : await findTagStates(target, tags, operation)
  await writeTags(target, manifest, states, operation)
  const { digest } = manifest
  return { url: `${target.name}@${digest}`, repository: target.name, digest, tags }
}
