import { WasmpackError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { type Testimony, writeBundle } from '../signing/bundle.ts'
import { encodePreAuth, type Payload } from '../signing/dsse.ts'
import type { RawSignature, Signer } from '../signing/signer.ts'
import { SignatureRecorded, type Witness } from '../signing/witness.ts'
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
  const { raw, testimonies } = await signWithTestimony(content, signer, witnesses)
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
    throw new WasmpackError(
      'SIGNATURE_UNTRUSTED',
      `the new signature by ${signer.name} would be rejected: ${verdict.reason}`,
      {
        hint: 'the trusted root must name the services that it was made with, and be valid now',
      },
    )
  return bundle
}

/** How often a statement is signed at most, where answers of a log are lost. */
const SIGNATURES = 3

/** Signs, and has each witness confirm the signature. Another signature is made if a log cannot confirm this one again. */
async function signWithTestimony(
  content: Payload,
  signer: Signer,
  witnesses: readonly Witness[],
): Promise<{ readonly raw: RawSignature; readonly testimonies: readonly Testimony[] }> {
  const made: Uint8Array[] = []
  for (;;) {
    const raw = await signer.sign(encodePreAuth(content))
    made.push(raw.signature)
    try {
      const testimonies = await Promise.all(witnesses.map((witness) => witness.testify(content, raw)))
      return { raw, testimonies }
    } catch (error) {
      if (!(error instanceof SignatureRecorded)) throw error
      const isTheSame = made.length > 1 && Buffer.from(made.at(-2)!).equals(raw.signature)
      if (made.length === SIGNATURES || isTheSame) throw describeRecorded(error, signer, isTheSame)
    }
  }
}

const describeRecorded = (
  { cause }: SignatureRecorded,
  { name }: Signer,
  isTheSame: boolean,
): WasmpackError =>
  cause instanceof WasmpackError
    ? cause
    : new WasmpackError('UNAVAILABLE', `a transparency log has recorded the signature by ${name} before`, {
        hint: isTheSame
          ? 'an RSA key always signs the same way, and the log does not return its earlier entry: use P-256'
          : 'the log loses its answers; try again in a moment',
      })
