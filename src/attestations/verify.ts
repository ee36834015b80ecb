import { WasmpackError } from '../errors.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import type { Digest } from '../oci/digest.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import { findStatements, type RejectedCandidate } from './find-statements.ts'
import { SIGNATURE_LIMIT, SIGNATURE_PREDICATE } from './statement.ts'
import type { SignatureRequirement } from '../signing/requirement.ts'

/** A signature that satisfies the policy. */
export interface VerifiedSignature {
  /** Of the manifest that attaches the signature to the artifact. */
  readonly digest: Digest
  readonly keyHint: string
  /** The key, as people name it. */
  readonly keyId: string
  readonly predicateType: string
  /** What the signer wrote into the signature: any JSON values. */
  readonly annotations: Readonly<Record<string, unknown>>
}

/** That an artifact is signed as the policy asks: there is at least one signature. */
export interface VerificationResult {
  readonly subject: Digest
  readonly signatures: readonly VerifiedSignature[]
  /** All else that refers to the artifact, and why it does not count. */
  readonly candidates: readonly RejectedCandidate[]
}

/**
 * Verifies that the artifact carries a signature that satisfies the policy; what others attached never turns success into
 * failure. Throws SIGNATURE_MISSING, SIGNATURE_UNTRUSTED with a reason for each candidate, TRUST_REQUIRED for a policy
 * without a key. A look-up that fails throws as it failed: it never means that there is no signature.
 */
export async function verifySignatures(
  target: ReadOnlyTarget,
  subject: Descriptor | Digest,
  policy: SignatureRequirement,
  operation: Operation = {},
): Promise<VerificationResult> {
  const digest = typeof subject === 'string' ? subject : subject.digest
  if (policy.keys.length === 0)
    throw new WasmpackError('TRUST_REQUIRED', `no key was given to verify ${target.name}@${digest} with`, {
      hint: 'give the public key of whoever signs with --key',
    })
  const wanted = { predicateType: SIGNATURE_PREDICATE, policy, bundleLimit: SIGNATURE_LIMIT }
  const { found, rejected, failure } = await findStatements(target, digest, wanted, operation)
  if (found.length > 0)
    return {
      subject: digest,
      signatures: found.map(({ digest, key, annotations }) => ({
        digest,
        keyHint: key.hint,
        keyId: key.id,
        predicateType: SIGNATURE_PREDICATE,
        annotations,
      })),
      candidates: rejected,
    }
  if (failure !== undefined) throw failure
  throw describeRefusal(target, digest, rejected, await findLegacyTag(target, digest, operation))
}

/** The tag of a signature as cosign wrote it before version 3, if there is one. Only a failed verification asks. */
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

function describeRefusal(
  target: ReadOnlyTarget,
  subject: Digest,
  candidates: readonly RejectedCandidate[],
  legacyTag: string | undefined,
): WasmpackError {
  const signatures = candidates.filter(({ kind }) => kind === 'signature')
  const legacy =
    legacyTag === undefined
      ? undefined
      : `the tag ${legacyTag} holds a signature in cosign's legacy format, which is not read: sign again with wasmpack sign, or cosign 3`
  const details = { subject, candidates, ...(legacyTag === undefined ? {} : { legacyTag }) }
  if (signatures.length === 0)
    return new WasmpackError('SIGNATURE_MISSING', `${target.name}@${subject} carries no signature`, {
      hint:
        legacy ??
        (candidates.length > 0
          ? `what refers to it is no signature (${candidates.length} found): sign it with wasmpack sign`
          : ['sign it with wasmpack sign, or push it with --key', target.unlisted ?? []].flat().join('; ')),
      details,
    })
  const reasons = new Set(signatures.map(({ reason }) => reason))
  return new WasmpackError(
    'SIGNATURE_UNTRUSTED',
    `no signature of ${target.name}@${subject} is trusted (${signatures.length} found)`,
    { hint: legacy ?? [...reasons].slice(0, 3).join('; '), details },
  )
}
