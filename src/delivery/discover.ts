import { discover, discoverCosignTags, type Referrer } from '../attestations/discover.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import { isWithheld, type Operation, type ReadOnlyTarget, type ReferrersOperation } from '../oci/target.ts'

export interface DiscoverResult {
  readonly url: string
  readonly repository: string
  readonly digest: Digest
  readonly referrers: readonly Referrer[]
}

/** The digest of an artifact, also of one that the registry withholds, whose referrers can be read nevertheless. */
async function resolveSubject(target: ReadOnlyTarget, name: string, operation: Operation): Promise<Digest> {
  try {
    return (await target.resolve(name, operation)).digest
  } catch (error) {
    if (isWithheld(error) && isDigest(name)) return name
    throw error
  }
}

/** The referrers of the artifact that a tag or a digest names, and what cosign keeps of it under tags; nothing of them is verified. Throws NOT_FOUND. */
export async function discoverReferrers(
  target: ReadOnlyTarget,
  name: string,
  operation: ReferrersOperation,
): Promise<DiscoverResult> {
  const digest = await resolveSubject(target, name, operation)
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
