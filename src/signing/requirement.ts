import type { Bundle } from './bundle.ts'
import type { EvidenceRequirement, VerifiedEvidence } from './identity/evidence.ts'
import type { NameMatcher } from './identity/name-matcher.ts'
import type { VerificationKey } from './public-key.ts'
import type { SignedContent } from './signed-content.ts'
import type { VerifiedSigner } from './verified-signer.ts'

/** Who must have signed. A union by `kind`; only this file knows the fields of a kind. */
export type SignatureRequirement = KeyRequirement | IdentityRequirement

/** Signed with the private half of any one of the keys. */
export interface KeyRequirement {
  readonly kind: 'keys'
  readonly keys: readonly VerificationKey[]
  /** What services must confirm; without it, what they say is not looked at. */
  readonly evidence?: EvidenceRequirement
}

/** Signed with a certificate for an identity, which was valid at the time. */
export interface IdentityRequirement {
  readonly kind: 'identity'
  /** Of the certificate's subject alternative name. */
  readonly subject: NameMatcher
  /** Of the OpenID Connect issuer that vouched for the subject. */
  readonly issuer: NameMatcher
  readonly evidence: EvidenceRequirement
}

/** Whether a signature satisfies a requirement: a value, never thrown. The reason is a phrase without a subject. */
export type SignatureVerdict =
  | { readonly kind: 'verified'; readonly signer: VerifiedSigner; readonly evidence?: VerifiedEvidence }
  | { readonly kind: 'rejected'; readonly reason: string }

/** Verifies the signature of a bundle over the content; what the content states is not looked at. */
export async function satisfies(
  requirement: SignatureRequirement,
  bundle: Bundle,
  content: SignedContent,
): Promise<SignatureVerdict> {
  switch (requirement.kind) {
    case 'keys':
      return satisfiesKeys(requirement, bundle, content)
    case 'identity':
      return (await import('./identity/verification.ts')).verifyIdentity(requirement, bundle, content)
  }
}

/** Whether the requirement names no signer at all, so that nothing could satisfy it. */
export const isEmptyRequirement = (requirement: SignatureRequirement): boolean =>
  requirement.kind === 'keys' && requirement.keys.length === 0

/** The hint does not choose the key: it is not signed, and cosign ignores it. */
async function satisfiesKeys(
  { keys, evidence }: KeyRequirement,
  bundle: Bundle,
  content: SignedContent,
): Promise<SignatureVerdict> {
  const { material } = bundle
  if (material.kind === 'certificate')
    return { kind: 'rejected', reason: 'signed with a certificate, not a key' }
  const key = keys.find((one) => content.isSignedBy(one))
  if (key === undefined)
    return {
      kind: 'rejected',
      reason: keys.some(({ hint }) => hint === material.hint)
        ? 'names the key, but its signature is not valid'
        : 'signed by another key',
    }
  if (evidence === undefined) return { kind: 'verified', signer: { kind: 'key', id: key.id, hint: key.hint } }
  const { verifyKeyEvidence } = await import('./identity/verification.ts')
  return verifyKeyEvidence(evidence, bundle, content, key)
}
