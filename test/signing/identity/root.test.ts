import { expect, it } from 'vitest'

import { parseTrustedRoot } from '../../../src/signing/identity/trusted-root.ts'
import {
  CertificateLog,
  START,
  TestAuthority,
} from '../../support/sigstore-in-memory/certificate-authority.ts'
import {
  type Changeable,
  dsseBody,
  type EntryContent,
  SIGNED_AT,
} from '../../support/sigstore-in-memory/instance.ts'
import { TestTimestampAuthority } from '../../support/sigstore-in-memory/timestamp-authority.ts'
import type { EntryJson } from '../../support/sigstore-in-memory/transparency-log.ts'
import { extension, newKeyPair, octets } from '../../support/sigstore-in-memory/x509.ts'
import { rejected, SIGSTORE, verifyBundle } from './scene.ts'

const { hashedRekord, timestamp } = SIGSTORE
const BEFORE = '2026-01-01T00:00:59Z'
const AT = '2026-01-01T00:01:00Z'

const verifyByRoot = (change: (root: Changeable) => void, options = {}) =>
  verifyBundle(SIGSTORE.sign(options), { root: SIGSTORE.root(change) })

it('T15: a log key without a start of its validity is not used', async () => {
  expect(await verifyByRoot((root) => delete root['tlogs'][0].publicKey.validFor.start)).toEqual(
    rejected('no entry of a transparency log of trusted root root.json, only of others'),
  )
  expect(await verifyByRoot((root) => delete root['tlogs'][0].publicKey.validFor)).toEqual(
    rejected('no entry of a transparency log of trusted root root.json, only of others'),
  )
  expect(await verifyByRoot((root) => delete root['ctlogs'][0].publicKey.validFor.start)).toEqual(
    rejected('without a timestamp (SCT) of a certificate log'),
  )
})

it('T15: an authority without a start of its validity is not used', async () => {
  expect(await verifyByRoot((root) => delete root['certificateAuthorities'][0].validFor.start)).toEqual(
    rejected('no authority of trusted root root.json issued'),
  )
  const signed = { entries: [hashedRekord], timestamps: [timestamp] }
  expect(await verifyByRoot((root) => delete root['timestampAuthorities'][0].validFor.start, signed)).toEqual(
    rejected('no verified time'),
  )
})

it.each<[string, (root: Changeable) => void, object]>([
  ['the log of its entry', (root) => (root['tlogs'][0].publicKey.validFor.end = BEFORE), {}],
  [
    'the log of an entry without a time',
    (root) => (root['tlogs'][1].publicKey.validFor.end = BEFORE),
    { entries: [hashedRekord], timestamps: [timestamp] },
  ],
  [
    'the log of an entry, which begins later',
    (root) => (root['tlogs'][1].publicKey.validFor.start = '2026-01-01T00:01:01Z'),
    { entries: [hashedRekord], timestamps: [timestamp] },
  ],
  [
    'the authority of its certificate',
    (root) => (root['certificateAuthorities'][0].validFor.end = BEFORE),
    {},
  ],
  [
    'the authority of its timestamp',
    (root) => (root['timestampAuthorities'][0].validFor.end = BEFORE),
    { timestamps: [timestamp] },
  ],
  [
    'the log of its certificate',
    (root) => (root['ctlogs'][0].publicKey.validFor.end = '2025-12-31T23:59:59Z'),
    {},
  ],
])('T16: a signature from outside the validity of %s is refused', async (_, change, options) => {
  expect(await verifyByRoot(change, options)).toMatchObject({ kind: 'rejected' })
  expect(await verifyByRoot(() => undefined, options)).toMatchObject({ kind: 'verified' })
})

it('T16: the last second of a validity belongs to it', async () => {
  const verdict = await verifyByRoot((root) => {
    root['tlogs'][0].publicKey.validFor.end = AT
    root['certificateAuthorities'][0].validFor.end = AT
    root['ctlogs'][0].publicKey.validFor.end = START.toISOString()
  })
  expect(verdict).toMatchObject({ kind: 'verified' })
})

it('T17: a root without a certificate log is no permission to skip its check', async () => {
  expect(await verifyByRoot((root) => (root['ctlogs'] = []))).toEqual(
    rejected('without a timestamp (SCT) of a certificate log'),
  )
  expect(await verifyByRoot((root) => delete root['ctlogs'], { logs: [] })).toEqual(
    rejected('without a timestamp (SCT) of a certificate log'),
  )
})

