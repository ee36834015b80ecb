import { WasmpackError } from '../errors.ts'
import type { Index, Manifest } from '../oci/manifest.ts'
import type { Operation, Target } from '../oci/target.ts'
import type { Signer } from '../signing/signer.ts'
import { attachBundle, type AttachOptions, type AttachResult } from './attach.ts'
import { findStatements } from './find-statements.ts'
import { signStatement } from './sign-statement.ts'
import { SIGNATURE_LIMIT, SIGNATURE_PREDICATE } from './statement.ts'

export interface SignOptions extends AttachOptions {
  /** What the signature states besides the digest. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/**
 * Signs an artifact and attaches the signature, unless a valid one by the same signer with all the annotations is attached
 * already or it is to sign `again`. The artifact must be in the target. Throws USAGE for annotations that readers would reject.
 */
export async function signArtifact(
  target: Target,
  subject: Manifest | Index,
  signer: Signer,
  { created, annotations = {}, witnesses, again = false, lookIn = target }: SignOptions,
  operation: Operation = {},
): Promise<AttachResult> {
  rejectAmbiguousAnnotations(annotations)
  const predicateType = SIGNATURE_PREDICATE
  const wanted = { verifier: signer.verifier, predicateType, annotations, bundleLimit: SIGNATURE_LIMIT }
  const kept = again ? undefined : (await findStatements(lookIn, subject.digest, wanted, operation)).found[0]
  if (kept !== undefined) return { digest: kept.digest, written: false }
  const statement = { predicateType, predicate: {}, annotations }
  const bundle = await signStatement(subject.digest, statement, signer, witnesses)
  const manifest = await attachBundle(target, subject, { bundle, predicateType, created }, operation)
  return { digest: manifest.digest, written: true }
}

function rejectAmbiguousAnnotations(annotations: Readonly<Record<string, string>>): void {
  const seen = new Set<string>()
  for (const key of Object.keys(annotations)) {
    if (key === '' || seen.has(key.toLowerCase()))
      throw new WasmpackError('USAGE', `the annotation ${JSON.stringify(key)} is empty or given twice`, {
        hint: 'write -a name=value, each name once (names are not case-sensitive)',
      })
    seen.add(key.toLowerCase())
  }
}
