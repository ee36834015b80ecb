import { expect, it } from 'vitest'

import { type Digest, parseDigest } from '../../src/oci/digest.ts'
import { readPublicKey } from '../../src/signing/public-key.ts'
import { SIGNATURE_PREDICATE } from '../../src/attestations/statement.ts'
import type { SignatureRequirement } from '../../src/signing/requirement.ts'
import { type BundleVerdict, verifyBundle } from '../../src/attestations/verify-bundle.ts'
import { capture, newSigner, SBOM, sealed, statementFor } from '../signing/scene.ts'

const trust = (...keys: string[]): SignatureRequirement => ({
  kind: 'keys',
  keys: keys.map((name) => readPublicKey(capture(name))),
})

const payloadOf = (bundle: string): any =>
  JSON.parse(Buffer.from(JSON.parse(bundle).dsseEnvelope.payload, 'base64').toString())

const subjectOf = (name: string): Digest =>
  parseDigest(`sha256:${payloadOf(capture(name)).subject[0].digest.sha256}`)

const verify = (bundle: string | Uint8Array, subject: Digest, policy: SignatureRequirement): BundleVerdict =>
  verifyBundle(Buffer.from(bundle), subject, SIGNATURE_PREDICATE, policy)

const rejected = (reason: string): object => ({ kind: 'rejected', reason: expect.stringContaining(reason) })

it.each([
  ['key.sigstore', 'cosign.pub'],
  ['alg-p384.sigstore', 'imp-p384.pub'],
  ['alg-p521.sigstore', 'imp-p521.pub'],
  ['alg-rsa.sigstore', 'imp-rsa.pub'],
])('verifyBundle accepts %s of cosign, with its key among others', (name, pub) => {
  const all = trust('cosign.pub', 'imp-p384.pub', 'imp-p521.pub', 'imp-rsa.pub')
  expect(verify(capture(name), subjectOf(name), all)).toMatchObject({
    kind: 'verified',
    key: { hint: readPublicKey(capture(pub)).hint },
  })
})

it.each([
  ['key.sigstore', 'imp-rsa.pub', 'signed by another key'],
  ['alg-rsa.sigstore', 'cosign.pub', 'signed by another key'],
  ['alg-ed.sigstore', 'cosign.pub', 'signed by another key'],
  ['keyless.sigstore', 'cosign.pub', 'signed with a certificate, not a key'],
])('verifyBundle rejects %s with %s', (name, pub, reason) => {
  expect(verify(capture(name), subjectOf(name), trust(pub))).toEqual(rejected(reason))
})

it('verifyBundle rejects a message signature', () => {
  const subject = subjectOf('key.sigstore')
  expect(verify(capture('message.sigstore'), subject, trust('cosign.pub'))).toEqual(
    rejected('signature of a message'),
  )
})

it('S16: verifyBundle rejects a bundle for another artifact', () => {
  expect(verify(capture('key.sigstore'), subjectOf('alg-rsa.sigstore'), trust('cosign.pub'))).toEqual(
    rejected('signed for another artifact'),
  )
})

it.each<[string, (envelope: any) => void]>([
  [
    'payload',
    (envelope) => {
      const changed = Buffer.from(envelope.payload, 'base64')
        .toString()
        .replace('"predicate":{}', '"predicate":[]')
      envelope.payload = Buffer.from(changed).toString('base64')
    },
  ],
  [
    'signature',
    (envelope) => {
      const signature = Buffer.from(envelope.signatures[0].sig, 'base64')
      signature[signature.length - 1]! ^= 1
      envelope.signatures[0].sig = signature.toString('base64')
    },
  ],
])('verifyBundle rejects a bundle that names the key but has another %s', (_, change) => {
  const bundle = JSON.parse(capture('key.sigstore'))
  change(bundle.dsseEnvelope)
  expect(verify(JSON.stringify(bundle), subjectOf('key.sigstore'), trust('cosign.pub'))).toEqual(
    rejected('its signature is not valid'),
  )
})

