import { expect, it } from 'vitest'

import { equalName, matchingName } from '../../../src/signing/identity/name-matcher.ts'
import { toVerificationKey } from '../../../src/signing/public-key.ts'
import { createVerifier } from '../../../src/signing/verifier.ts'
import { FULCIO, type TestName } from '../../support/sigstore-in-memory/certificate-authority.ts'
import { extension, newKeyPair, utf8 } from '../../support/sigstore-in-memory/x509.ts'
import { identityVerifier, rejected, SIGSTORE, verifyBundle } from './scene.ts'

const bundleOf = (...names: readonly TestName[]) => SIGSTORE.sign({ names })

it.each([
  ['without its first letter', 'ev@example.com'],
  ['without its last letter', 'dev@example.co'],
  ['as an expression', '.*'],
  ['in another case', 'Dev@example.com'],
  ['with a space', 'dev@example.com '],
  ['empty', ''],
])('T7: an identity %s is another identity', async (_, subject) => {
  expect(await verifyBundle(SIGSTORE.sign(), { subject })).toEqual(
    rejected(
      /^claims identity dev@example\.com \(issuer https:\/\/sso\.example\.com, certified by https:\/\/fulcio\.example\.com of trusted root root\.json\), not identity /,
    ),
  )
})

it.each([
  'https://sso.example.co',
  'https://sso.example.com/',
  'http://sso.example.com',
  'https://SSO.example.com',
  '.*',
])('T7: the issuer %s is another issuer', async (issuer) => {
  expect(await verifyBundle(SIGSTORE.sign(), { issuer })).toEqual(
    rejected(`not issuer ${issuer.slice(0, 8)}`),
  )
})

it('T7: an expression matches the whole name', async () => {
  const verify = (subject: string) =>
    verifyBundle(SIGSTORE.sign(), { subject: matchingName(subject, '--certificate-identity-regexp') })
  for (const expression of ['.*@example\\.com', 'dev@.*', '^dev@example\\.com$', '(dev|ops)@example\\.com'])
    expect(await verify(expression)).toMatchObject({ kind: 'verified' })
  for (const expression of ['dev', 'v@example', 'example\\.com', 'dev@example.co', ''])
    expect(await verify(expression)).toEqual(rejected('not identity /'))
})

it('T8: a user name is found, and an address or a URI is not taken for one', async () => {
  const bundle = bundleOf({ userName: 'ci-runner!example.com' })
  expect(await verifyBundle(bundle, { subject: 'ci-runner!example.com' })).toMatchObject({
    kind: 'verified',
    signer: { subject: 'ci-runner!example.com' },
  })
  expect(await verifyBundle(bundle, { subject: 'ci-runner' })).toEqual(rejected('not identity ci-runner'))
})

it('a certificate without a name, with two, or with one of an unknown kind is refused', async () => {
  expect(await verifyBundle(bundleOf())).toEqual(rejected('with 0 identities'))
  expect(await verifyBundle(bundleOf({ email: 'dev@example.com' }, { email: 'ops@example.com' }))).toEqual(
    rejected('with 2 identities'),
  )
  const dns = SIGSTORE.sign({
    names: [],
    extensions: [extension('2.5.29.17', Buffer.from([0x30, 0x05, 0x82, 0x03, ...Buffer.from('dev')]))],
  })
  expect(await verifyBundle(dns)).toEqual(rejected('no e-mail address, URI or user name'))
})

it('T9: a name is not compared with its high bits cut off', async () => {
  const cut = Buffer.from('dev@example.com').map((byte, at) => (at === 0 ? byte | 0x80 : byte))
  expect(await verifyBundle(bundleOf({ email: Buffer.from(cut) }))).toEqual(rejected('not valid UTF-8'))
  const wide = String.fromCodePoint(0x100 + 'd'.codePointAt(0)!)
  const bundle = bundleOf({ email: `${wide}ev@example.com` })
  expect(await verifyBundle(bundle)).toEqual(rejected('not identity dev@example.com'))
  expect(await verifyBundle(bundle, { subject: `${wide}ev@example.com` })).toMatchObject({ kind: 'verified' })
})

