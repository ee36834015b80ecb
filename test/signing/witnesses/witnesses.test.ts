import { createHash } from 'node:crypto'

import { generateKeyPairSync } from 'node:crypto'

import { expect, it } from 'vitest'

import { signStatement } from '../../../src/attestations/sign-statement.ts'
import { SIGNATURE_PREDICATE } from '../../../src/attestations/statement.ts'
import { parseDigest } from '../../../src/oci/digest.ts'
import { parseBundle } from '../../../src/signing/bundle-reader.ts'
import { openPrivateKey } from '../../../src/signing/private-key.ts'
import { toVerificationKey } from '../../../src/signing/public-key.ts'
import type { SigningServices } from '../../../src/signing/services/choose-services.ts'
import { requireLoggableKey } from '../../../src/signing/witnesses/loggable-key.ts'
import { openWitnesses } from '../../../src/signing/witnesses/open-witnesses.ts'
import {
  openQuickTransport,
  type SigstoreSwitches,
  startImitatedSigstore,
} from '../../support/sigstore/sigstore.ts'
import { newSigner } from '../scene.ts'

const ARTIFACT = parseDigest(`sha256:${'a'.repeat(64)}`)
const STATEMENT = { predicateType: SIGNATURE_PREDICATE, predicate: {} }

/** Signs with a key, a log of each version and a timestamp authority, unless a test chooses. */
async function sign(switches: SigstoreSwitches, only: Partial<SigningServices> | undefined = undefined) {
  const sigstore = await startImitatedSigstore(switches)
  const services: SigningServices = {
    logs: [
      { url: sigstore.rekor1.origin, version: 1 },
      { url: `${sigstore.rekor2.origin}/`, version: 2 },
    ],
    timestampAuthorities: [sigstore.timestampUrl],
    ...only,
  }
  const { transport } = openQuickTransport()
  const signing = signStatement(ARTIFACT, STATEMENT, await newSigner(), openWitnesses(services, transport))
  return { sigstore, signing }
}

it('the bundle of a key signature has the entries of both logs and the timestamp, one request each', async () => {
  const { sigstore, signing } = await sign({})
  const bundle = parseBundle(await signing)
  expect(bundle.tlogEntries).toMatchObject([
    {
      kindVersion: { kind: 'dsse', version: '0.0.1' },
      logIndex: '0',
      integratedTime: expect.stringMatching(/^\d+$/),
      inclusionPromise: { signedEntryTimestamp: expect.any(String) },
      inclusionProof: { treeSize: '1', checkpoint: { envelope: expect.stringContaining('log') } },
    },
    {
      kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
      logIndex: '0',
      inclusionProof: { hashes: [] },
    },
  ])
  expect(bundle.tlogEntries[1]).not.toHaveProperty('integratedTime')
  expect(bundle.timestamps).toHaveLength(1)
  expect([sigstore.rekor1, sigstore.rekor2, sigstore.timestamps].map(({ seen }) => seen.length)).toEqual([
    1, 1, 1,
  ])
})

it('T20: a lost answer of Rekor 2 costs a new signature, not the run', async () => {
  const { sigstore, signing } = await sign({ rekor2: { losesAnswers: 1 } })
  expect(parseBundle(await signing).tlogEntries).toHaveLength(2)
  // Lost, repeated in vain, and once more with another signature.
  expect(sigstore.rekor2.seen).toHaveLength(3)
})

it('T20: a log of Rekor 2 that loses all of its answers ends the run with exit 9', async () => {
  const { signing } = await sign({ rekor2: { losesAnswers: 100 } })
  await expect(signing).rejects.toMatchObject({
    exit: 9,
    message: expect.stringContaining('recorded the signature'),
  })
})

it('a lost answer of Rekor 1 costs one more request: the log tells where the entry is', async () => {
  const { sigstore, signing } = await sign({ rekor1: { losesAnswers: 1 } })
  expect(parseBundle(await signing).tlogEntries).toHaveLength(2)
  expect(sigstore.rekor1.seen.map(({ method }) => method)).toEqual(['POST', 'POST', 'GET'])
})

