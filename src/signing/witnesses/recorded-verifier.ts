import { createPublicKey } from 'node:crypto'

import { writePem } from '../pem.ts'
import { toVerificationKey, type VerificationKey } from '../public-key.ts'
import type { RawSignature } from '../signer.ts'

/** What verifies a signature, as a log records it: the certificate, or the public key. */
export interface RecordedVerifier {
  readonly kind: 'certificate' | 'publicKey'
  readonly der: Uint8Array
  readonly pem: string
  readonly key: VerificationKey
}

export function toRecordedVerifier({ material, publicKey }: RawSignature): RecordedVerifier {
  const key = toVerificationKey(
    createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' }),
    'the public key of the signature',
  )
  const { kind } = material
  const der = material.kind === 'certificate' ? material.certificate : publicKey
  const label = kind === 'certificate' ? 'CERTIFICATE' : 'PUBLIC KEY'
  return { kind, der, pem: writePem({ label, bytes: der }), key }
}