it('T17: a root without a transparency log is no permission to skip its check', async () => {
  for (const entries of [[], [SIGSTORE.dsse]])
    expect(await verifyByRoot((root) => (root['tlogs'] = []), { entries, timestamps: [timestamp] })).toEqual(
      rejected('has no entry of a transparency log'),
    )
})

it('certificate logs are ignored only on request, whatever is in the certificate', async () => {
  for (const logs of [[], [new CertificateLog()], [SIGSTORE.certificateLog]])
    expect(await verifyBundle(SIGSTORE.sign({ logs }), { ignoreCertificateLog: true })).toMatchObject({
      kind: 'verified',
      evidence: { certificateTimestamps: 0 },
    })
})

it('T5: an unknown certificate log beside a known one is ignored, alone it is refused', async () => {
  const stranger = new CertificateLog()
  expect(await verifyBundle(SIGSTORE.sign({ logs: [stranger, SIGSTORE.certificateLog] }))).toMatchObject({
    kind: 'verified',
    evidence: { certificateTimestamps: 1 },
  })
  expect(await verifyBundle(SIGSTORE.sign({ logs: [stranger] }))).toEqual(
    rejected('without a timestamp (SCT)'),
  )
})

it('the timestamp of a certificate log for another certificate, or a malformed one, is refused', async () => {
  const list = (bytes: Buffer): object => ({
    logs: [],
    extensions: [extension('1.3.6.1.4.1.11129.2.4.2', octets(bytes))],
  })
  const other = SIGSTORE.certificateLog.stamp(Buffer.from('other'), newKeyPair().publicKey, START)
  const size = (length: number): Buffer => Buffer.from([length >> 8, length & 0xff])
  const whole = Buffer.concat([size(other.length + 2), size(other.length), other])
  expect(await verifyBundle(SIGSTORE.sign(list(whole)))).toEqual(
    rejected('timestamp of a certificate log is not valid'),
  )
  expect(await verifyBundle(SIGSTORE.sign(list(whole.subarray(0, 20))))).toEqual(rejected('malformed'))
})

const withAuthority = (authority: TestAuthority, chain = [authority.intermediate, authority.root]) =>
  verifyBundle(SIGSTORE.sign({ authority }), {
    root: SIGSTORE.root((root) => {
      root['certificateAuthorities'][0].certChain.certificates = chain.map((der) => ({
        rawBytes: der.toString('base64'),
      }))
    }),
  })

it('an authority is followed up to the root: path lengths, validity and each signature', async () => {
  expect(await withAuthority(new TestAuthority('good', { curve: 'P-384', rootPathLength: 1 }))).toMatchObject(
    {
      kind: 'verified',
    },
  )
  const refusal = rejected('an authority that was not valid')
  expect(await withAuthority(new TestAuthority('short', { rootPathLength: 0 }))).toEqual(refusal)
  expect(await withAuthority(new TestAuthority('expired', { to: new Date(BEFORE) }))).toEqual(refusal)
  const authority = new TestAuthority('one')
  expect(await withAuthority(authority, [authority.intermediate, new TestAuthority('one').root])).toEqual(
    refusal,
  )
  expect(await withAuthority(authority, [authority.intermediate])).toMatchObject({ kind: 'verified' })
  expect(await withAuthority(authority, [new TestAuthority('one').intermediate])).toEqual(
    rejected('no authority of trusted root root.json issued'),
  )
})

it('a certificate that is not for signing code, or has an unknown critical extension, is refused', async () => {
  expect(await verifyBundle(SIGSTORE.sign({ purpose: '1.3.6.1.5.5.7.3.1' }))).toEqual(
    rejected('not for signing code'),
  )
  const extensions = [extension('1.2.3.4', Buffer.from([5, 0]), true)]
  expect(await verifyBundle(SIGSTORE.sign({ extensions }))).toEqual(
    rejected('unknown critical extension 1.2.3.4'),
  )
})

it('a timestamp by an authority whose certificate had expired is refused', async () => {
  const expired = new TestTimestampAuthority('expired', new Date(BEFORE))
  const root = SIGSTORE.root((json) => {
    json['timestampAuthorities'][0].certChain.certificates = [expired.certificate, expired.root].map(
      (der) => ({
        rawBytes: der.toString('base64'),
      }),
    )
  })
  const bundle = SIGSTORE.sign({
    entries: [hashedRekord],
    timestamps: [(signature) => expired.stamp(signature, SIGNED_AT)],
  })
  expect(await verifyBundle(bundle, { root })).toEqual(rejected('a timestamp that is not valid'))
})