it.each<[string, SigstoreSwitches, string]>([
  [
    'Rekor 1: another payload',
    { rekor1: { forges: (spec) => (spec['payloadHash'].value = '0'.repeat(64)) } },
    'another payload',
  ],
  [
    'Rekor 1: another signature',
    { rekor1: { forges: (spec) => (spec['signatures'][0].signature = 'AAAA') } },
    'another signature',
  ],
  [
    'Rekor 1: two signatures',
    { rekor1: { forges: (spec) => spec['signatures'].push(spec['signatures'][0]) } },
    'another signature',
  ],
  [
    'Rekor 1: another key',
    { rekor1: { forges: (spec) => (spec['signatures'][0].verifier = 'AAAA') } },
    'another key',
  ],
  [
    'Rekor 2: another digest',
    { rekor2: { forges: (spec) => (spec['data'].digest = 'AAAA') } },
    'another digest',
  ],
  [
    'Rekor 2: another hash',
    { rekor2: { forges: (spec) => (spec['data'].algorithm = 'SHA2_512') } },
    'another digest',
  ],
  [
    'Rekor 2: another signature',
    { rekor2: { forges: (spec) => (spec['signature'].content = 'AAAA') } },
    'another signature',
  ],
  [
    'Rekor 2: another key',
    { rekor2: { forges: (spec) => (spec['signature'].verifier.publicKey.rawBytes = 'AAAA') } },
    'another key',
  ],
  [
    'Rekor 2: a certificate beside the key',
    { rekor2: { forges: (spec) => (spec['signature'].verifier.x509Certificate = { rawBytes: 'AAAA' }) } },
    'another key',
  ],
  [
    'timestamp: another signature',
    { timestamps: { answersOthers: 'signature' } },
    'timestamp of another signature',
  ],
  ['timestamp: another request', { timestamps: { answersOthers: 'nonce' } }, 'timestamp of another request'],
  ['timestamp: refused', { timestamps: { status: 2 } }, 'refused the timestamp (PKIStatus 2)'],
])('a witness whose answer is about something else is not believed: %s', async (_, switches, message) => {
  const { signing } = await sign(switches)
  await expect(signing).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining(message),
  })
})

it('a log of the other version is refused with the option that names the right one', async () => {
  const sigstore = await startImitatedSigstore()
  const logs = [{ url: sigstore.rekor1.origin, version: 2 as const }]
  const { transport } = openQuickTransport()
  const witnesses = openWitnesses({ logs, timestampAuthorities: [] }, transport)
  await expect(signStatement(ARTIFACT, STATEMENT, await newSigner(), witnesses)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('answered 404'),
    hint: expect.stringContaining('--rekor-version 1'),
  })
})

/** Has a message, which is in no envelope, confirmed by a log. */
async function testify(version: 1 | 2, switches: SigstoreSwitches = {}) {
  const { rekor1, rekor2 } = await startImitatedSigstore(switches)
  const logs = [{ url: (version === 1 ? rekor1 : rekor2).origin, version }]
  const [witness] = openWitnesses({ logs, timestampAuthorities: [] }, openQuickTransport().transport)
  const message = Buffer.from('message')
  return witness!.testify({ message }, await (await newSigner()).sign(message))
}

it.each([
  [1, '0.0.1'],
  [2, '0.0.2'],
] as const)('Rekor %d records a message by its hash', async (rekor, version) => {
  const { tlogEntries } = await testify(rekor)
  expect(tlogEntries).toMatchObject([{ kindVersion: { kind: 'hashedrekord', version } }])
  const body = Buffer.from(String(tlogEntries[0]!['canonicalizedBody']), 'base64').toString()
  const digest = createHash('sha256').update('message')
  expect(body).toContain(digest.digest(rekor === 1 ? 'hex' : 'base64'))
})

it.each<[string, (spec: Record<string, any>) => void]>([
  ['message', (spec) => (spec['data'].hash.value = '0'.repeat(64))],
  ['message', (spec) => (spec['data'] = null)],
  ['signature', (spec) => (spec['signature'].content = 'AAAA')],
  ['key', (spec) => (spec['signature'].publicKey.content = 'AAAA')],
])('an answer of Rekor 1 with the entry of another %s is not believed', async (what, forges) => {
  await expect(testify(1, { rekor1: { forges } })).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining(`another ${what}`),
  })
})

it.each([
  ['P-384', 1, 'a log of Rekor 1 takes no signatures by keys of the kind ecdsa-p384-sha384'],
  ['P-521', 1, 'a log of Rekor 1 takes no signatures by keys of the kind ecdsa-p521-sha512'],
  [2560, 2, 'a log of Rekor 2 takes no signatures by RSA keys of 2560 bits'],
] as const)(
  'a key of %s, which logs of Rekor %i do not take, is refused as such',
  (kind, version, message) => {
    const { publicKey } =
      typeof kind === 'number'
        ? generateKeyPairSync('rsa', { modulusLength: kind })
        : generateKeyPairSync('ec', { namedCurve: kind })
    const key = toVerificationKey(publicKey)
    expect(() => requireLoggableKey(key, version)).toThrow(message)
    expect(() => requireLoggableKey(key, version === 1 ? 2 : 1)).not.toThrow()
  },
)

it('an RSA key whose only signature a log of Rekor 2 has recorded before is told so', async () => {
  const sigstore = await startImitatedSigstore()
  const { transport } = openQuickTransport()
  const witnesses = openWitnesses(
    { logs: [{ url: sigstore.rekor2.origin, version: 2 }], timestampAuthorities: [] },
    transport,
  )
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const signer = await openPrivateKey(
    privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    undefined,
  )
  await signStatement(ARTIFACT, STATEMENT, signer, witnesses)
  await expect(signStatement(ARTIFACT, STATEMENT, signer, witnesses)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    hint: expect.stringContaining('an RSA key always signs the same way'),
  })
})
