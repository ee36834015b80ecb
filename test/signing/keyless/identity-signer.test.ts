import { X509Certificate } from 'node:crypto'

import { expect, it } from 'vitest'

import { signStatement } from '../../../src/attestations/sign-statement.ts'
import { SIGNATURE_PREDICATE } from '../../../src/attestations/statement.ts'
import { parseDigest } from '../../../src/oci/digest.ts'
import { readIdentityToken } from '../../../src/oidc/identity-token.ts'
import { givenToken } from '../../../src/oidc/sources/given-token.ts'
import { createTokenSupply } from '../../../src/oidc/token-supply.ts'
import { parseBundle } from '../../../src/signing/bundle-reader.ts'
import { createFulcio } from '../../../src/signing/keyless/fulcio.ts'
import { openIdentitySigner } from '../../../src/signing/keyless/identity-signer.ts'
import { listOwnNames } from '../../../src/signing/keyless/own-names.ts'
import { goodClaims, makeToken } from '../../support/sigstore/tokens.ts'
import {
  openQuickTransport,
  type SigstoreSwitches,
  startImitatedSigstore,
} from '../../support/sigstore/sigstore.ts'

const ISSUER = 'https://keycloak.example.com/realms/wasm'
const ARTIFACT = parseDigest(`sha256:${'a'.repeat(64)}`)
const STATEMENT = { predicateType: SIGNATURE_PREDICATE, predicate: {} }

async function openSigner(switches: SigstoreSwitches = {}, now: () => number = Date.now) {
  const { fulcio } = await startImitatedSigstore(switches)
  const { transport } = openQuickTransport()
  const source = givenToken('the test', makeToken(goodClaims(ISSUER)))
  const tokens = createTokenSupply(source, { audiences: ['sigstore'] }, transport)
  const authority = createFulcio(`${fulcio.origin}/`, transport)
  return { fulcio, signer: await openIdentitySigner({ authority, tokens, now }) }
}

it('one key and one certificate for all signatures of a run', async () => {
  const { fulcio, signer } = await openSigner()
  expect(fulcio.seen).toHaveLength(0)
  const bundles = [
    parseBundle(await signStatement(ARTIFACT, STATEMENT, signer)),
    parseBundle(
      await signStatement(ARTIFACT, { ...STATEMENT, predicateType: 'https://example.com/p' }, signer),
    ),
  ]
  expect(fulcio.seen.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /api/v2/signingCert'])
  const [one, other] = bundles.map(({ material }) => material)
  expect(one).toEqual(other)
  expect(one?.kind === 'certificate' && new X509Certificate(one.certificate).subjectAltName).toBe(
    'email:alice@example.com',
  )
})

it('each run has a key of its own, and rejects the signatures of others', async () => {
  const [one, other] = [await openSigner(), await openSigner()]
  const bundle = await signStatement(ARTIFACT, STATEMENT, one.signer)
  expect(await one.signer.verifier.verify(bundle)).toMatchObject({
    kind: 'verified',
    signer: { kind: 'identity', subject: 'alice@example.com', issuer: ISSUER },
  })
  expect(await other.signer.verifier.verify(bundle)).toMatchObject({ kind: 'rejected' })
})

it('a certificate that is about to end is not used any more', async () => {
  let ahead = 0
  const { fulcio, signer } = await openSigner({}, () => Date.now() + ahead)
  await signer.sign(Buffer.from('one'))
  ahead = 5 * 60_000
  await signer.sign(Buffer.from('two'))
  expect(fulcio.seen).toHaveLength(1)
  ahead = 9.5 * 60_000
  await signer.sign(Buffer.from('three'))
  expect(fulcio.seen).toHaveLength(2)
})

it('a certificate for another key is refused', async () => {
  const { signer } = await openSigner({ fulcio: { certifiesAnotherKey: true } })
  await expect(signer.sign(Buffer.from('message'))).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('a certificate for another key'),
  })
})

it.each<[string, Readonly<Record<string, unknown>>, readonly string[], readonly string[]]>([
  [
    'a person',
    {},
    ['alice@example.com', 'alice-subject', 'alice-subject!example.com'],
    [
      'lice@example.com',
      'Alice@example.com',
      'alice@example.com!example.com',
      'alice-subject!a!b',
      'alice-subject2',
    ],
  ],
  [
    'a workflow of GitHub',
    { email: undefined, job_workflow_ref: 'acme/app/.github/workflows/ci.yml@refs/heads/main' },
    ['https://github.com/acme/app/.github/workflows/ci.yml@refs/heads/main'],
    ['https://github.com/acme/app/.github/workflows/ci.yml@refs/heads/other', 'alice@example.com'],
  ],
  [
    'a pipeline of GitLab',
    { email: undefined, ci_config_ref_uri: 'gitlab.com/acme/app//.gitlab-ci.yml@refs/heads/main' },
    ['https://gitlab.com/acme/app//.gitlab-ci.yml@refs/heads/main'],
    ['https://gitlab.com/acme/app//.gitlab-ci.yml@refs/heads/other'],
  ],
])('the names that a certificate may give to %s', (_, changes, own, foreign) => {
  const text = makeToken({ ...goodClaims(ISSUER), ...changes })
  const token = readIdentityToken(text, { audiences: ['sigstore'], now: Date.now() }, 'the test')
  const { subject, issuer } = listOwnNames(token)
  expect(own.filter((name) => !subject.matches(name))).toEqual([])
  expect(foreign.filter((name) => subject.matches(name))).toEqual([])
  expect(issuer.matches(ISSUER)).toBe(true)
  expect(issuer.matches(`${ISSUER}/`)).toBe(false)
})
