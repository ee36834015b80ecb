import type { Bundle } from '../bundle.ts'
import type { VerificationKey } from '../public-key.ts'
import type { SignedContent } from '../signed-content.ts'
import type { KeyHolder } from '../verified-signer.ts'
import type { EvidenceRequirement, VerifiedEvidence } from './evidence.ts'
import { NotVerified } from './not-verified.ts'
import { verifyWitnesses } from './witnesses.ts'

export type KeyVerdict =
  | { readonly kind: 'verified'; readonly signer: KeyHolder; readonly evidence: VerifiedEvidence }
  | { readonly kind: 'rejected'; readonly reason: string }

/** Verifies what services confirm of a signature that is valid by the key. A value, never thrown. */
export function verifyKeyEvidence(
  evidence: EvidenceRequirement,
  bundle: Bundle,
  content: SignedContent,
  key: VerificationKey,
): KeyVerdict {
  const der = key.key.export({ format: 'der', type: 'spki' })
  try {
    const verified = verifyWitnesses(evidence, bundle, content, key, { kind: 'publicKey', der })
    return {
      kind: 'verified',
      signer: { kind: 'key', id: key.id, hint: key.hint },
      evidence: verified,
    }
  } catch (error) {
    const reason = error instanceof NotVerified ? error.message : 'cannot be verified: it is malformed'
    return { kind: 'rejected', reason }
  }
}
