import { WasmpackError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import type { VerifiedEvidence } from '../signing/identity/evidence.ts'
import { countSigners, type VerifiedSigner } from '../signing/verified-signer.ts'
import type { Verifier } from '../signing/verifier.ts'
import { discoverCosignTags, type Referrer, type ReferrerKind } from './discover.ts'
import { findLegacySignatures } from './find-legacy-signatures.ts'
import { findStatements, type RejectedCandidate, type SearchLimits } from './find-statements.ts'
import { SIGNATURE_LIMIT, SIGNATURE_PREDICATE } from './statement.ts'

/** A signature that satisfies the requirement. */
export interface VerifiedSignature {
  /** Of the manifest that attaches the signature to the artifact. */
  readonly digest: Digest
  readonly signer: VerifiedSigner
  /** What logs and authorities confirmed, if a trusted root was given. */
  readonly evidence?: VerifiedEvidence
  /** A bundle, or what cosign wrote before it wrote bundles. */
  readonly format: 'bundle' | 'legacy'
  /** Of a bundle. */
  readonly predicateType?: string
  /** What the signer stated besides the digest: any JSON values. */
  readonly annotations: Readonly<Record<string, unknown>>
}

/** An artifact is signed as required: there is at least one signature. */
export interface VerificationResult {
  readonly subject: Digest
  readonly signatures: readonly VerifiedSignature[]
  /** The other referrers of the artifact, and why each does not count. */
  readonly candidates: readonly RejectedCandidate[]
}

/**
 * Verifies that the artifact carries a signature that the verifier accepts; what others attached cannot make it fail. Throws
 * SIGNATURE_MISSING, or SIGNATURE_UNTRUSTED with a reason for each candidate. A failed look-up throws its own error, so that it
 * never means "unsigned".
 */
export async function verifySignatures(
  target: ReadOnlyTarget,
  subject: Digest,
  verifier: Verifier,
  operation: Operation = {},
  limits?: SearchLimits,
): Promise<VerificationResult> {
  const search = await findSignatures(target, subject, verifier, operation, { limits })
  const { signatures, candidates, failure, unread } = search
  if (signatures.length > 0) return { subject, signatures, candidates }
  if (failure !== undefined) throw failure
  if (unread > 0) throw describeFlood(`${target.name}@${subject}`, subject, candidates, unread)
  throw describeRefusal(target, subject, candidates, await findOthers(target, subject, operation))
}

/** How many signatures to look for, and of which kind. */
export interface SignatureSearchOptions {
  /** Different keys and identities; one if absent. */
  readonly atLeast?: number
  /** All if absent. */
  readonly formats?: readonly VerifiedSignature['format'][] | undefined
  readonly limits?: SearchLimits | undefined
}

/** What was found; nothing, too. */
export interface SignatureSearchResult extends Pick<VerificationResult, 'signatures' | 'candidates'> {
  /** How many of the candidates were not read. */
  readonly unread: number
  /** The first failed read: there may be more signatures than were found. */
  readonly failure?: WasmpackError
}

/** Finds the signatures that the verifier accepts, until there are enough: bundles first, then what cosign wrote before. */
export async function findSignatures(
  target: ReadOnlyTarget,
  subject: Digest,
  verifier: Verifier,
  operation: Operation,
  { atLeast = 1, formats = ['bundle', 'legacy'], limits }: SignatureSearchOptions = {},
): Promise<SignatureSearchResult> {
  const isEnough = (found: readonly { readonly signer: VerifiedSigner }[]): boolean =>
    countSigners(found) >= atLeast
  const wanted = { verifier, predicateType: SIGNATURE_PREDICATE, bundleLimit: SIGNATURE_LIMIT, isEnough }
  const { found, rejected, unread, failure } = await findStatements(
    target,
    subject,
    wanted,
    operation,
    limits,
  )
  const signatures = formats.includes('bundle')
    ? found.map((statement) => toSignature(statement, 'bundle'))
    : []
  if (isEnough(signatures) || !formats.includes('legacy'))
    return { signatures, candidates: rejected, unread, ...(failure && { failure }) }
  const isLegacy = ({ kind }: RejectedCandidate): boolean => kind === 'legacy-signature'
  const referrers = rejected.filter(isLegacy).map(({ digest }) => digest)
  const legacy = await findLegacySignatures(target, subject, referrers, verifier, operation)
  return {
    signatures: [...signatures, ...legacy.found.map((signature) => toSignature(signature, 'legacy'))],
    candidates: [...rejected.filter((one) => !isLegacy(one)), ...legacy.rejected],
    unread,
    ...(failure && { failure }),
  }
}

/** What cosign keeps of the artifact under tags. It only explains a refusal, so a failed look-up is no other error. */
async function findOthers(
  target: ReadOnlyTarget,
  subject: Digest,
  operation: Operation,
): Promise<readonly Referrer[]> {
  try {
    return await discoverCosignTags(target, subject, operation)
  } catch (error) {
    operation.signal?.throwIfAborted()
    if (error instanceof WasmpackError) return []
    throw error
  }
}

const toSignature = (
  { digest, signer, evidence, annotations }: Omit<VerifiedSignature, 'format'>,
  format: VerifiedSignature['format'],
): VerifiedSignature => ({
  digest,
  signer,
  ...(evidence && { evidence }),
  format,
  ...(format === 'bundle' && { predicateType: SIGNATURE_PREDICATE }),
  annotations,
})

function describeFlood(
  name: string,
  subject: Digest,
  candidates: readonly RejectedCandidate[],
  unread: number,
): WasmpackError {
  const read = candidates.filter(({ kind }) => kind !== 'legacy-signature').length - unread
  return new WasmpackError(
    'SIGNATURE_UNTRUSTED',
    `no trusted signature among the first ${read} referrers of ${name}; ${unread} more were not read`,
    {
      hint: `delete the referrers that do not belong there; list them with: wasmpack discover ${name}`,
      details: { subject, read, unread, candidates },
    },
  )
}

function describeRefusal(
  target: ReadOnlyTarget,
  subject: Digest,
  candidates: readonly RejectedCandidate[],
  cosignTags: readonly Referrer[],
): WasmpackError {
  const name = `${target.name}@${subject}`
  const details = { subject, candidates }
  const signatures = candidates.filter(({ kind }) => kind === 'signature' || kind === 'legacy-signature')
  if (signatures.length === 0)
    return new WasmpackError('SIGNATURE_MISSING', `${name} has no signature`, {
      hint:
        describeOthers([...candidates, ...cosignTags].map(({ kind }) => kind)) ??
        ['sign it with wasmpack sign, or push it with --key', target.unlisted ?? []].flat().join('; '),
      details,
    })
  const reasons = new Set(signatures.map(({ reason }) => reason))
  return new WasmpackError(
    'SIGNATURE_UNTRUSTED',
    `no signature of ${name} is trusted (${signatures.length} found)`,
    { hint: [...reasons].slice(0, 3).join('; '), details },
  )
}

/** What is attached to an artifact in place of a signature, by kinds. */
function describeOthers(kinds: readonly ReferrerKind[]): string | undefined {
  if (kinds.length === 0) return undefined
  const counts = [...new Set(kinds)].map((kind) => `${kinds.filter((one) => one === kind).length} ${kind}`)
  return `what is attached to it is no signature that is read (${counts.join(', ')}): sign it with wasmpack sign`
}
