import type { AttachResult } from '../attestations/attach.ts'
import { attestArtifact } from '../attestations/attest.ts'
import { confirmAttached } from '../attestations/confirm-attached.ts'
import type { Operation } from '../oci/target.ts'
import { demandDigest } from './demand-digest.ts'
import type { SignRequest } from './sign.ts'

/** What is attested of an artifact. */
export interface Attestation {
  readonly predicateType: string
  /** The bytes of a JSON object, which are signed byte for byte; or an object. */
  readonly predicate: object
  /** Whether it is about the module of the artifact, too; only of use in a push. */
  readonly aboutModule?: boolean
}

/**
 * Signs an attestation of a published artifact by its digest. Throws USAGE for a tag; REGISTRY_REFUSED if the registry did not keep
 * the attestation.
 */
export async function attestPublished(
  { target, reference, name, flags, openSigning, signedAt, again }: SignRequest,
  attestation: Attestation,
  operation: Operation,
): Promise<AttachResult> {
  const digest = await demandDigest({ target, reference }, name, { command: 'attest', flags }, operation)
  const { signer, witnesses } = await openSigning()
  const manifest = await target.manifest(digest, operation)
  const options = { ...attestation, created: signedAt, witnesses, again }
  const attached = await attestArtifact(target, manifest, signer, options, operation)
  if (attached.written)
    await confirmAttached(target, digest, { digest: attached.digest, what: 'attestation' }, '', operation)
  return attached
}
