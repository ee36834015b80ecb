import type { Digest } from '../oci/digest.ts'
import { writeBundle } from '../signing/bundle.ts'
import { IN_TOTO_PAYLOAD, encodePreAuth } from '../signing/dsse.ts'
import type { Signer } from '../signing/signer.ts'
import { type StatementFields, writeStatement } from './statement.ts'
import { verifyBundle } from './verify-bundle.ts'

/** Signs a statement about an artifact, and hands out the bundle only after it was verified as a reader will do it. */
export async function signStatement(
  subject: Digest,
  statement: StatementFields,
  signer: Signer,
): Promise<Uint8Array> {
  const payload = writeStatement(subject, statement)
  const { signature, material } = await signer.sign(encodePreAuth(IN_TOTO_PAYLOAD, payload))
  const bundle = writeBundle({ material, envelope: { payloadType: IN_TOTO_PAYLOAD, payload, signature } })
  const policy = { ...signer.trust, annotations: statement.annotations }
  const verdict = verifyBundle(bundle, subject, statement.predicateType, policy)
  if (verdict.kind === 'rejected')
    throw new Error(`the new signature by ${signer.name} does not verify: ${verdict.reason}`)
  return bundle
}
