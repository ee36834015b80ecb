import type { Digest } from '../oci/digest.ts'
import { writeBundle } from '../signing/bundle.ts'
import { createRejectedError, signWithTestimony } from '../signing/sign-with-testimony.ts'
import type { Signer } from '../signing/signer.ts'
import type { Witness } from '../signing/witness.ts'
import { IN_TOTO_PAYLOAD, type StatementFields, writeStatement } from './statement.ts'
import { verifyStatement } from './verify-statement.ts'

/** Signs a statement about an artifact and returns its bundle, which has been verified as readers will verify it. */
export async function signStatement(
  artifact: Digest,
  statement: StatementFields,
  signer: Signer,
  witnesses: readonly Witness[] = [],
): Promise<Uint8Array> {
  const content = { payloadType: IN_TOTO_PAYLOAD, payload: writeStatement(artifact, statement) }
  const { raw, tlogEntries, timestamps } = await signWithTestimony(content, signer, witnesses)
  const bundle = writeBundle({
    material: raw.material,
    envelope: { ...content, signature: raw.signature },
    tlogEntries,
    timestamps,
  })
  const { predicateType, annotations } = statement
  const verdict = await verifyStatement(bundle, artifact, {
    verifier: signer.verifier,
    predicateType,
    annotations,
  })
  if (verdict.kind === 'rejected') throw createRejectedError(signer, verdict.reason)
  return bundle
}
