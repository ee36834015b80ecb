import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

import { DER, encodeDer, encodeObjectIdentifier } from '../../../src/signing/der.ts'
import { writePem } from '../../../src/signing/pem.ts'

/** Who a certificate is for. */
export interface Holder {
  readonly publicKey: Uint8Array
  readonly email: string
  readonly issuer: string
}

const UTF8_STRING = 0x0c
const UTC_TIME = 0x17
const SET = 0x31
const CONTEXT_3 = 0xa3
const EMAIL_NAME = 0x81
const TRUE = encodeDer(DER.boolean, Buffer.from([0xff]))
const ECDSA_WITH_SHA256 = encodeDer(DER.sequence, encodeObjectIdentifier('1.2.840.10045.4.3.2'))
const LIFE = 10 * 60_000

/** A certificate authority of a test's own, which certifies e-mail addresses as Fulcio does. */
export class Authority {
  readonly #key: KeyObject = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

  /** A certificate in PEM, valid for ten minutes. */
  certify({ publicKey, email, issuer }: Holder, now = Date.now()): string {
    const extensions = [
      extension('2.5.29.15', encodeDer(DER.bitString, Buffer.from([7, 0x80])), TRUE),
      extension('2.5.29.37', encodeDer(DER.sequence, encodeObjectIdentifier('1.3.6.1.5.5.7.3.3'))),
      extension('2.5.29.17', encodeDer(DER.sequence, encodeDer(EMAIL_NAME, Buffer.from(email))), TRUE),
      extension('1.3.6.1.4.1.57264.1.8', encodeDer(UTF8_STRING, Buffer.from(issuer))),
    ]
    const content = encodeDer(
      DER.sequence,
      encodeDer(DER.context0, encodeDer(DER.integer, Buffer.from([2]))),
      encodeDer(DER.integer, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
      ECDSA_WITH_SHA256,
      NAME,
      encodeDer(DER.sequence, encodeTime(now - 1000), encodeTime(now + LIFE)),
      encodeDer(DER.sequence),
      publicKey,
      encodeDer(CONTEXT_3, encodeDer(DER.sequence, ...extensions)),
    )
    const signature = encodeDer(DER.bitString, Buffer.from([0]), sign('sha256', content, this.#key))
    const bytes = encodeDer(DER.sequence, content, ECDSA_WITH_SHA256, signature)
    return writePem({ label: 'CERTIFICATE', bytes })
  }
}

const NAME = encodeDer(
  DER.sequence,
  encodeDer(
    SET,
    encodeDer(
      DER.sequence,
      encodeObjectIdentifier('2.5.4.3'),
      encodeDer(UTF8_STRING, Buffer.from('test authority')),
    ),
  ),
)

const extension = (id: string, value: Uint8Array, ...critical: readonly Uint8Array[]): Uint8Array =>
  encodeDer(DER.sequence, encodeObjectIdentifier(id), ...critical, encodeDer(DER.octetString, value))

const encodeTime = (milliseconds: number): Uint8Array =>
  encodeDer(UTC_TIME, Buffer.from(new Date(milliseconds).toISOString().replaceAll(/^20|[-:T]|\.\d+/g, '')))

/** The public key in SPKI form of a new key pair. */
export const newPublicKey = (): Uint8Array =>
  createPublicKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey).export({
    format: 'der',
    type: 'spki',
  })
