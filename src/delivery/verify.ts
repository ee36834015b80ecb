import { type VerificationResult, verifySignatures } from '../attestations/verify.ts'
import type { Index, Manifest } from '../oci/manifest.ts'
import { MemoizedTarget } from '../oci/memoized-target.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import type { Verifier } from '../signing/verifier.ts'
import type { TrustJudgement } from './enforce-trust.ts'
import { type AppliedTrust, isNoTrust } from './trust-policies.ts'

/** Who must have signed. */
export interface TrustDemand {
  /** By the flags. */
  readonly verifier: Verifier | 'ignored'
  /** By the trust policies in force, which nothing ignores. */
  readonly trustPolicies?: AppliedTrust
}

/** An artifact whose signatures were verified. */
export interface VerifyResult {
  readonly manifest: Manifest | Index
  /** Absent if no signature was asked for. */
  readonly verification?: VerificationResult
  /** What the trust policies said. */
  readonly trust: readonly TrustJudgement[]
}

/** Resolves a tag or digest once and verifies the signatures of that digest; no layer is fetched. Throws what a trust policy refuses. */
export async function verifyArtifact(
  target: ReadOnlyTarget,
  reference: string,
  { verifier, trustPolicies }: TrustDemand,
  operation: Operation,
): Promise<VerifyResult> {
  const manifest = await target.manifest(reference, operation)
  const hasPolicies = trustPolicies !== undefined && !isNoTrust(trustPolicies)
  const source = hasPolicies ? new MemoizedTarget(target) : target
  const verification =
    verifier === 'ignored' ? undefined : await verifySignatures(source, manifest.digest, verifier, operation)
  if (!hasPolicies) return { manifest, trust: [], ...(verification && { verification }) }
  const { enforceTrust, mergeVerification } = await import('./enforce-trust.ts')
  const trust = await enforceTrust(source, manifest, trustPolicies, operation)
  const merged = mergeVerification(manifest.digest, verification, trust)
  return { manifest, trust, ...(merged && { verification: merged }) }
}
