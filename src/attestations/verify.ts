import { WasmpackError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import type { VerifiedEvidence } from '../signing/identity/evidence.ts'
import type { VerifiedSigner } from '../signing/verified-signer.ts'
import type { Verifier } from '../signing/verifier.ts'
import { findStatements, type FoundStatement, type RejectedCandidate } from './find-statements.ts'
import { SIGNATURE_LIMIT, SIGNATURE_PREDICATE } from './statement.ts'

/** A signature that satisfies the requirement. */
export interface VerifiedSignature {
  /** Of the manifest that attaches the signature to the artifact. */
  readonly digest: Digest
  readonly signer: VerifiedSigner
  /** What logs and authorities confirmed, if a trusted root was given. */
  readonly evidence?: VerifiedEvidence
  readonly predicateType: string
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
): Promise<VerificationResult> {
  const wanted = { verifier, predicateType: SIGNATURE_PREDICATE, bundleLimit: SIGNATURE_LIMIT }
  const { found, rejected, unread, failure } = await findStatements(target, subject, wanted, operation)
  if (found.length > 0)
    return {
      subject,
      signatures: found.map((statement) => toSignature(statement)),
      candidates: rejected,
    }
  if (failure !== undefined) throw failure
  const name = `${target.name}@${subject}`
  if (unread > 0) throw describeFlood(name, subject, rejected, unread)
  throw describeRefusal(target, subject, rejected, await findLegacyTag(target, subject, operation))
}

const toSignature = ({ digest, signer, evidence, annotations }: FoundStatement): VerifiedSignature => ({
  digest,
  signer,
  ...(evidence && { evidence }),
  predicateType: SIGNATURE_PREDICATE,
  annotations,
})

/** The tag of a signature in the format of cosign 2, if there is one. Only a failed verification asks for it. */
async function findLegacyTag(
  target: ReadOnlyTarget,
  subject: Digest,
  operation: Operation,
): Promise<string | undefined> {
  const tag = `${subject.replace(':', '-')}.sig`
  try {
    await target.resolve(tag, operation)
    return tag
  } catch (error) {
    if (error instanceof WasmpackError) return undefined
    throw error
  }
}

function describeFlood(
  name: string,
  subject: Digest,
  candidates: readonly RejectedCandidate[],
  unread: number,
): WasmpackError {
  const read = candidates.length - unread
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
  legacyTag: string | undefined,
): WasmpackError {
  const name = `${target.name}@${subject}`
  const signatures = candidates.filter(({ kind }) => kind === 'signature')
  const legacy =
    legacyTag === undefined
      ? undefined
      : `the tag ${legacyTag} holds a signature in cosign's legacy format, which is not read: sign again with wasmpack sign, or cosign 3`
  const details = { subject, candidates, ...(legacyTag === undefined ? {} : { legacyTag }) }
  if (signatures.length === 0)
    return new WasmpackError('SIGNATURE_MISSING', `${name} has no signature`, {
      hint:
        legacy ??
        (candidates.length > 0
          ? `none of its ${candidates.length} referrers is a signature: sign it with wasmpack sign`
          : ['sign it with wasmpack sign, or push it with --key', target.unlisted ?? []].flat().join('; ')),
      details,
    })
  const reasons = new Set(signatures.map(({ reason }) => reason))
  return new WasmpackError(
    'SIGNATURE_UNTRUSTED',
    `no signature of ${name} is trusted (${signatures.length} found)`,
    { hint: legacy ?? [...reasons].slice(0, 3).join('; '), details },
  )
}
