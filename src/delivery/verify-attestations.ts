import { type AttestationVerification, verifyAttestations } from '../attestations/verify-attestations.ts'
import { MemoizedTarget } from '../oci/memoized-target.ts'
import type { Index, Manifest } from '../oci/manifest.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import type { Verifier } from '../signing/verifier.ts'
import { checkContents } from './admit.ts'
import type { TrustJudgement } from './enforce-trust.ts'
import { type TrustDemand, verifyArtifact } from './verify.ts'

/** An artifact that has an attestation of every wanted type. */
export interface AttestedArtifact {
  readonly manifest: Manifest | Index
  /** One for each predicate type, in the order given. */
  readonly verifications: readonly AttestationVerification[]
  /** What the trust policies said. */
  readonly trust: readonly TrustJudgement[]
}

/**
 * Resolves a tag or digest once and verifies that the digest has an attestation of each predicate type by an accepted signer; its
 * signatures are looked at where trust policies ask for some. Contents are checked as where signatures are verified.
 */
export async function verifyAttestedContents(
  target: ReadOnlyTarget,
  reference: string,
  { verifier, trustPolicies }: TrustDemand & { readonly verifier: Verifier },
  predicateTypes: readonly string[],
  operation: Operation,
): Promise<AttestedArtifact> {
  const lookIn = new MemoizedTarget(target)
  const asked = { verifier: 'ignored', ...(trustPolicies && { trustPolicies }) } as const
  const { manifest, trust } = await verifyArtifact(lookIn, reference, asked, operation)
  const verifications: AttestationVerification[] = []
  for (const predicateType of predicateTypes)
    verifications.push(await verifyAttestations(lookIn, manifest.digest, verifier, predicateType, operation))
  await checkContents(target, manifest, operation)
  return { manifest, verifications, trust }
}