it('T9: a name is made printable before it is shown in a refusal', async () => {
  const names = [{ email: 'dev@example.com\n\u001B[2Kok: verified\u202E' }]
  const verdict = await verifyBundle(SIGSTORE.sign({ names }))
  expect(verdict).toEqual(rejected(String.raw`identity dev@example.com\u{a}\u{1b}[2Kok: verified\u{202e} (`))
})

it('a certificate that names two issuers is refused', async () => {
  const bundle = SIGSTORE.sign({ issuer: 'https://other.example.com' })
  expect(await verifyBundle(bundle)).toEqual(rejected('not issuer'))
  const pair = newKeyPair()
  const twice = SIGSTORE.sign({
    pair,
    extensions: [extension(`${FULCIO}.8`, utf8('https://sso.example.com'))],
  })
  expect(await verifyBundle(twice)).toEqual(rejected(`the extension ${FULCIO}.8 twice`))
})

it('T10: a key bundle does not satisfy an identity, and a certificate no key, even by the same key', async () => {
  const pair = newKeyPair()
  const withKey = SIGSTORE.sign({ pair, withKey: true })
  expect(await verifyBundle(withKey)).toEqual(rejected('signed with a key, not by an identity'))
  const verifier = createVerifier({ kind: 'keys', keys: [toVerificationKey(pair.publicKey)] })
  const verify = (bundle: object) => verifier.verify(Buffer.from(JSON.stringify(bundle)))
  expect(await verify(withKey)).toMatchObject({ kind: 'verified' })
  expect(await verify(SIGSTORE.sign({ pair }))).toEqual(rejected('signed with a certificate, not a key'))
})

it('T11: a reusable workflow is named by its own repository, not by that of its caller', async () => {
  const workflow = 'https://github.com/acme/shared/.github/workflows/release.yml@refs/heads/main'
  const issuer = 'https://token.actions.githubusercontent.com'
  const bundle = SIGSTORE.sign({
    names: [{ uri: workflow }],
    issuer,
    claims: {
      9: workflow,
      12: 'https://github.com/acme/app',
      14: 'refs/tags/v1.2.3',
    },
  })
  expect(await verifyBundle(bundle, { subject: workflow, issuer })).toMatchObject({
    kind: 'verified',
    signer: {
      subject: workflow,
      source: { repository: 'https://github.com/acme/app', ref: 'refs/tags/v1.2.3' },
    },
  })
  const caller = 'https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2.3'
  expect(await verifyBundle(bundle, { subject: caller, issuer })).toEqual(
    rejected(`not identity ${caller.slice(0, 20)}`),
  )
})

it('the repository and ref of older certificates, which are bare text, are shown too', async () => {
  const bundle = SIGSTORE.sign({
    extensions: [
      extension(`${FULCIO}.5`, Buffer.from('acme/app')),
      extension(`${FULCIO}.6`, Buffer.from('refs/heads/main')),
    ],
  })
  expect(await verifyBundle(bundle)).toMatchObject({
    signer: { source: { repository: 'acme/app', ref: 'refs/heads/main' } },
  })
})

it('a certificate of an authority that the root does not know is refused, and the refusal says so', async () => {
  const root = SIGSTORE.root((json) => (json['certificateAuthorities'] = []))
  expect(await verifyBundle(SIGSTORE.sign(), { root })).toEqual(
    rejected('no authority of trusted root root.json issued'),
  )
  expect(await verifyBundle(SIGSTORE.sign(), { root, subject: equalName('ops@example.com') })).toEqual(
    rejected('certified by no authority of trusted root root.json'),
  )
})

it('a bundle that is no certificate at all is refused', async () => {
  const bundle = SIGSTORE.sign()
  for (const der of [Buffer.from([0]), Buffer.from('3003020101', 'hex'), Buffer.alloc(300, 0x30)]) {
    bundle['verificationMaterial'].certificate.rawBytes = der.toString('base64')
    expect(await identityVerifier().verify(Buffer.from(JSON.stringify(bundle)))).toEqual(
      rejected('certificate'),
    )
  }
})
