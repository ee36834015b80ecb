import type { Signer } from './signer.ts'
import type { Witness } from './witness.ts'

/** A bundle, as cosign 3 writes it, what cosign wrote before, or each of them. */
export type SignatureFormat = 'bundle' | 'legacy' | 'both'

/** Who signs, and who confirms it. */
export interface Signing {
  readonly signer: Signer
  readonly witnesses: readonly Witness[]
  /** How signatures are attached; bundles by default. */
  readonly format?: SignatureFormat | undefined
}
