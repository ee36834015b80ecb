import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto'

import { expect, it } from 'vitest'

import { encodePreAuth } from '../../../src/signing/dsse.ts'
import { isSignedBy, toVerificationKey } from '../../../src/signing/public-key.ts'
import { createVerifier } from '../../../src/signing/verifier.ts'
import {
  type Changeable,
  dsseBody,
  type EntryContent,
  hashedRekordBody,
  SIGNED_AT,
} from '../../support/sigstore-in-memory/instance.ts'
import { END, START } from '../../support/sigstore-in-memory/certificate-authority.ts'
import { TestTimestampAuthority } from '../../support/sigstore-in-memory/timestamp-authority.ts'
import { type EntryJson, TestLog } from '../../support/sigstore-in-memory/transparency-log.ts'
import { newKeyPair, toSpki } from '../../support/sigstore-in-memory/x509.ts'
import * as p256 from '../../support/p256.ts'
import { rejected, SIGSTORE, verifyBundle } from './scene.ts'

const { dsse, hashedRekord, timestamp } = SIGSTORE
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
const later = (seconds: number): Date => new Date(SIGNED_AT.getTime() + seconds * 1000)

it('a bundle with an entry of Rekor 1 is verified, and what was verified is counted', async () => {
  expect(await verifyBundle(SIGSTORE.sign())).toMatchObject({
    kind: 'verified',
    signer: { kind: 'identity', subject: 'dev@example.com', issuer: 'https://sso.example.com' },
    evidence: {
      trustedRoot: 'root.json',
      logEntries: 1,
      timestamps: 0,
      certificateTimestamps: 1,
      times: [
        { time: '2026-01-01T00:01:00Z', source: 'transparency-log', name: 'https://rekor1.example.com' },
      ],
    },
  })
})

it('a bundle with an entry of Rekor 2 and a timestamp is verified, with the time of the authority', async () => {
  const bundle = SIGSTORE.sign({ entries: [hashedRekord], timestamps: [timestamp] })
  expect(await verifyBundle(bundle)).toMatchObject({
    kind: 'verified',
    evidence: {
      logEntries: 1,
      timestamps: 1,
      times: [
        { time: '2026-01-01T00:01:00Z', source: 'timestamp-authority', name: 'https://tsa.example.com' },
      ],
    },
  })
})

/** The other key under which an ECDSA signature of the message is valid. */
function recoverOtherKey({ signature, verifier, ...content }: EntryContent): Buffer {
  const leaf = createPublicKey({ key: Buffer.from(verifier.der), format: 'der', type: 'spki' })
  const [r, s] = p256.readSignature(Buffer.from(signature))
  const digest = p256.fromBytes(sha256(encodePreAuth(content)))
  const w = p256.invert(s, p256.N)
  const nonce = p256.add(
    p256.multiply(p256.G, (digest * w) % p256.N),
    p256.multiply(p256.toPoint(leaf), (r * w) % p256.N),
  )!
  const difference = p256.add(
    p256.multiply(p256.negate(nonce), s),
    p256.multiply(p256.G, p256.modulo(-digest, p256.N)),
  )!
  const key = p256.toPublicKey(p256.multiply(difference, p256.invert(r, p256.N))!)
  if (!isSignedBy(toVerificationKey(key), encodePreAuth(content), signature)) throw new Error('not recovered')
  return toSpki(key)
}

const withVerifier =
  (make: (content: EntryContent) => EntryJson, change: (content: EntryContent) => Buffer) =>
  (content: EntryContent): EntryJson =>
    make({ ...content, verifier: { kind: 'publicKey', der: change(content) } })

it.each([
  ['Rekor 1', dsse, []],
  ['Rekor 2', hashedRekord, [timestamp]],
] as const)(
  'T1: an entry of %s for the bare key of the certificate is refused',
  async (_, make, timestamps) => {
    const pair = newKeyPair()
    const entry = withVerifier(make, () => toSpki(pair.publicKey))
    expect(await verifyBundle(SIGSTORE.sign({ pair, entries: [entry], timestamps }))).toEqual(
      rejected('log entry for another certificate'),
    )
  },
)

