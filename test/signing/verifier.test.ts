import { expect, it } from 'vitest'

import { readPublicKey } from '../../src/signing/public-key.ts'
import { type BundleVerdict, createVerifier } from '../../src/signing/verifier.ts'
import { capture } from './scene.ts'

const verify = (bundle: string, ...keys: readonly string[]): Promise<BundleVerdict> =>
  createVerifier({ kind: 'keys', keys: keys.map((name) => readPublicKey(capture(name))) }).verify(
    Buffer.from(bundle),
  )

const rejected = (reason: string): object => ({ kind: 'rejected', reason: expect.stringContaining(reason) })

it('createVerifier refuses a requirement without keys', () => {
  expect(() => createVerifier({ kind: 'keys', keys: [] })).toThrow(
    expect.objectContaining({ code: 'TRUST_REQUIRED' }),
  )
})

it.each([
  ['no bundle', 'is not JSON'],
  ['{}', 'has no mediaType'],
])('Verifier.verify rejects %s', async (bundle, reason) => {
  expect(await verify(bundle, 'cosign.pub')).toEqual(rejected(reason))
})

it.each([
  ['key.sigstore', 'cosign.pub'],
  ['alg-p384.sigstore', 'imp-p384.pub'],
  ['alg-p521.sigstore', 'imp-p521.pub'],
  ['alg-rsa.sigstore', 'imp-rsa.pub'],
])('Verifier.verify accepts %s of cosign, with its key among others', async (name, pub) => {
  const { id, hint } = readPublicKey(capture(pub))
  expect(
    await verify(capture(name), 'cosign.pub', 'imp-p384.pub', 'imp-p521.pub', 'imp-rsa.pub'),
  ).toMatchObject({ kind: 'verified', signer: { kind: 'key', id, hint } })
})

it.each([
  ['key.sigstore', 'imp-rsa.pub', 'signed by another key'],
  ['alg-rsa.sigstore', 'cosign.pub', 'signed by another key'],
  ['alg-ed.sigstore', 'cosign.pub', 'signed by another key'],
  ['keyless.sigstore', 'cosign.pub', 'signed with a certificate, not a key'],
])('Verifier.verify rejects %s with %s', async (name, pub, reason) => {
  expect(await verify(capture(name), pub)).toEqual(rejected(reason))
})

it('Verifier.verify rejects a message signature', async () => {
  expect(await verify(capture('message.sigstore'), 'cosign.pub')).toEqual(rejected('signature of a message'))
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
])('Verifier.verify rejects a bundle that names the key but has another %s', async (_, change) => {
  const bundle = JSON.parse(capture('key.sigstore'))
  change(bundle.dsseEnvelope)
  expect(await verify(JSON.stringify(bundle), 'cosign.pub')).toEqual(rejected('its signature is not valid'))
})

it.each<[string, (bundle: any) => void]>([
  [
    'hint of another key',
    (bundle) => (bundle.verificationMaterial.publicKey.hint = readPublicKey(capture('imp-rsa.pub')).hint),
  ],
  ['hint of no key', (bundle) => (bundle.verificationMaterial.publicKey = {})],
  ['keyid of another key', (bundle) => (bundle.dsseEnvelope.signatures[0].keyid = 'SHA256:other')],
])('Verifier.verify goes by the signature alone where the bundle has a %s', async (_, change) => {
  const bundle = JSON.parse(capture('key.sigstore'))
  change(bundle)
  expect(await verify(JSON.stringify(bundle), 'imp-rsa.pub', 'cosign.pub')).toMatchObject({
    kind: 'verified',
    signer: { hint: readPublicKey(capture('cosign.pub')).hint },
  })
})

it('S15: Verifier.verify counts no entry of a transparency log: none makes a signature hold, and none spoils it', async () => {
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
  const outcome = (): Promise<BundleVerdict> => verify(JSON.stringify(bundle), 'cosign.pub')
  bundle.verificationMaterial.tlogEntries = [foreign]
  expect(await outcome()).toMatchObject({ kind: 'verified' })
  const signature = Buffer.from(bundle.dsseEnvelope.signatures[0].sig, 'base64')
  signature[signature.length - 1]! ^= 1
  bundle.dsseEnvelope.signatures[0].sig = signature.toString('base64')
  expect(await outcome()).toEqual(rejected('its signature is not valid'))
})
