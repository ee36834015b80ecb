import type { Bundle } from './bundle.ts'
import { encodePreAuth } from './dsse.ts'
import { isSignedBy, type VerificationKey } from './public-key.ts'
import type { VerifiedSigner } from './verified-signer.ts'

/** Who must have signed. A union by `kind`; only this file knows the fields of a kind. */
export type SignatureRequirement = KeyRequirement

/** Signed with the private half of any one of the keys. */
export interface KeyRequirement {
  readonly kind: 'keys'
  readonly keys: readonly VerificationKey[]
}

/** Whether a signature satisfies a requirement: a value, never thrown. The reason is a phrase without a subject. */
export type SignatureVerdict =
  | { readonly kind: 'verified'; readonly signer: VerifiedSigner }
  | { readonly kind: 'rejected'; readonly reason: string }

/** Verifies the signature of a bundle by the requirement; what the bundle states is not looked at. */
export async function satisfies(
  requirement: SignatureRequirement,
  bundle: Bundle,
): Promise<SignatureVerdict> {
  switch (requirement.kind) {
    case 'keys':
      return satisfiesKeys(requirement, bundle)
  }
}

/** Whether the requirement names no signer at all, so that nothing could satisfy it. */
export const isEmptyRequirement = ({ keys }: SignatureRequirement): boolean => keys.length === 0

/** The hint does not choose the key: it is not signed, and cosign ignores it. */
function satisfiesKeys({ keys }: KeyRequirement, { material, envelope }: Bundle): SignatureVerdict {
  if (material.kind === 'certificate')
    return { kind: 'rejected', reason: 'signed with a certificate, not a key' }
  const message = encodePreAuth(envelope)
  const key = keys.find((one) => isSignedBy(one, message, envelope.signature))
  if (key !== undefined) return { kind: 'verified', signer: { kind: 'key', id: key.id, hint: key.hint } }
  return {
    kind: 'rejected',
    reason: keys.some(({ hint }) => hint === material.hint)
      ? 'names the key, but its signature is not valid'
      : 'signed by another key',
  }
}