it.each([
  ['Rekor 1', dsse, []],
  ['Rekor 2', hashedRekord, [timestamp]],
] as const)(
  'T1: an entry of %s for another key under which the same signature is valid is refused',
  async (_, make, timestamps) => {
    const pair = newKeyPair()
    const entry = withVerifier(make, (content) =>
      recoverOtherKey({ ...content, verifier: { kind: 'publicKey', der: toSpki(pair.publicKey) } }),
    )
    expect(await verifyBundle(SIGSTORE.sign({ pair, entries: [entry], timestamps }))).toEqual(
      rejected('log entry for another certificate'),
    )
  },
)

it('T1: an entry for another certificate with the same key is refused', async () => {
  const pair = newKeyPair()
  const entry = (content: EntryContent): EntryJson =>
    dsse({
      ...content,
      verifier: { kind: 'certificate', der: SIGSTORE.authority.issue(pair.publicKey, {}) },
    })
  expect(await verifyBundle(SIGSTORE.sign({ pair, entries: [entry] }))).toEqual(
    rejected('log entry for another certificate'),
  )
})

it('T1: an entry for another key is refused where a key and its log entry are required', async () => {
  const pair = newKeyPair()
  const keys = [toVerificationKey(pair.publicKey)]
  const verifier = createVerifier({ kind: 'keys', keys, evidence: { root: SIGSTORE.root() } })
  const verify = (entry: (content: EntryContent) => EntryJson) =>
    verifier.verify(
      Buffer.from(
        JSON.stringify(SIGSTORE.sign({ pair, withKey: true, entries: [entry], timestamps: [timestamp] })),
      ),
    )
  expect(await verify(hashedRekord)).toMatchObject({
    kind: 'verified',
    evidence: { logEntries: 1, timestamps: 1 },
  })
  expect(await verify(withVerifier(hashedRekord, recoverOtherKey))).toEqual(rejected('for another key'))
})

it('a key with a trusted root needs a log entry, unless logs are ignored', async () => {
  const pair = newKeyPair()
  const keys = [toVerificationKey(pair.publicKey)]
  const root = SIGSTORE.root()
  const bundle = Buffer.from(JSON.stringify(SIGSTORE.sign({ pair, withKey: true, entries: [] })))
  const verify = (ignoreLog: boolean) =>
    createVerifier({ kind: 'keys', keys, evidence: { root, ignoreLog } }).verify(bundle)
  expect(await verify(false)).toEqual(rejected('has no entry of a transparency log'))
  expect(await verify(true)).toMatchObject({ kind: 'verified', evidence: { logEntries: 0, times: [] } })
})

const altered =
  (
    make: (content: EntryContent) => Changeable,
    add: (body: Changeable) => EntryJson,
    change: (body: Changeable, content: EntryContent) => void,
  ) =>
  (content: EntryContent): EntryJson => {
    const body = make(content)
    change(body, content)
    return add(body)
  }
const add1 = (body: Changeable): EntryJson => SIGSTORE.rekor1.add(body, SIGNED_AT)
const add2 = (body: Changeable): EntryJson => SIGSTORE.rekor2.add(body, SIGNED_AT)
const OTHER = Buffer.from('another content')

it.each<[string, (content: EntryContent) => EntryJson]>([
  [
    'another signature in Rekor 1',
    altered(dsseBody, add1, (body) => (body['spec'].signatures[0].signature = OTHER.toString('base64'))),
  ],
  [
    'another statement in Rekor 1',
    altered(dsseBody, add1, (body) => (body['spec'].payloadHash.value = sha256(OTHER).toString('hex'))),
  ],
  [
    'two signatures in Rekor 1',
    altered(dsseBody, add1, (body) => body['spec'].signatures.push(body['spec'].signatures[0])),
  ],
  [
    'another signature in Rekor 2',
    altered(
      hashedRekordBody,
      add2,
      (body) => (body['spec'].hashedRekordV002.signature.content = OTHER.toString('base64')),
    ),
  ],
  [
    'another digest in Rekor 2',
    altered(
      hashedRekordBody,
      add2,
      (body) => (body['spec'].hashedRekordV002.data.digest = sha256(OTHER).toString('base64')),
    ),
  ],
  [
    'the digest of the payload in place of what was signed',
    altered(
      hashedRekordBody,
      add2,
      (body, { payload }) => (body['spec'].hashedRekordV002.data.digest = sha256(payload).toString('base64')),
    ),
  ],
  ['an unknown kind', altered(dsseBody, add1, (body) => (body['kind'] = 'rfc3161'))],
])('T2: a log entry with %s is refused', async (_, entry) => {
  expect(await verifyBundle(SIGSTORE.sign({ entries: [entry], timestamps: [timestamp] }))).toEqual(
    rejected('log entry'),
  )
})

