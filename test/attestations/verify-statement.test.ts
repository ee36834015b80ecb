import { expect, it } from 'vitest'

import { SIGNATURE_PREDICATE } from '../../src/attestations/statement.ts'
import { type StatementVerdict, verifyStatement } from '../../src/attestations/verify-statement.ts'
import { type Digest, parseDigest } from '../../src/oci/digest.ts'
import { readPublicKey } from '../../src/signing/public-key.ts'
import { createVerifier, type Verifier } from '../../src/signing/verifier.ts'
import { capture, newSigner, SBOM, sealed, statementFor } from '../signing/scene.ts'

const COSIGN = createVerifier({ kind: 'keys', keys: [readPublicKey(capture('cosign.pub'))] })

const payloadOf = (bundle: string): any =>
  JSON.parse(Buffer.from(JSON.parse(bundle).dsseEnvelope.payload, 'base64').toString())

const subjectOf = (name: string): Digest =>
  parseDigest(`sha256:${payloadOf(capture(name)).subject[0].digest.sha256}`)

const verify = (
  bundle: string | Uint8Array,
  subject: Digest,
  verifier: Verifier,
  annotations?: Readonly<Record<string, string>>,
): Promise<StatementVerdict> =>
  verifyStatement(Buffer.from(bundle), subject, {
    verifier,
    predicateType: SIGNATURE_PREDICATE,
    annotations,
  })

const rejected = (reason: string): object => ({ kind: 'rejected', reason: expect.stringContaining(reason) })

it('verifyStatement accepts what cosign signed', async () => {
  const verdict = await verify(capture('key.sigstore'), subjectOf('key.sigstore'), COSIGN)
  expect(verdict).toMatchObject({ kind: 'verified', signer: { kind: 'key' }, predicate: {} })
})

it('verifyStatement reads no statement whose signature does not hold', async () => {
  const bundle = await sealed(await newSigner(), Buffer.from('no statement'))
  expect(await verify(bundle, subjectOf('key.sigstore'), COSIGN)).toEqual(rejected('signed by another key'))
})

it('S16: verifyStatement rejects a bundle for another artifact', async () => {
  expect(await verify(capture('key.sigstore'), subjectOf('alg-rsa.sigstore'), COSIGN)).toEqual(
    rejected('signed for another artifact'),
  )
})

const SUBJECT = { digest: subjectOf('key.sigstore') } as Parameters<typeof statementFor>[0]

it.each([
  ['another predicate type', statementFor(SUBJECT, { predicateType: SBOM }), `states "${SBOM}"`],
  ['another statement type', statementFor(SUBJECT, { _type: 'x' }), 'in-toto Statement'],
  ['no subject', statementFor(SUBJECT, { subject: [] }), 'has no subject'],
  ['text in place of a statement', Buffer.from('signed'), 'is not JSON'],
])('S16: verifyStatement rejects %s even where the signature is valid', async (_, payload, reason) => {
  const signer = await newSigner()
  expect(await verify(await sealed(signer, payload), SUBJECT.digest, signer.verifier)).toEqual(
    rejected(reason),
  )
})

it('S16: verifyStatement rejects another payload type even where the signature is valid', async () => {
  const signer = await newSigner()
  const bundle = await sealed(signer, statementFor(SUBJECT), 'application/json')
  expect(await verify(bundle, SUBJECT.digest, signer.verifier)).toEqual(
    rejected('not sign an in-toto statement'),
  )
})

it('verifyStatement asks for the required annotations, letter for letter', async () => {
  const signer = await newSigner()
  const annotations = { env: 'prod', count: 1, valueOf: 'x' }
  const bundle = await sealed(
    signer,
    statementFor(SUBJECT, { subject: [{ digest: { sha256: SUBJECT.digest.slice(7) }, annotations }] }),
  )
  const asking = (wanted: Readonly<Record<string, string>>): Promise<StatementVerdict> =>
    verify(bundle, SUBJECT.digest, signer.verifier, wanted)
  expect(await asking({ env: 'prod' })).toMatchObject({
    kind: 'verified',
    annotations: { env: 'prod', count: 1 },
  })
  expect(await asking({ env: 'test' })).toEqual(rejected('lacks the annotation "env=test"'))
  expect(await asking({ count: '1' })).toEqual(rejected('lacks the annotation "count=1"'))
  expect(await asking({ toString: 'x' })).toEqual(rejected('lacks the annotation'))
})
