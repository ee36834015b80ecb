import type { KeyObject } from 'node:crypto'
import { createPublicKey, sign } from 'node:crypto'

import { DER, encodeDer, encodeObjectIdentifier } from '../der.ts'
import { writePem } from '../pem.ts'

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'

/**
 * A certification request (PKCS #10, RFC 2986) in PEM, signed by a P-256 key. It has no subject: the authority takes that from
 * the identity token, and the signature proves the possession of the key whatever the token's claims are.
 */
export function writeCertificateRequest(key: KeyObject): string {
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const version = encodeDer(DER.integer, Buffer.from([0]))
  const name = encodeDer(DER.sequence)
  const attributes = encodeDer(DER.context0)
  const content = encodeDer(DER.sequence, version, name, spki, attributes)
  const algorithm = encodeDer(DER.sequence, encodeObjectIdentifier(ECDSA_WITH_SHA256))
  const signature = encodeDer(DER.bitString, Buffer.from([0]), sign('sha256', content, key))
  return writePem({
    label: 'CERTIFICATE REQUEST',
    bytes: encodeDer(DER.sequence, content, algorithm, signature),
  })
}
