import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

import { DER, encodeDer, encodeObjectIdentifier } from '../../../src/signing/der.ts'

export interface KeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export const newKeyPair = (namedCurve = 'P-256'): KeyPair => generateKeyPairSync('ec', { namedCurve })

export const toSpki = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' })

export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => encodeDer(DER.sequence, ...parts)
export const set = (...parts: readonly Uint8Array[]): Uint8Array => encodeDer(0x31, ...parts)
export const oid = encodeObjectIdentifier
export const octets = (...parts: readonly Uint8Array[]): Uint8Array => encodeDer(DER.octetString, ...parts)
export function integer(value: number): Uint8Array {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  return encodeDer(DER.integer, ...(bytes[0]! < 0x80 ? [] : [Buffer.from([0])]), bytes)
}
export const utf8 = (text: string): Uint8Array => encodeDer(DER.utf8String, Buffer.from(text))

/** In whole seconds. */
export const generalizedTime = (time: Date): Uint8Array =>
  encodeDer(0x18, Buffer.from(time.toISOString().replaceAll(/[-:T]|\.\d+/g, '')))

/** Before 2050, as certificates write it. */
const utcTime = (time: Date): Uint8Array =>
  encodeDer(
    0x17,
    Buffer.from(
      time
        .toISOString()
        .slice(2)
        .replaceAll(/[-:T]|\.\d+/g, ''),
    ),
  )

export const SHA256 = sequence(oid('2.16.840.1.101.3.4.2.1'))
export const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'))

export const signEcdsa = (key: KeyObject, content: Uint8Array): Buffer => sign('sha256', content, key)

/** A name with an organization and a common name. */
export const distinguishedName = (commonName: string): Uint8Array =>
  sequence(
    set(sequence(oid('2.5.4.10'), utf8('example.com'))),
    set(sequence(oid('2.5.4.3'), utf8(commonName))),
  )

export const extension = (id: string, value: Uint8Array, critical = false): Uint8Array =>
  sequence(oid(id), ...(critical ? [encodeDer(DER.boolean, Buffer.from([0xff]))] : []), octets(value))

const keyIdentifier = (key: KeyObject): Buffer => createHash('sha1').update(toSpki(key)).digest()

/** The extensions of every certificate: its key and its issuer's. */
export const keyIdentifiers = (subject: KeyObject, issuer: KeyObject): readonly Uint8Array[] => [
  extension('2.5.29.14', octets(keyIdentifier(subject))),
  extension('2.5.29.35', sequence(encodeDer(0x80, keyIdentifier(issuer)))),
]

/** Of an authority: it signs certificates, with at most so many authorities below it. */
export const authorityExtensions = (pathLength?: number): readonly Uint8Array[] => [
  extension(
    '2.5.29.19',
    sequence(
      encodeDer(DER.boolean, Buffer.from([0xff])),
      ...(pathLength === undefined ? [] : [integer(pathLength)]),
    ),
    true,
  ),
  extension('2.5.29.15', encodeDer(DER.bitString, Buffer.from([1, 6])), true),
]

export interface CertificateFields {
  readonly serial: number
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  readonly key: KeyObject
  readonly from: Date
  readonly to: Date
  readonly extensions: readonly Uint8Array[]
}

/** The signed content of a certificate. https://www.rfc-editor.org/rfc/rfc5280#section-4.1 */
export const writeSignedContent = (fields: CertificateFields): Uint8Array =>
  sequence(
    encodeDer(0xa0, integer(2)),
    integer(fields.serial),
    ECDSA_SHA256,
    fields.issuer,
    sequence(utcTime(fields.from), utcTime(fields.to)),
    fields.subject,
    toSpki(fields.key),
    encodeDer(0xa3, sequence(...fields.extensions)),
  )

/** A certificate in DER. */
export function writeCertificate(fields: CertificateFields, issuerKey: KeyObject): Buffer {
  const content = writeSignedContent(fields)
  const signature = encodeDer(DER.bitString, Buffer.from([0]), signEcdsa(issuerKey, content))
  return Buffer.from(sequence(content, ECDSA_SHA256, signature))
}

export const toPem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd()}\n-----END ${label}-----\n`
