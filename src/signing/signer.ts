import type { VerificationMaterial } from './bundle.ts'
import type { VerifiedSigner } from './verified-signer.ts'
import type { RequirementVerifier } from './verifier.ts'

/** A private key or an identity that signs. */
export interface Signer {
  /** For people: which key or identity signs. */
  readonly name: string
  /** What its signatures may be verified as being by: the key, or every name that a certificate may give to the identity. */
  readonly identities: readonly VerifiedSigner[]
  /** Accepts the signatures of this signer alone; each new one must pass it before it is attached. */
  readonly verifier: RequirementVerifier
  /** Signs a message, which it hashes itself. */
  sign(message: Uint8Array): Promise<RawSignature>
}

/** A signature and what it takes to verify it. */
export interface RawSignature {
  readonly signature: Uint8Array
  readonly material: VerificationMaterial
  /** The public key in SPKI form (DER), which a transparency log records. */
  readonly publicKey: Uint8Array
}
