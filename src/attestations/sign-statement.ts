import type { Digest } from '../oci/digest.ts'
import { writeBundle } from '../signing/bundle.ts'
import { encodePreAuth } from '../signing/dsse.ts'
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
  const raw = await signer.sign(encodePreAuth(content))
  const testimonies = await Promise.all(witnesses.map((witness) => witness.testify(content, raw)))
  const bundle = writeBundle({
    material: raw.material,
    envelope: { ...content, signature: raw.signature },
    tlogEntries: testimonies.flatMap(({ tlogEntries }) => tlogEntries),
    timestamps: testimonies.flatMap(({ timestamps }) => timestamps),
  })
  const { predicateType, annotations } = statement
  const verdict = await verifyStatement(bundle, artifact, {
    verifier: signer.verifier,
    predicateType,
    annotations,
  })
  if (verdict.kind === 'rejected')
    throw new Error(`the new signature by ${signer.name} does not verify: ${verdict.reason}`)
  return bundle
}
