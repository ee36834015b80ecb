import { confirmAttached } from '../attestations/confirm-attached.ts'
import { type Signatures, signInFormats } from '../attestations/sign-formats.ts'
import { WasmpackError } from '../errors.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import type { Digest } from '../oci/digest.ts'
import { formatRepository, type Reference } from '../oci/reference.ts'
import type { Operation, Target } from '../oci/target.ts'
import { printable } from '../printable.ts'
import type { Signing } from '../signing/signing.ts'

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
  { target, reference, name, flags, openSigning, signedAt }: SignRequest,
  operation: Operation,
): Promise<SignResult> {
  const { digest } = reference
  if (digest === undefined)
    throw createTagError(formatRepository(reference), await target.resolve(name, operation), name, flags)
  const signing = await openSigning()
  const manifest = await target.manifest(digest, operation)
  const signatures = await signInFormats(target, manifest, signing, { created: signedAt }, operation)
  const { signature } = signatures
  if (signature?.written)
    await confirmAttached(target, digest, { signature: signature.digest }, '', operation)
  return { digest, signatures }
}

const createTagError = (
  repository: string,
  { digest }: Descriptor,
  tag: string,
  flags: string,
): WasmpackError =>
  new WasmpackError('USAGE', `${repository}:${tag} is a tag, which may move: only a digest can be signed`, {
    hint: `sign the digest: wasmpack sign ${repository}@${digest} ${printable(flags)}`,
    details: { digest },
  })
