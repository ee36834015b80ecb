import { isContentFault } from '../errors.ts'
import { collect, type Descriptor } from '../oci/descriptor.ts'
import { type Digest, formatReferrersTag } from '../oci/digest.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import { parseSimpleAttestation } from '../signing/simple-signing.ts'
import { readLegacyManifests } from './find-legacy-signatures.ts'
import type { FoundStatement, RejectedCandidate, Wanted } from './find-statements.ts'
import { verifyStatement } from './verify-statement.ts'

const ENVELOPE = 'application/vnd.dsse.envelope.v1+json'

/** Bounds against flooding by anyone with push access. */
const COUNT_LIMIT = 100
const BYTES_LIMIT = 128 * 1024 * 1024

/** The tag under which cosign keeps the attestations of an artifact. */
const formatAttestationTag = (subject: Digest): string => `${formatReferrersTag(subject)}.att`

export interface LegacyAttestations {
  readonly found: readonly FoundStatement[]
  readonly rejected: readonly RejectedCandidate[]
}

/**
 * Finds attestations that cosign wrote before it wrote bundles: layers of the manifest under the artifact's `.att` tag, or of a
 * referrer of its own type, which `referrers` are. What their annotations say of the predicate type is not looked at. A failed look-up
 * throws.
 */
export async function findLegacyAttestations(
  target: ReadOnlyTarget,
  subject: Digest,
  referrers: readonly Digest[],
  wanted: Wanted,
  operation: Operation,
): Promise<LegacyAttestations> {
  const tag = formatAttestationTag(subject)
  const manifests = await readLegacyManifests(target, subject, tag, referrers, operation)
  const layers = manifests.flatMap(({ digest, layers }) =>
    layers.filter(({ mediaType }) => mediaType === ENVELOPE).map((layer) => ({ digest, layer })),
  )
  const found: FoundStatement[] = []
  const rejected: RejectedCandidate[] = []
  let left = BYTES_LIMIT
  for (const [at, { digest, layer }] of layers.entries()) {
    const read = at < COUNT_LIMIT && layer.size <= Math.min(left, wanted.bundleLimit)
    if (read) left -= layer.size
    const examined = read
      ? await examine(target, subject, layer, wanted, operation)
      : `not read: it is too large, or beyond the first ${COUNT_LIMIT} attestations`
    if (typeof examined === 'string') rejected.push({ digest, kind: 'legacy-attestation', reason: examined })
    else found.push({ ...examined, digest })
  }
  return { found, rejected }
}

/** What an envelope states, or why it does not count. */
async function examine(
  target: ReadOnlyTarget,
  subject: Digest,
  layer: Descriptor,
  wanted: Wanted,
  operation: Operation,
): Promise<Omit<FoundStatement, 'digest'> | string> {
  try {
    const bytes = await collect(target.fetch(layer, operation), wanted.bundleLimit, 'legacy attestation')
    const verdict = await verifyStatement(
      parseSimpleAttestation(layer.annotations ?? {}, bytes),
      subject,
      wanted,
    )
    if (verdict.kind === 'rejected') return verdict.reason
    const { kind: _, ...statement } = verdict
    return statement
  } catch (error) {
    if (isContentFault(error)) return error.message
    throw error
  }
}
