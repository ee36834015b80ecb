import { isContentFault } from '../errors.ts'
import { inParallel } from '../in-parallel.ts'
import { collect, type Descriptor } from '../oci/descriptor.ts'
import { type Digest, formatReferrersTag } from '../oci/digest.ts'
import type { Manifest } from '../oci/manifest.ts'
import { type Operation, type ReadOnlyTarget, undefinedIfNotFound } from '../oci/target.ts'
import { parseSimplePayload, parseSimpleSignature, SIMPLE_SIGNING } from '../signing/simple-signing.ts'
import type { VerifiedEvidence } from '../signing/identity/evidence.ts'
import type { VerifiedSigner } from '../signing/verified-signer.ts'
import type { Verifier } from '../signing/verifier.ts'
import type { RejectedCandidate } from './find-statements.ts'

/** A signature in the format of cosign before version 3. */
export interface LegacySignature {
  /** Of the manifest that holds it, with others. */
  readonly digest: Digest
  readonly signer: VerifiedSigner
  readonly evidence?: VerifiedEvidence
  readonly annotations: Readonly<Record<string, unknown>>
}

export interface LegacySearchResult {
  readonly found: readonly LegacySignature[]
  readonly rejected: readonly RejectedCandidate[]
}

/** Bounds against flooding by anyone with push access. */
const SIGNATURE_COUNT_LIMIT = 100
const PAYLOAD_LIMIT = 64 * 1024
const PARALLEL_EXAMINATIONS = 4

/** The tag under which cosign keeps the signatures of an artifact. */
export const formatSignatureTag = (subject: Digest): string => `${formatReferrersTag(subject)}.sig`

/**
 * Finds signatures that cosign wrote before it wrote bundles: layers of the manifest under the artifact's `.sig` tag, or of a
 * referrer of its own type, which `referrers` are. A failed look-up throws.
 */
export async function findLegacySignatures(
  target: ReadOnlyTarget,
  subject: Digest,
  referrers: readonly Digest[],
  verifier: Verifier,
  operation: Operation,
): Promise<LegacySearchResult> {
  const manifests = await readLegacyManifests(
    target,
    subject,
    formatSignatureTag(subject),
    referrers,
    operation,
  )
  const layers = manifests.flatMap((manifest) =>
    manifest.layers
      .filter(({ mediaType }) => mediaType === SIMPLE_SIGNING)
      .map((layer) => ({ manifest, layer })),
  )
  const examinations = await inParallel(
    layers.slice(0, SIGNATURE_COUNT_LIMIT),
    PARALLEL_EXAMINATIONS,
    ({ manifest, layer }) => examine(target, subject, manifest.digest, layer, verifier, operation),
  )
  const reason = `not read: it is beyond the first ${SIGNATURE_COUNT_LIMIT} of ${layers.length} signatures`
  const unread = layers
    .slice(SIGNATURE_COUNT_LIMIT)
    .map(({ manifest }) => rejectCandidate(manifest.digest, reason))
  return {
    found: examinations.flatMap((one) => (one.kind === 'found' ? [one.signature] : [])),
    rejected: [...examinations, ...unread].flatMap((one) => (one.kind === 'rejected' ? [one.candidate] : [])),
  }
}

/** The manifests under a tag that is derived from the artifact's digest, and of the referrers, which must be of the artifact. */
export async function readLegacyManifests(
  target: ReadOnlyTarget,
  subject: Digest,
  tag: string,
  referrers: readonly Digest[],
  operation: Operation,
): Promise<readonly Manifest[]> {
  const tagged = undefinedIfNotFound(target.manifest(tag, operation))
  const referring = inParallel(
    referrers.slice(0, SIGNATURE_COUNT_LIMIT),
    PARALLEL_EXAMINATIONS,
    async (digest) => {
      const manifest = await undefinedIfNotFound(target.manifest(digest, operation))
      return manifest?.subject?.digest === subject ? manifest : undefined
    },
  )
  const all = [await tagged, ...(await referring)]
  return all.filter((manifest) => manifest?.kind === 'manifest')
}

type Examination =
  | { readonly kind: 'found'; readonly signature: LegacySignature }
  | { readonly kind: 'rejected'; readonly candidate: RejectedCandidate }

const rejectCandidate = (digest: Digest, reason: string): Examination => ({
  kind: 'rejected',
  candidate: { digest, kind: 'legacy-signature', reason },
})

/** The payload is not read before its signature holds. */
async function examine(
  target: ReadOnlyTarget,
  subject: Digest,
  manifest: Digest,
  layer: Descriptor,
  verifier: Verifier,
  operation: Operation,
): Promise<Examination> {
  if (layer.size > PAYLOAD_LIMIT)
    return rejectCandidate(manifest, `its payload has ${layer.size} bytes, more than ${PAYLOAD_LIMIT}`)
  try {
    const bundle = parseSimpleSignature(layer.annotations ?? {})
    const payload = await collect(target.fetch(layer, operation), PAYLOAD_LIMIT, 'signed payload')
    const verdict = await verifier.verifyMessage(bundle, payload)
    if (verdict.kind === 'rejected') return rejectCandidate(manifest, verdict.reason)
    const { digest, annotations } = parseSimplePayload(payload)
    if (digest !== subject) return rejectCandidate(manifest, 'signed for another artifact')
    const { kind: _, ...signed } = verdict
    return { kind: 'found', signature: { ...signed, digest: manifest, annotations } }
  } catch (error) {
    if (isContentFault(error)) return rejectCandidate(manifest, error.message)
    throw error
  }
}
