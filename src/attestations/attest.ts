import { canonicalJson } from '../json.ts'
import type { Digest } from '../oci/digest.ts'
import type { Index, Manifest } from '../oci/manifest.ts'
import type { Operation, Target } from '../oci/target.ts'
import type { Signer } from '../signing/signer.ts'
import { attachBundle, type AttachOptions, type AttachResult } from './attach.ts'
import { findStatements } from './find-statements.ts'
import { parsePredicate } from './predicate.ts'
import { signStatement } from './sign-statement.ts'
import { ATTESTATION_LIMIT } from './statement.ts'

export interface AttestOptions extends AttachOptions {
  readonly predicateType: string
  /** A JSON value; or the bytes of a JSON object, which are signed byte for byte. */
  readonly predicate: unknown
  /** What else it is about, beside the artifact. */
  readonly alsoAbout?: readonly Digest[] | undefined
}

/**
 * Signs a statement about an artifact and attaches it, unless the same signer has attested the same before or it is to attest `again`. The artifact must
 * be in the target. Throws
 * PREDICATE_INVALID for bytes that are no JSON object.
 */
export async function attestArtifact(
  target: Target,
  subject: Manifest | Index,
  signer: Signer,
  { predicateType, predicate, alsoAbout, created, witnesses, again = false, lookIn = target }: AttestOptions,
  operation: Operation = {},
): Promise<AttachResult> {
  const wanted = { verifier: signer.verifier, predicateType, bundleLimit: ATTESTATION_LIMIT }
  const found = again ? [] : (await findStatements(lookIn, subject.digest, wanted, operation)).found
  const stated = canonicalJson(
    predicate instanceof Uint8Array ? parsePredicate(predicate, 'predicate') : predicate,
  )
  const kept = found.find((statement) => canonicalJson(statement.predicate) === stated)
  if (kept !== undefined) return { digest: kept.digest, written: false }
  const bundle = await signStatement(
    subject.digest,
    { predicateType, predicate, alsoAbout },
    signer,
    witnesses,
  )
  const manifest = await attachBundle(target, subject, { bundle, predicateType, created }, operation)
  return { digest: manifest.digest, written: true }
}
