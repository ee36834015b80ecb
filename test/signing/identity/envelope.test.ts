import { createHash, sign } from 'node:crypto'

import { expect, it } from 'vitest'

import { verifyStatement } from '../../../src/attestations/verify-statement.ts'
import { SIGNATURE_PREDICATE } from '../../../src/attestations/statement.ts'
import { computeDigest } from '../../../src/oci/digest.ts'
import { type Changeable, messageBody, SIGNED_AT } from '../../support/sigstore-in-memory/instance.ts'
import { newKeyPair } from '../../support/sigstore-in-memory/x509.ts'
import { identityVerifier, rejected, SIGSTORE, verifyBundle } from './scene.ts'

const ARTIFACT = computeDigest(Buffer.from('artifact'))

const statement = (changes: object = {}): Buffer =>
  Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: ARTIFACT.slice(7) } }],
      predicateType: SIGNATURE_PREDICATE,
      predicate: {},
      ...changes,
    }),
  )

const verifySigned = (options: Parameters<typeof SIGSTORE.sign>[0]) =>
  verifyStatement(Buffer.from(JSON.stringify(SIGSTORE.sign(options))), ARTIFACT, {
    verifier: identityVerifier(),
    predicateType: SIGNATURE_PREDICATE,
  })

it('a statement that an identity signed is verified with its evidence', async () => {
  expect(await verifySigned({ payload: statement() })).toMatchObject({
    kind: 'verified',
    signer: { subject: 'dev@example.com' },
    evidence: { logEntries: 1, certificateTimestamps: 1 },
  })
})

it('T12: another payload type is refused, though its signature holds', async () => {
  expect(await verifySigned({ payload: statement(), payloadType: 'application/json' })).toEqual(
    rejected('does not sign an in-toto statement'),
  )
})

it.each([
  ['another predicate type', { predicateType: 'https://spdx.dev/Document' }, 'not https://sigstore.dev'],
  [
    'a subject with the name, but not the digest, of the artifact',
    { subject: [{ name: ARTIFACT, digest: { sha256: 'ab'.repeat(32) } }] },
    'signed for another artifact',
  ],
  [
    'the digest under another algorithm',
    { subject: [{ digest: { sha512: ARTIFACT.slice(7) } }] },
    'signed for another artifact',
  ],
])('T12: %s is refused', async (_, changes, reason) => {
  expect(await verifySigned({ payload: statement(changes) })).toEqual(rejected(reason))
})

it.each([0, 2])('T12: an envelope with %d signatures is refused', async (number) => {
  const bundle = SIGSTORE.sign({ payload: statement() })
  const [signature] = bundle['dsseEnvelope'].signatures
  bundle['dsseEnvelope'].signatures = Array.from({ length: number }, () => signature)
  expect(await verifyBundle(bundle)).toEqual(rejected('signature'))
})

const FIELDS: readonly [string, (bundle: Changeable) => object][] = [
  ['the bundle', (bundle) => bundle],
  ['its material', (bundle) => bundle['verificationMaterial']],
  ['its certificate', (bundle) => bundle['verificationMaterial'].certificate],
  ['its timestamps', (bundle) => bundle['verificationMaterial'].timestampVerificationData],
  ['its envelope', (bundle) => bundle['dsseEnvelope']],
  ['its signature', (bundle) => bundle['dsseEnvelope'].signatures[0]],
  ['a log entry', (bundle) => bundle['verificationMaterial'].tlogEntries[0]],
  ['a log entry’s name of the log', (bundle) => bundle['verificationMaterial'].tlogEntries[0].logId],
  ['a log entry’s kind', (bundle) => bundle['verificationMaterial'].tlogEntries[0].kindVersion],
  ['a log entry’s promise', (bundle) => bundle['verificationMaterial'].tlogEntries[0].inclusionPromise],
  ['a log entry’s proof', (bundle) => bundle['verificationMaterial'].tlogEntries[0].inclusionProof],
  [
    'a log entry’s checkpoint',
    (bundle) => bundle['verificationMaterial'].tlogEntries[0].inclusionProof.checkpoint,
  ],
]

it.each(FIELDS)(
  'T13: an unknown field, __proto__ and a key given twice are refused in %s',
  async (_, find) => {
    for (const name of ['unknown', '__proto__']) {
      const bundle = SIGSTORE.sign()
      Object.defineProperty(find(bundle), name, { value: {}, enumerable: true })
      expect(await verifyBundle(bundle)).toEqual(rejected(`unknown field "${name}"`))
    }
    const bundle = SIGSTORE.sign()
    const place = find(bundle)
    const [key] = Object.keys(place)
    Object.assign(place, { marker: 0 })
    const text = JSON.stringify(bundle).replace('"marker":0', `${JSON.stringify(key)}:{}`)
    expect(await identityVerifier().verify(Buffer.from(text))).toEqual(rejected('twice'))
  },
)

