import { type AttestationVerification, verifyAttestations } from '../attestations/verify-attestations.ts'
import { MemoizedTarget } from '../oci/memoized-target.ts'
import type { Index, Manifest } from '../oci/manifest.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import type { Verifier } from '../signing/verifier.ts'
import { checkContents } from './admit.ts'

/** An artifact that has an attestation of every wanted type. */
export interface AttestedArtifact {
  readonly manifest: Manifest | Index
  /** One for each predicate type, in the order given. */
  readonly verifications: readonly AttestationVerification[]
}

/**
 * Resolves a tag or digest once and verifies that the digest has an attestation of each predicate type by an accepted signer; its
 * signatures are not looked at. Contents are checked as where signatures are verified.
 */
export async function verifyAttestedContents(
  target: ReadOnlyTarget,
  reference: string,
  verifier: Verifier,
  predicateTypes: readonly string[],
  operation: Operation,
): Promise<AttestedArtifact> {
  const manifest = await target.manifest(reference, operation)
  const lookIn = new MemoizedTarget(target)
  const verifications: AttestationVerification[] = []
  for (const predicateType of predicateTypes)
    verifications.push(await verifyAttestations(lookIn, manifest.digest, verifier, predicateType, operation))
  await checkContents(target, manifest, operation)
  return { manifest, verifications }
}
