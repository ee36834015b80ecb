import type { Signer } from './signer.ts'
import type { Witness } from './witness.ts'

/** Who signs, and who confirms it. */
export interface Signing {
  readonly signer: Signer
  readonly witnesses: readonly Witness[]
}