it.each<[string, (bundle: any) => void]>([
  [
    'hint of another key',
    (bundle) => (bundle.verificationMaterial.publicKey.hint = readPublicKey(capture('imp-rsa.pub')).hint),
  ],
  ['hint of no key', (bundle) => (bundle.verificationMaterial.publicKey = {})],
  ['keyid of another key', (bundle) => (bundle.dsseEnvelope.signatures[0].keyid = 'SHA256:other')],
])('verifyBundle goes by the signature alone where the bundle has a %s', (_, change) => {
  const bundle = JSON.parse(capture('key.sigstore'))
  change(bundle)
  const policy = trust('imp-rsa.pub', 'cosign.pub')
  expect(verify(JSON.stringify(bundle), subjectOf('key.sigstore'), policy)).toMatchObject({
    kind: 'verified',
    key: { hint: readPublicKey(capture('cosign.pub')).hint },
  })
})

const SUBJECT = { digest: subjectOf('key.sigstore') } as Parameters<typeof statementFor>[0]

it.each([
  ['another predicate type', statementFor(SUBJECT, { predicateType: SBOM }), `states "${SBOM}"`],
  ['another statement type', statementFor(SUBJECT, { _type: 'x' }), 'in-toto Statement'],
  ['no subject', statementFor(SUBJECT, { subject: [] }), 'has no subject'],
  ['text in place of a statement', Buffer.from('signed'), 'is not JSON'],
])('S16: verifyBundle rejects %s even where the signature is valid', async (_, payload, reason) => {
  const signer = await newSigner()
  expect(verify(await sealed(signer, payload), SUBJECT.digest, signer.trust)).toEqual(rejected(reason))
})

it('S16: verifyBundle rejects another payload type even where the signature is valid', async () => {
  const signer = await newSigner()
  const bundle = await sealed(signer, statementFor(SUBJECT), 'application/json')
  expect(verify(bundle, SUBJECT.digest, signer.trust)).toEqual(rejected('not sign an in-toto statement'))
})

it('S15: verifyBundle counts no entry of a transparency log: none makes a signature hold, and none spoils it', () => {
  const bundle = JSON.parse(capture('key.sigstore'))
  const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64')
  // An entry of Rekor about something else altogether, as a copied bundle has it.
  const foreign = {
    logIndex: '1',
    logId: { keyId: base64('a log') },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: '1767225600',
    inclusionPromise: { signedEntryTimestamp: base64('a promise') },
    canonicalizedBody: base64({
      kind: 'dsse',
      spec: { payloadHash: { algorithm: 'sha256', value: 'other' } },
    }),
  }
  const outcome = (): BundleVerdict =>
    verify(JSON.stringify(bundle), subjectOf('key.sigstore'), trust('cosign.pub'))
  bundle.verificationMaterial.tlogEntries = [foreign]
  expect(outcome()).toMatchObject({ kind: 'verified' })
  const signature = Buffer.from(bundle.dsseEnvelope.signatures[0].sig, 'base64')
  signature[signature.length - 1]! ^= 1
  bundle.dsseEnvelope.signatures[0].sig = signature.toString('base64')
  expect(outcome()).toEqual(rejected('its signature is not valid'))
})

it('verifyBundle asks for the annotations of the policy, letter for letter', async () => {
  const signer = await newSigner()
  const annotations = { env: 'prod', count: 1, ['__proto__']: 'x' }
  const bundle = await sealed(
    signer,
    statementFor(SUBJECT, { subject: [{ digest: { sha256: SUBJECT.digest.slice(7) }, annotations }] }),
  )
  const asking = (wanted: Readonly<Record<string, string>>): BundleVerdict =>
    verify(bundle, SUBJECT.digest, { ...signer.trust, annotations: wanted })
  expect(asking({ env: 'prod' })).toMatchObject({ kind: 'verified', annotations: { env: 'prod', count: 1 } })
  expect(asking({ env: 'test' })).toEqual(rejected('lacks the annotation "env=test"'))
  expect(asking({ count: '1' })).toEqual(rejected('lacks the annotation "count=1"'))
  expect(asking({ toString: 'x' })).toEqual(rejected('lacks the annotation'))
})
