import { canonicalJson } from '../json.ts'
import type { Index, Manifest } from '../oci/manifest.ts'
import type { Operation, ReadOnlyTarget, Target } from '../oci/target.ts'
import { attachBundle } from './attach.ts'
import { findStatements } from './find-statements.ts'
import { signStatement } from './sign-statement.ts'
import type { AttachResult } from './sign.ts'
import type { Signer } from '../signing/signer.ts'

export interface AttestOptions {
  readonly predicateType: string
  /** A JSON value, which is signed and attached as it is. */
  readonly predicate: unknown
  /** When it is attested (RFC 3339), for the annotation that says so. */
  readonly created: string
  /** Where what is attached already is looked for: the target, or what remembers it. */
  readonly lookIn?: ReadOnlyTarget | undefined
}

/** In bytes; bills of materials can have some megabytes. */
const BUNDLE_LIMIT = 10 * 1024 * 1024

/**
 * Attests something of an artifact and attaches the signed statement, unless the same signer has attested the same before.
 * The artifact must be in the target.
 */
export async function attestArtifact(
  target: Target,
  subject: Manifest | Index,
  signer: Signer,
  { predicateType, predicate, created, lookIn = target }: AttestOptions,
  operation: Operation = {},
): Promise<AttachResult> {
  const wanted = { predicateType, policy: signer.trust, bundleLimit: BUNDLE_LIMIT }
  const { found } = await findStatements(lookIn, subject.digest, wanted, operation)
  const kept = found.find((statement) => canonicalJson(statement.predicate) === canonicalJson(predicate))
  if (kept !== undefined) return { digest: kept.digest, written: false }
  const bundle = await signStatement(subject.digest, { predicateType, predicate }, signer)
  const manifest = await attachBundle(target, subject, { bundle, predicateType, created }, operation)
  return { digest: manifest.digest, written: true }
}