it.each<[string, (entry: EntryJson, other: EntryJson) => void]>([
  ['promise', (entry, other) => (entry['inclusionPromise'] = other['inclusionPromise'])],
  ['proof', (entry, other) => (entry['inclusionProof'] = other['inclusionProof'])],
  ['checkpoint', (entry, other) => (entry['inclusionProof'].checkpoint = other['inclusionProof'].checkpoint)],
])('T2: the %s of another log does not hold', async (_, change) => {
  const other = new TestLog(1)
  const entry = (content: EntryContent): EntryJson => {
    const made = dsse(content)
    change(made, other.add(dsseBody(content), SIGNED_AT))
    return made
  }
  expect(await verifyBundle(SIGSTORE.sign({ entries: [entry] }))).toEqual(
    rejected('a log entry that is not valid'),
  )
})

it.each<[string, (entry: EntryJson) => void, string]>([
  ['size of the tree', ({ inclusionProof }) => (inclusionProof.treeSize = '3'), 'not of its checkpoint'],
  [
    'root of the tree',
    ({ inclusionProof }) => (inclusionProof.rootHash = sha256(OTHER).toString('base64')),
    'not of its checkpoint',
  ],
  ['index', (entry) => (entry['logIndex'] = '0'), 'of another index'],
])('T2: a proof with another %s than the log signed is refused', async (_, change, reason) => {
  const entry = (content: EntryContent): EntryJson => {
    const made = hashedRekord(content)
    change(made)
    return made
  }
  expect(await verifyBundle(SIGSTORE.sign({ entries: [entry], timestamps: [timestamp] }))).toEqual(
    rejected(reason),
  )
})

it('T3: a log entry that is there twice is refused', async () => {
  const entries = [dsse, dsse]
  expect(await verifyBundle(SIGSTORE.sign({ entries }))).toEqual(rejected('same log entry twice'))
  const bundle = SIGSTORE.sign({ entries: [dsse] })
  const [entry] = bundle['verificationMaterial'].tlogEntries
  bundle['verificationMaterial'].tlogEntries = [entry, { ...entry, logIndex: '42' }]
  expect(await verifyBundle(bundle)).toEqual(rejected('log entry'))
})

it('entries of two known logs count as two', async () => {
  const bundle = SIGSTORE.sign({ entries: [dsse, hashedRekord], timestamps: [timestamp] })
  expect(await verifyBundle(bundle)).toMatchObject({ kind: 'verified', evidence: { logEntries: 2 } })
})

it('T4: two timestamps of one authority count once', async () => {
  const timestamps = [
    (signature: Uint8Array) => SIGSTORE.timestamps.stamp(signature, SIGNED_AT),
    (signature: Uint8Array) => SIGSTORE.timestamps.stamp(signature, later(2)),
  ]
  expect(await verifyBundle(SIGSTORE.sign({ timestamps }))).toMatchObject({
    kind: 'verified',
    evidence: { timestamps: 1 },
  })
})

const strangerLog = new TestLog(1)
const unknownEntry = (content: EntryContent): EntryJson => strangerLog.add(dsseBody(content), SIGNED_AT)
const stranger = new TestTimestampAuthority('another authority')
const unknownTimestamp = (signature: Uint8Array): Uint8Array => stranger.stamp(signature, SIGNED_AT)

it('T5: an unknown log beside a known one is ignored, alone it is refused', async () => {
  expect(await verifyBundle(SIGSTORE.sign({ entries: [unknownEntry, dsse] }))).toMatchObject({
    kind: 'verified',
    evidence: { logEntries: 1 },
  })
  expect(await verifyBundle(SIGSTORE.sign({ entries: [unknownEntry], timestamps: [timestamp] }))).toEqual(
    rejected('no entry of a transparency log of trusted root root.json, only of others'),
  )
})

