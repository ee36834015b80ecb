import type { VerificationMaterial } from './bundle.ts'
import type { TrustPolicy } from './trust-policy.ts'

/** What signs: the one thing that differs between the ways to sign. */
export interface Signer {
  /** For people: which key or identity signs. */
  readonly name: string
  /** What a signature by this signer satisfies, so that a signature is checked before anybody else sees it. */
  readonly trust: TrustPolicy
  /** Signs a message as it is; hashing it is the signer's part. */
  sign(message: Uint8Array): Promise<Endorsement>
}

/** A signature and what it is to be verified with. */
export interface Endorsement {
  readonly signature: Uint8Array
  readonly material: VerificationMaterial
}
