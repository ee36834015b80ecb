import type { VerificationMaterial } from './bundle.ts'
import type { SignatureRequirement } from './requirement.ts'

/** What signs: the one thing that differs between the ways to sign. */
export interface Signer {
  /** For people: which key or identity signs. */
  readonly name: string
  /** What a signature by this signer satisfies, so that a signature is checked before anybody else sees it. */
  readonly trust: SignatureRequirement
  /** Signs a message as it is; hashing it is the signer's part. */
  sign(message: Uint8Array): Promise<RawSignature>
}

/** A signature and what it is to be verified with. */
export interface RawSignature {
  readonly signature: Uint8Array
  readonly material: VerificationMaterial
}
