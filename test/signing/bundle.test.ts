import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { parseBundle, writeBundle } from '../../src/signing/bundle.ts'
import { IN_TOTO_PAYLOAD, encodePreAuth } from '../../src/signing/dsse.ts'
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
  expect(bundle.envelope.payloadType).toBe(IN_TOTO_PAYLOAD)
  expect(Buffer.from(writeBundle(bundle)).toString()).toBe(bytes.toString())
})

it('parseBundle reads a bundle with a certificate, alone or in a chain', () => {
  const bundle = parseBundle(Buffer.from(capture('keyless.sigstore')))
  expect(bundle.material.kind).toBe('certificate')
  const chained = JSON.parse(capture('keyless.sigstore'))
  const { certificate } = chained.verificationMaterial
  chained.verificationMaterial = { x509CertificateChain: { certificates: [certificate] } }
  expect(parseBundle(Buffer.from(JSON.stringify(chained)))).toEqual(bundle)
  expect(parseBundle(writeBundle(bundle))).toEqual(bundle)
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
])('parseBundle reads a bundle with %s', (_, change) => {
  expect(parseBundle(tampered(change)).envelope).toEqual(
    parseBundle(Buffer.from(capture('key.sigstore'))).envelope,
  )
})

it.each<[string, (bundle: any) => void]>([
  [
    'an older version',
    (bundle) => (bundle.mediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.1'),
  ],
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
  ['a message signature', capture('message.sigstore')],
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

it('preAuthEncoding counts bytes, not characters', () => {
  expect(
    Buffer.from(encodePreAuth('http://example.com/HelloWorld', Buffer.from('hello world'))).toString(),
  ).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world')
  expect(Buffer.from(encodePreAuth('é', Buffer.from('€'))).toString()).toBe('DSSEv1 2 é 3 €')
})
