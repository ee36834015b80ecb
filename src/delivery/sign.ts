import { confirmAttached } from '../attestations/confirm-attached.ts'
import { type Signatures, signInFormats } from '../attestations/sign-formats.ts'
import type { Digest } from '../oci/digest.ts'
import type { Reference } from '../oci/reference.ts'
import type { Operation, Target } from '../oci/target.ts'
import type { Signing } from '../signing/signing.ts'
import { demandDigest } from './demand-digest.ts'

export interface SignRequest {
  readonly target: Target
  readonly reference: Reference
  /** Its digest, or its tag if it has none. */
  readonly name: string
  /** The flags that say who signs, for hints. */
  readonly flags: string
  /** Called once it is known that there is something to sign: it may ask for a password. */
  readonly openSigning: () => Promise<Signing>
  /** RFC 3339. */
  readonly signedAt: string
  /** Signs although the same signer has done so before. */
  readonly again?: boolean | undefined
}

export interface SignResult {
  /** What was signed. */
  readonly digest: Digest
  readonly signatures: Signatures
}

/**
 * Signs a published artifact by its digest. Throws USAGE for a tag, which may name something else by the time the signature is
 * made, with the digest that it names; REGISTRY_REFUSED if the registry did not keep the signature.
 */
export async function signPublished(
  { target, reference, name, flags, openSigning, signedAt, again }: SignRequest,
  operation: Operation,
): Promise<SignResult> {
  const digest = await demandDigest({ target, reference }, name, { command: 'sign', flags }, operation)
  const signing = await openSigning()
  const manifest = await target.manifest(digest, operation)
  const signatures = await signInFormats(target, manifest, signing, { created: signedAt, again }, operation)
  const { signature } = signatures
  if (signature?.written) await confirmAttached(target, digest, { digest: signature.digest }, '', operation)
  return { digest, signatures }
}
