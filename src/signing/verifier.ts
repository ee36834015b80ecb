import { WasmpackError } from '../errors.ts'
import { parseBundle } from './bundle-reader.ts'
import type { Envelope } from './dsse.ts'
import { isEmptyRequirement, satisfies, type SignatureRequirement } from './requirement.ts'
import type { VerifiedSigner } from './verified-signer.ts'

/** Verifies bundles by one requirement. Made once per run, so that what a kind of requirement has to load is loaded once. */
export interface Verifier {
  readonly requirement: SignatureRequirement
  /** Reads a bundle and verifies its signature; a malformed bundle is a rejected one. */
  verify(bundle: Uint8Array): Promise<BundleVerdict>
}

/** Whether a bundle is signed as required; its content must only be read if it is. The reason is a phrase without a subject. */
export type BundleVerdict =
  | { readonly kind: 'verified'; readonly signer: VerifiedSigner; readonly envelope: Envelope }
  | { readonly kind: 'rejected'; readonly reason: string }

/** Throws TRUST_REQUIRED for a requirement that names no signer. */
export function createVerifier(requirement: SignatureRequirement): Verifier {
  if (isEmptyRequirement(requirement))
    throw new WasmpackError('TRUST_REQUIRED', 'no public key to verify signatures with', {
      hint: "give the signer's public key with --key",
    })
  return {
    requirement,
    async verify(bytes) {
      try {
        const bundle = parseBundle(bytes)
        const verdict = await satisfies(requirement, bundle)
        return verdict.kind === 'rejected' ? verdict : { ...verdict, envelope: bundle.envelope }
      } catch (error) {
        if (error instanceof WasmpackError && error.code === 'ARTIFACT_MALFORMED')
          return { kind: 'rejected', reason: error.message }
        throw error
      }
    },
  }
}
