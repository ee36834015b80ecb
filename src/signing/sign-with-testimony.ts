import { WasmpackError } from '../errors.ts'
import type { Testimony } from './bundle.ts'
import type { RawSignature, Signer } from './signer.ts'
import { SignatureRecorded, toSignedBytes, type Witness, type WitnessedContent } from './witness.ts'

/** How often a content is signed at most, where answers of a log are lost. */
const SIGNATURES = 3

/** Signs, and has each witness confirm the signature. Another signature is made if a log cannot confirm this one again. */
export async function signWithTestimony(
  content: WitnessedContent,
  signer: Signer,
  witnesses: readonly Witness[],
): Promise<Testimony & { readonly raw: RawSignature }> {
  const made: Uint8Array[] = []
  for (;;) {
    const raw = await signer.sign(toSignedBytes(content))
    made.push(raw.signature)
    try {
      const testimonies = await Promise.all(witnesses.map((witness) => witness.testify(content, raw)))
      return {
        raw,
        tlogEntries: testimonies.flatMap(({ tlogEntries }) => tlogEntries),
        timestamps: testimonies.flatMap(({ timestamps }) => timestamps),
      }
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

/** The error for a new signature that its readers would not accept. */
export const createRejectedError = (signer: Signer, reason: string): WasmpackError =>
  new WasmpackError(
    'SIGNATURE_UNTRUSTED',
    `the new signature by ${signer.name} would be rejected: ${reason}`,
    { hint: 'the trusted root must name the services that it was made with, and be valid now' },
  )
