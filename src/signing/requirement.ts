import type { VerificationKey } from './public-key.ts'

/** Who must have signed. One signature that satisfies the policy is enough. */
export type SignatureRequirement = KeyRequirement

interface Requirements {
  /** Annotations that the signature itself has to carry, letter for letter. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** Signed with the private half of any of the keys. */
export interface KeyRequirement extends Requirements {
  readonly kind: 'keys'
  readonly keys: readonly VerificationKey[]
}
