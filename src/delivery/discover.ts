import { discover, discoverCosignTags, type Referrer } from '../attestations/discover.ts'
import type { Digest } from '../oci/digest.ts'
import type { ReadOnlyTarget, ReferrersOperation } from '../oci/target.ts'

export interface DiscoverResult {
  readonly url: string
  readonly repository: string
  readonly digest: Digest
  readonly referrers: readonly Referrer[]
}

/** The referrers of the artifact that a tag or a digest names, and what cosign keeps of it under tags; nothing of them is verified. Throws NOT_FOUND. */
export async function discoverReferrers(
  target: ReadOnlyTarget,
  name: string,
  operation: ReferrersOperation,
): Promise<DiscoverResult> {
  const { digest } = await target.resolve(name, operation)
  const { artifactType: wanted } = operation
  const [referrers, tagged] = await Promise.all([
    discover(target, digest, operation),
    discoverCosignTags(target, digest, operation),
  ])
  return {
    url: `${target.name}@${digest}`,
    repository: target.name,
    digest,
    referrers: [
      ...referrers,
      ...tagged.filter(({ artifactType }) => wanted === undefined || wanted === artifactType),
    ],
  }
}
