import { canonicalJson } from '../json.ts'
import type { Index, Manifest } from '../oci/manifest.ts'
import type { Operation, Target } from '../oci/target.ts'
import type { Signer } from '../signing/signer.ts'
import { attachBundle, type AttachOptions, type AttachResult } from './attach.ts'
import { findStatements } from './find-statements.ts'
import { signStatement } from './sign-statement.ts'

export interface AttestOptions extends AttachOptions {
  readonly predicateType: string
  /** A JSON value, which is signed and attached unchanged. */
  readonly predicate: unknown
}

/** In bytes; bills of materials can have some megabytes. */
const BUNDLE_LIMIT = 10 * 1024 * 1024

/**
 * Signs a statement about an artifact and attaches it, unless the same signer has attested the same before. The artifact must
 * be in the target.
 */
export async function attestArtifact(
  target: Target,
  subject: Manifest | Index,
  signer: Signer,
  { predicateType, predicate, created, witnesses, lookIn = target }: AttestOptions,
  operation: Operation = {},
): Promise<AttachResult> {
  const wanted = { verifier: signer.verifier, predicateType, bundleLimit: BUNDLE_LIMIT }
  const { found } = await findStatements(lookIn, subject.digest, wanted, operation)
  const kept = found.find((statement) => canonicalJson(statement.predicate) === canonicalJson(predicate))
  if (kept !== undefined) return { digest: kept.digest, written: false }
  const bundle = await signStatement(subject.digest, { predicateType, predicate }, signer, witnesses)
  const manifest = await attachBundle(target, subject, { bundle, predicateType, created }, operation)
  return { digest: manifest.digest, written: true }
}
