import type { VerificationMaterial } from './bundle.ts'
import type { Verifier } from './verifier.ts'

/** A private key or an identity that signs. */
export interface Signer {
  /** For people: which key or identity signs. */
  readonly name: string
  /** Accepts the signatures of this signer alone; each new one must pass it before it is attached. */
  readonly verifier: Verifier
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
