import { expect, it } from 'vitest'

import {
  type Changeable,
  dsseBody,
  type EntryContent,
  SIGNED_AT,
} from '../../support/sigstore-in-memory/instance.ts'
import type { EntryJson } from '../../support/sigstore-in-memory/transparency-log.ts'
import { rejected, SIGSTORE, verifyBundle } from './scene.ts'

// The same evidence written in another way: what is not signed must have one form only, or two readers may see two things.

const { dsse, hashedRekord, timestamp } = SIGSTORE

/** A bundle that is verified, and is then changed. */
const signed = (change: (bundle: Changeable, material: Changeable) => void): Changeable => {
  const bundle = SIGSTORE.sign({ entries: [dsse, hashedRekord], timestamps: [timestamp] })
  change(bundle, bundle['verificationMaterial'])
  return bundle
}

const base64 = (text: string, change: (bytes: Buffer) => Uint8Array): string =>
  Buffer.from(change(Buffer.from(text, 'base64'))).toString('base64')
const append = (text: string): string => base64(text, (bytes) => Buffer.concat([bytes, Buffer.from([0])]))
const rename = (record: Changeable, from: string, to: string): void => {
  record[to] = record[from]
  delete record[from]
}

it('the bundle that these tests change is verified', async () => {
  expect(await verifyBundle(signed(() => undefined))).toMatchObject({
    kind: 'verified',
    evidence: { logEntries: 2, timestamps: 1 },
  })
})

/** The outermost length in one byte more than it takes: BER, and no DER. */
const lengthen = (bytes: Buffer): Uint8Array => {
  const count = bytes[1]! & 0x7f
  return Buffer.concat([Buffer.from([bytes[0]!, 0x80 | (count + 1), 0]), bytes.subarray(2)])
}

/** As above, of the identifier of the algorithm of the certificate's signature, which is not signed. */
const lengthenAlgorithm = (bytes: Buffer): Uint8Array => {
  const algorithm = Buffer.from('300a06082a8648ce3d040302', 'hex')
  const at = bytes.lastIndexOf(algorithm)
  const head = Buffer.from(bytes.subarray(0, at))
  head.writeUInt16BE(head.readUInt16BE(2) + 1, 2)
  const longer = Buffer.from('300b0681082a8648ce3d040302', 'hex')
  return Buffer.concat([head, longer, bytes.subarray(at + algorithm.length)])
}

it.each<[string, Parameters<typeof signed>[0], string | RegExp]>([
  [
    'bytes after the certificate',
    (_, { certificate }) => (certificate.rawBytes = append(certificate.rawBytes)),
    'certificate that cannot be read',
  ],
  [
    'a certificate in BER',
    (_, { certificate }) => (certificate.rawBytes = base64(certificate.rawBytes, lengthen)),
    'certificate that cannot be read',
  ],
  [
    'a certificate with BER inside',
    (_, { certificate }) => (certificate.rawBytes = base64(certificate.rawBytes, lengthenAlgorithm)),
    'not in DER',
  ],
  [
    'a certificate in PEM',
    (_, { certificate }) =>
      (certificate.rawBytes = Buffer.from(
        `-----BEGIN CERTIFICATE-----\n${certificate.rawBytes}\n-----END CERTIFICATE-----\n`,
      ).toString('base64')),
    'certificate that cannot be read',
  ],
  [
    'bytes after the timestamp',
    (_, { timestampVerificationData: { rfc3161Timestamps } }) =>
      (rfc3161Timestamps[0].signedTimestamp = append(rfc3161Timestamps[0].signedTimestamp)),
    'timestamp that is malformed',
  ],
  [
    'bytes after the signature',
    ({ dsseEnvelope: { signatures } }) => (signatures[0].sig = append(signatures[0].sig)),
    'signature that is not valid',
  ],
  [
    'bytes after the promise of a log',
    (_, { tlogEntries: [{ inclusionPromise }] }) =>
      (inclusionPromise.signedEntryTimestamp = append(inclusionPromise.signedEntryTimestamp)),
    'log entry that is not valid',
  ],
  [
    'a space after the body of a log entry',
    (_, { tlogEntries: [entry] }) =>
      (entry.canonicalizedBody = base64(entry.canonicalizedBody, (bytes) =>
        Buffer.concat([bytes, Buffer.from(' ')]),
      )),
    'log entry that is not valid',
  ],
  [
    'a part of the name of the log in its checkpoint',
    (_, { tlogEntries: [, entry] }) => renameSigner(entry, 'rekor2'),
    'signed by another name',
  ],
  [
    'the scheme of the log as its name in the checkpoint',
    (_, { tlogEntries: [entry] }) => renameSigner(entry, 'https:'),
    'signed by another name',
  ],
  [
    'a time in an entry of Rekor 2, which signs none',
    (_, { tlogEntries: [, entry] }) => (entry.integratedTime = '1767225700'),
    'time that nobody signed',
  ],
  [
    'base64 for URLs',
    ({ dsseEnvelope }) => (dsseEnvelope.payload = Buffer.from('{"?": "~~~"}').toString('base64url')),
    'not base64',
  ],
  [
    'the other names of protobuf',
    (bundle) => rename(bundle, 'verificationMaterial', 'verification_material'),
    'unknown field',
  ],
  [
    'the other names of protobuf in a log entry',
    (_, { tlogEntries: [entry] }) => rename(entry, 'canonicalizedBody', 'canonicalized_body'),
    'unknown field',
  ],
  [
    'an entry of another kind than its body',
    (_, { tlogEntries: [entry] }) => (entry.kindVersion.kind = 'hashedrekord'),
    'log entry',
  ],
  [
    'an entry of another version than its body',
    (_, { tlogEntries: [entry] }) => (entry.kindVersion.version = '0.0.2'),
    'log entry',
  ],
])('%s: refused', async (_, change, reason) => {
  expect(await refuse(signed(change))).toEqual(rejected(reason))
})

/** The verdict, or the error of a reader as one. */
const refuse = (bundle: Changeable): Promise<unknown> =>
  verifyBundle(bundle).catch((error: unknown) => ({ kind: 'rejected', reason: String(error) }))

function renameSigner({ inclusionProof: { checkpoint } }: EntryJson, name: string): void {
  checkpoint.envelope = (checkpoint.envelope as string).replace(/\u2014 \S+/, `\u2014 ${name}`)
}

it('an entry of Rekor 1 that names two certificates is refused, though the log signed it', async () => {
  const entry = (content: EntryContent): EntryJson => {
    const body = dsseBody(content)
    const [one] = body['spec'].signatures
    one.verifier = base64(one.verifier, (pem) => Buffer.concat([pem, pem]))
    return SIGSTORE.rekor1.add(body, SIGNED_AT)
  }
  expect(await verifyBundle(SIGSTORE.sign({ entries: [entry] }))).toEqual(
    rejected('log entry for another certificate'),
  )
})