it.each([
  ['the statement', statement({ unknown: 1 }), 'unknown field "unknown"'],
  [
    'its subject',
    statement({ subject: [{ digest: { sha256: ARTIFACT.slice(7) }, unknown: 1 }] }),
    'unknown field "unknown"',
  ],
  [
    'the statement, as __proto__',
    Buffer.from(statement().toString().replace('{', '{"__proto__":{"predicateType":"x"},')),
    'unknown field "__proto__"',
  ],
  [
    'its predicate, as __proto__',
    Buffer.from(
      statement({ predicate: { a: 1 } })
        .toString()
        .replace('"a":1', '"a":{"__proto__":{}}'),
    ),
    '__proto__',
  ],
  [
    'the statement, as a key given twice',
    Buffer.from(statement().toString().replace('{', '{"subject":[],')),
    'twice',
  ],
])('T13: what two readers could read in two ways is refused in %s', async (_, payload, reason) => {
  expect(await verifySigned({ payload })).toEqual(rejected(reason))
})

it.each(['P-384', 'P-521'])(
  'T14: a signature by a %s key is verified with the hash of its curve',
  async (curve) => {
    const timestamps = [SIGSTORE.timestamp]
    const bundle = SIGSTORE.sign({ curve, timestamps })
    expect(await verifyBundle(bundle)).toMatchObject({ kind: 'verified', evidence: { logEntries: 1 } })
    bundle['dsseEnvelope'].payload = Buffer.from('[]').toString('base64')
    expect(await verifyBundle(bundle)).toEqual(rejected('a signature that is not valid'))
  },
)

/** A bundle of version 0.1 with a chain and a signature over a message. */
function signMessage(message: Buffer, changes: object = {}): Buffer {
  const pair = newKeyPair()
  const { publicKey } = pair
  const { authority, certificateLog, rekor1 } = SIGSTORE
  const der = authority.issue(publicKey, { logs: [certificateLog] })
  const signature = sign('sha256', message, pair.privateKey)
  const body = messageBody(message, signature, { kind: 'certificate', der })
  const { inclusionProof: _, ...entry } = rekor1.add(body, SIGNED_AT)
  return Buffer.from(
    JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
      verificationMaterial: {
        x509CertificateChain: {
          certificates: [der, authority.intermediate].map((one) => ({ rawBytes: one.toString('base64') })),
        },
        tlogEntries: [entry],
      },
      messageSignature: {
        messageDigest: {
          algorithm: 'SHA2_256',
          digest: createHash('sha256').update(message).digest('base64'),
        },
        signature: signature.toString('base64'),
        ...changes,
      },
    }),
  )
}

it('a signature over a message is verified with the message, and only with it', async () => {
  const message = Buffer.from('message')
  const verifier = identityVerifier()
  expect(await verifier.verifyMessage(signMessage(message), message)).toMatchObject({
    kind: 'verified',
    evidence: { logEntries: 1, times: [{ source: 'transparency-log' }] },
  })
  expect(await verifier.verifyMessage(signMessage(message), Buffer.from('other'))).toEqual(
    rejected('signed for another message'),
  )
  const undescribed = signMessage(message, { messageDigest: undefined })
  expect(await verifier.verifyMessage(undescribed, message)).toMatchObject({ kind: 'verified' })
  expect(await verifier.verifyMessage(undescribed, Buffer.from('other'))).toEqual(
    rejected('a signature that is not valid'),
  )
})

it('a message is not taken for a statement, nor the reverse', async () => {
  const verifier = identityVerifier()
  expect(await verifier.verify(signMessage(statement()))).toEqual(rejected('a message, not of a statement'))
  const bundle = Buffer.from(JSON.stringify(SIGSTORE.sign()))
  expect(await verifier.verifyMessage(bundle, Buffer.from('{}'))).toEqual(rejected('not of a message'))
})

it('since version 0.2 a promise does not replace a proof, and version 0.3 has no chain', async () => {
  const message = Buffer.from('message')
  const text = signMessage(message).toString()
  const as = (version: string) =>
    identityVerifier().verifyMessage(Buffer.from(text.replace('version=0.1', `version=${version}`)), message)
  expect(await as('0.2')).toEqual(rejected('without an inclusion proof'))
  expect(await as('0.3')).toEqual(rejected('has a chain in place of a certificate'))
  expect(await as('0.4')).toEqual(rejected('not 0.1, 0.2 or 0.3'))
})

it('a chain with a root certificate is refused: roots come from the trusted root alone', async () => {
  const message = Buffer.from('message')
  const bundle = JSON.parse(signMessage(message).toString())
  bundle.verificationMaterial.x509CertificateChain.certificates.push({
    rawBytes: SIGSTORE.authority.root.toString('base64'),
  })
  expect(await identityVerifier().verifyMessage(Buffer.from(JSON.stringify(bundle)), message)).toEqual(
    rejected('root certificate'),
  )
})