it('T5: an unknown timestamp authority beside a known one is ignored, alone it is refused', async () => {
  const entries = [hashedRekord]
  expect(
    await verifyBundle(SIGSTORE.sign({ entries, timestamps: [unknownTimestamp, timestamp] })),
  ).toMatchObject({ kind: 'verified', evidence: { timestamps: 1, times: [expect.anything()] } })
  expect(await verifyBundle(SIGSTORE.sign({ entries, timestamps: [unknownTimestamp] }))).toEqual(
    rejected('no verified time'),
  )
})

it('T6: a timestamp of another signature is refused', async () => {
  const timestamps = [() => SIGSTORE.timestamps.stamp(OTHER, SIGNED_AT)]
  expect(await verifyBundle(SIGSTORE.sign({ timestamps }))).toEqual(rejected('a timestamp that is not valid'))
})

it('T6: a timestamp that was not granted is refused', async () => {
  const timestamps = [(signature: Uint8Array) => SIGSTORE.timestamps.stamp(signature, SIGNED_AT, 2)]
  expect(await verifyBundle(SIGSTORE.sign({ timestamps }))).toEqual(rejected('was not granted'))
})

it('T6: without a timestamp, an entry that promises no time is not enough', async () => {
  expect(await verifyBundle(SIGSTORE.sign({ entries: [hashedRekord] }))).toEqual(rejected('no verified time'))
})

it('T6: an integrated time without a verified promise is no time', async () => {
  const unpromised = (content: EntryContent): EntryJson => {
    const { inclusionPromise: _, ...entry } = dsse(content)
    return entry
  }
  expect(await verifyBundle(SIGSTORE.sign({ entries: [unpromised] }))).toEqual(rejected('no verified time'))
  const changed = (content: EntryContent): EntryJson => ({ ...dsse(content), integratedTime: '1767225700' })
  expect(await verifyBundle(SIGSTORE.sign({ entries: [changed] }))).toEqual(
    rejected('a log entry that is not valid'),
  )
})

it.each([
  ['before', -120],
  ['after', 3600],
])(
  'T6: a certificate that is used %s its validity is refused, whichever witness says so',
  async (_, seconds) => {
    const at = later(seconds)
    const entry = (content: EntryContent): EntryJson => SIGSTORE.rekor1.add(dsseBody(content), at)
    const root = SIGSTORE.root((json) => {
      for (const service of [...json['certificateAuthorities'], ...json['timestampAuthorities']])
        service.validFor.start = '2020-01-01T00:00:00Z'
      for (const log of json['tlogs']) log.publicKey.validFor.start = '2020-01-01T00:00:00Z'
    })
    const from = new Date(START.getTime() + 30_000)
    expect(await verifyBundle(SIGSTORE.sign({ from, entries: [entry] }), { root })).toEqual(
      rejected('not valid when the signature was made'),
    )
    if (seconds < 0) return
    const stamp = (signature: Uint8Array): Uint8Array => SIGSTORE.timestamps.stamp(signature, at)
    expect(await verifyBundle(SIGSTORE.sign({ from, timestamps: [stamp] }), { root })).toEqual(
      rejected('not valid when the signature was made'),
    )
  },
)

it('logs are ignored only on request, and then an authority must give the time', async () => {
  const ignoreLog = true
  const bundle = SIGSTORE.sign({ entries: [], timestamps: [timestamp] })
  expect(await verifyBundle(bundle)).toEqual(rejected('has no entry of a transparency log'))
  expect(await verifyBundle(bundle, { ignoreLog })).toMatchObject({
    kind: 'verified',
    evidence: { logEntries: 0, timestamps: 1 },
  })
  expect(await verifyBundle(SIGSTORE.sign(), { ignoreLog })).toEqual(
    rejected('has no timestamp of an authority'),
  )
})

it('a signature by another key than the certificate names is refused', async () => {
  const bundle = SIGSTORE.sign()
  const other = SIGSTORE.sign()
  bundle['dsseEnvelope'].signatures = other['dsseEnvelope'].signatures
  expect(await verifyBundle(bundle)).toEqual(rejected('a signature that is not valid'))
})

it('a key of a kind that nobody verifies is no key of a signer', async () => {
  const { publicKey } = generateKeyPairSync('ed25519')
  const bundle = SIGSTORE.sign()
  const der = SIGSTORE.authority.issue(publicKey, { logs: [SIGSTORE.certificateLog], to: END })
  bundle['verificationMaterial'].certificate.rawBytes = der.toString('base64')
  expect(await verifyBundle(bundle)).toEqual(rejected('Ed25519'))
})