it('the log that is meant by an identifier must have the key', async () => {
  const entry = (content: EntryContent): EntryJson => ({
    ...SIGSTORE.dsse(content),
    logId: { keyId: SIGSTORE.rekor2.id.toString('base64') },
  })
  expect(await verifyBundle(SIGSTORE.sign({ entries: [entry] }))).toEqual(
    rejected('a log entry that is not valid'),
  )
  const bare = (content: EntryContent): EntryJson => SIGSTORE.rekor1.add(dsseBody(content), SIGNED_AT)
  expect(await verifyBundle(SIGSTORE.sign({ entries: [bare] }))).toMatchObject({ kind: 'verified' })
})

const ROOT_FIELDS: readonly [string, (root: Changeable) => object][] = [
  ['the root', (root) => root],
  ['a log', (root) => root['tlogs'][0]],
  ['the key of a log', (root) => root['tlogs'][0].publicKey],
  ['a validity', (root) => root['tlogs'][0].publicKey.validFor],
  ['the identifier of a log', (root) => root['ctlogs'][0].logId],
  ['an authority', (root) => root['certificateAuthorities'][0]],
  ['the subject of an authority', (root) => root['certificateAuthorities'][0].subject],
  ['a chain', (root) => root['timestampAuthorities'][0].certChain],
  ['a certificate', (root) => root['timestampAuthorities'][0].certChain.certificates[0]],
]

it.each(ROOT_FIELDS)(
  'T13: an unknown field, __proto__ and a key given twice are refused in %s of a root',
  (_, find) => {
    const refusal = (text: string) => (): unknown => parseTrustedRoot(Buffer.from(text), 'root.json')
    for (const name of ['unknown', '__proto__']) {
      const root = SIGSTORE.rootJson()
      Object.defineProperty(find(root), name, { value: {}, enumerable: true })
      expect(refusal(JSON.stringify(root))).toThrow(
        expect.objectContaining({
          code: 'TRUSTED_ROOT_INVALID',
          message: expect.stringContaining(`unknown field "${name}"`),
        }),
      )
    }
    const root = SIGSTORE.rootJson()
    const place = find(root)
    const [key] = Object.keys(place)
    Object.assign(place, { marker: 0 })
    expect(refusal(JSON.stringify(root).replace('"marker":0', `${JSON.stringify(key)}:{}`))).toThrow('twice')
  },
)

it.each<[string, (root: Changeable) => void]>([
  ['another media type', (root) => (root['mediaType'] = 'application/json')],
  ['logs that are no list', (root) => (root['tlogs'] = {})],
  ['too many logs', (root) => (root['tlogs'] = Array.from({ length: 257 }, () => root['tlogs'][0]))],
  ['a key that is not base64', (root) => (root['tlogs'][0].publicKey.rawBytes = '!')],
  [
    'a certificate that cannot be read',
    (root) => (root['certificateAuthorities'][0].certChain.certificates[0].rawBytes = 'AAAA'),
  ],
  ['a time that is none', (root) => (root['ctlogs'][0].publicKey.validFor.start = 'yesterday')],
  ['a log without a key', (root) => delete root['ctlogs'][0].publicKey],
])('parseTrustedRoot refuses %s', (_, change) => {
  expect(() => SIGSTORE.root(change)).toThrow(
    expect.objectContaining({
      code: 'TRUSTED_ROOT_INVALID',
      hint: expect.stringContaining('trusted_root.json'),
    }),
  )
})

it.each([
  ['HTML', '<html>'],
  ['no object', '[]'],
  ['more than a MiB', ' '.repeat(1024 * 1024 + 1)],
])('parseTrustedRoot refuses %s', (_, text) => {
  expect(() => parseTrustedRoot(Buffer.from(text), 'root.json')).toThrow(
    expect.objectContaining({ code: 'TRUSTED_ROOT_INVALID' }),
  )
})

it('a log whose key is of an unknown kind is left out, and the others are used', async () => {
  const verdict = await verifyByRoot((root) => {
    root['tlogs'][1].publicKey.rawBytes = Buffer.from('a key of tomorrow').toString('base64')
    root['tlogs'][1].publicKey.keyDetails = 'ML_DSA_44'
  })
  expect(verdict).toMatchObject({ kind: 'verified' })
})
