import { WasmpackError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { Index, Manifest } from '../oci/manifest.ts'
import type { Operation, ReadOnlyTarget, Target } from '../oci/target.ts'
import { attachBundle } from './attach.ts'
import { findStatements } from './find-statements.ts'
import { signStatement } from './sign-statement.ts'
import type { Signer } from '../signing/signer.ts'
import { SIGNATURE_LIMIT, SIGNATURE_PREDICATE } from './statement.ts'

export interface SignOptions {
  /** When it is signed (RFC 3339), for the annotation that says so. */
  readonly created: string
  /** Where what is attached already is looked for: the target, or what remembers it. */
  readonly lookIn?: ReadOnlyTarget | undefined
  /** What the signature is to say besides the digest. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** What is attached to an artifact now. */
export interface AttachResult {
  /** Of the manifest that attaches the bundle to the artifact. */
  readonly digest: Digest
  /** False where the same signer has stated the same before: that bundle is kept. */
  readonly written: boolean
}

/**
 * Signs an artifact and attaches the signature, unless a valid one by the same signer, with all the annotations, is there
 * already. The artifact must be in the target. Throws USAGE for annotations that a reader would refuse.
 */
export async function signArtifact(
  target: Target,
  subject: Manifest | Index,
  signer: Signer,
  { created, annotations = {}, lookIn = target }: SignOptions,
  operation: Operation = {},
): Promise<AttachResult> {
  rejectAmbiguousAnnotations(annotations)
  const predicateType = SIGNATURE_PREDICATE
  const policy = { ...signer.trust, annotations }
  const wanted = { predicateType, policy, bundleLimit: SIGNATURE_LIMIT }
  const kept = (await findStatements(lookIn, subject.digest, wanted, operation)).found[0]
  if (kept !== undefined) return { digest: kept.digest, written: false }
  const bundle = await signStatement(subject.digest, { predicateType, predicate: {}, annotations }, signer)
  const manifest = await attachBundle(target, subject, { bundle, predicateType, created }, operation)
  return { digest: manifest.digest, written: true }
}

function rejectAmbiguousAnnotations(annotations: Readonly<Record<string, string>>): void {
  const seen = new Set<string>()
  for (const key of Object.keys(annotations)) {
    if (key === '' || seen.has(key.toLowerCase()))
      throw new WasmpackError(
        'USAGE',
        `the annotation ${JSON.stringify(key)} is given twice or has no name`,
        { hint: 'write -a name=value, each name once (letter case does not tell names apart)' },
      )
    seen.add(key.toLowerCase())
  }
}
