import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { parseBundle } from '../../src/signing/bundle-reader.ts'
import { writeBundle } from '../../src/signing/bundle.ts'
import { encodePreAuth } from '../../src/signing/dsse.ts'
import { capture } from './scene.ts'

/** The capture with its JSON changed by the test. */
function tampered(change: (bundle: any) => void): Uint8Array {
  const bundle = JSON.parse(capture('key.sigstore'))
  change(bundle)
  return Buffer.from(JSON.stringify(bundle))
}

it('parseBundle reads what cosign wrote, and writeBundle writes the same bytes', () => {
  const bytes = Buffer.from(capture('key.sigstore'))
  const bundle = parseBundle(bytes)
  expect(bundle.material).toEqual({
    kind: 'publicKey',
    hint: 'jsTVunLG5zILsLtI8CHPtv0TsfP++f5PfU6pDZPKDsQ=',
  })
  expect(bundle.envelope?.payloadType).toBe('application/vnd.in-toto+json')
  expect(Buffer.from(writeBundle(bundle)).toString()).toBe(bytes.toString())
})

it('parseBundle reads a bundle with a certificate, alone or in a chain', () => {
  const bundle = parseBundle(Buffer.from(capture('keyless.sigstore')))
  expect(bundle.material.kind).toBe('certificate')
  const chained = JSON.parse(capture('keyless.sigstore'))
  chained.mediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.2'
  const { certificate } = chained.verificationMaterial
  chained.verificationMaterial = { x509CertificateChain: { certificates: [certificate] } }
  expect(parseBundle(Buffer.from(JSON.stringify(chained)))).toEqual({ ...bundle, version: '0.2' })
  expect(parseBundle(writeBundle(bundle))).toEqual(bundle)
})

it('writeBundle keeps log entries as they were read, and timestamps byte for byte', () => {
  const entry = {
    logIndex: '1',
    logId: { keyId: 'AAAA' },
    inclusionProof: {},
    canonicalizedBody: 'e30=',
  }
  const bytes = tampered(({ verificationMaterial }) => {
    verificationMaterial.tlogEntries = [entry]
    verificationMaterial.timestampVerificationData = { rfc3161Timestamps: [{ signedTimestamp: 'MAA=' }] }
  })
  const bundle = parseBundle(bytes)
  expect(bundle.tlogEntries).toEqual([entry])
  expect(bundle.timestamps).toEqual([Buffer.from([0x30, 0x00])])
  expect(Buffer.from(writeBundle(bundle)).toString()).toBe(Buffer.from(bytes).toString())
})

it.each<[string, (material: any) => void]>([
  ['log entries that are no list', (material) => (material.tlogEntries = {})],
  ['a log entry that is no object', (material) => (material.tlogEntries = ['entry'])],
  ['33 log entries', (material) => (material.tlogEntries = Array.from({ length: 33 }, () => ({})))],
  ['timestamp data that is no object', (material) => (material.timestampVerificationData = [])],
  [
    'a timestamp that is not base64',
    (material) => (material.timestampVerificationData = { rfc3161Timestamps: [{ signedTimestamp: '!' }] }),
  ],
  ['an empty timestamp', (material) => (material.timestampVerificationData = { rfc3161Timestamps: [{}] })],
])('parseBundle refuses a bundle with %s', (_, change) => {
  expect(() => parseBundle(tampered((bundle) => change(bundle.verificationMaterial)))).toThrow(
    expect.objectContaining({ code: 'ARTIFACT_MALFORMED' }),
  )
})

it.each<[string, (bundle: any) => void]>([
  [
    'log entries and timestamps',
    (bundle) => {
      bundle.verificationMaterial.tlogEntries = []
      bundle.verificationMaterial.timestampVerificationData = {}
    },
  ],
  ['no hint', (bundle) => (bundle.verificationMaterial.publicKey = {})],
  ['a keyid', (bundle) => (bundle.dsseEnvelope.signatures[0].keyid = 'x')],
  [
    'the other media type of 0.3',
    (bundle) => (bundle.mediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.3'),
  ],
  ['version 0.1', (bundle) => (bundle.mediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.1')],
  ['version 0.2', (bundle) => (bundle.mediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.2')],
])('parseBundle reads a bundle with %s', (_, change) => {
  expect(parseBundle(tampered(change)).envelope).toEqual(
    parseBundle(Buffer.from(capture('key.sigstore'))).envelope,
  )
})

it.each<[string, (bundle: any) => void]>([
  ['a newer version', (bundle) => (bundle.mediaType = 'application/vnd.dev.sigstore.bundle.v0.4+json')],
  ['no media type', (bundle) => delete bundle.mediaType],
  ['a media type of something else', (bundle) => (bundle.mediaType = 'application/json')],
  ['no material', (bundle) => delete bundle.verificationMaterial],
  ['a key and a certificate', (bundle) => (bundle.verificationMaterial.certificate = { rawBytes: 'AAAA' })],
  ['a hint that is no text', (bundle) => (bundle.verificationMaterial.publicKey.hint = 1)],
  ['a certificate without bytes', (bundle) => (bundle.verificationMaterial = { certificate: {} })],
  ['no envelope', (bundle) => delete bundle.dsseEnvelope],
  ['a message signature besides', (bundle) => (bundle.messageSignature = {})],
  ['no payload type', (bundle) => delete bundle.dsseEnvelope.payloadType],
  ['a payload that is not base64', (bundle) => (bundle.dsseEnvelope.payload = '{}')],
  ['a payload in base64 with trailing bits', (bundle) => (bundle.dsseEnvelope.payload = 'AB==')],
  ['no signatures', (bundle) => delete bundle.dsseEnvelope.signatures],
  ['no signature', (bundle) => (bundle.dsseEnvelope.signatures = [])],
  ['two signatures', (bundle) => bundle.dsseEnvelope.signatures.push(bundle.dsseEnvelope.signatures[0])],
  ['an empty signature', (bundle) => (bundle.dsseEnvelope.signatures[0].sig = '')],
  ['a huge signature', (bundle) => (bundle.dsseEnvelope.signatures[0].sig = 'A'.repeat(8000))],
])('parseBundle refuses a bundle with %s', (_, change) => {
  expect(() => parseBundle(tampered(change))).toThrow(expect.objectContaining({ code: 'ARTIFACT_MALFORMED' }))
})

it.each([
  ['a key given twice', capture('key.sigstore').replace('{', '{"mediaType":"x",')],
  ['no object', '[]'],
  ['no JSON', 'bundle'],
])('parseBundle refuses %s', (_, text) => {
  expect(() => parseBundle(Buffer.from(text))).toThrow(
    expect.objectContaining({ code: 'ARTIFACT_MALFORMED' }),
  )
})

it('parseBundle throws nothing but a located error for damaged bytes', () => {
  const whole = Buffer.from(capture('key.sigstore'))
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
      const damaged = Buffer.from(whole)
      damaged[at] = byte
      try {
        parseBundle(damaged)
      } catch (error) {
        expect(error).toMatchObject({ code: 'ARTIFACT_MALFORMED' })
      }
    }),
    { numRuns: 500, seed: 3 },
  )
})

it('encodePreAuth counts bytes, not characters', () => {
  const encode = (payloadType: string, payload: string): string =>
    Buffer.from(encodePreAuth({ payloadType, payload: Buffer.from(payload) })).toString()
  expect(encode('http://example.com/HelloWorld', 'hello world')).toBe(
    'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
  )
  expect(encode('é', '€')).toBe('DSSEv1 2 é 3 €')
})
