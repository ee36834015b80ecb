import { type VerificationResult, verifySignatures } from '../attestations/verify.ts'
import type { Index, Manifest } from '../oci/manifest.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import type { Verifier } from '../signing/verifier.ts'

/** An artifact whose signatures were verified. */
export interface VerifyResult {
  readonly manifest: Manifest | Index
  readonly verification: VerificationResult
}

/** Resolves a tag or digest once and verifies the signatures of that digest; no layer is fetched. */
export async function verifyArtifact(
  target: ReadOnlyTarget,
  reference: string,
  verifier: Verifier,
  operation: Operation,
): Promise<VerifyResult> {
  const manifest = await target.manifest(reference, operation)
  return { manifest, verification: await verifySignatures(target, manifest.digest, verifier, operation) }
}
