import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, expect, it } from 'vitest'

import { WasmpackError } from '../../src/errors.ts'
import { getDigestHex } from '../../src/oci/digest.ts'
import { openLayout } from '../../src/oci/layout/layout.ts'
import { MemoryTarget } from '../support/memory-target.ts'
import { discover } from '../../src/attestations/discover.ts'
import { findStatements, type Wanted } from '../../src/attestations/find-statements.ts'
import { signArtifact } from '../../src/attestations/sign.ts'
import type { Signer } from '../../src/signing/signer.ts'
import { SIGNATURE_LIMIT, SIGNATURE_PREDICATE } from '../../src/attestations/statement.ts'
import { identityVerifier, SIGSTORE } from '../signing/identity/scene.ts'
import { attach, CREATED, newSigner, pushArtifact, statementFor } from '../signing/scene.ts'

const root = await mkdtemp(join(tmpdir(), 'wasmpack-statements-'))
afterAll(() => rm(root, { recursive: true }))

const wantedOf = (signer: Signer): Wanted => ({
  verifier: signer.verifier,
  predicateType: SIGNATURE_PREDICATE,
  bundleLimit: SIGNATURE_LIMIT,
})

it('findStatements stops when it has read so many bytes, of manifests and bundles together', async () => {
  const target = new MemoryTarget()
  const subject = await pushArtifact(target)
  const signer = await newSigner()
  for (let count = 0; count < 5; count++) await attach(target, subject, `${count}`.repeat(10_000))
  const { digest } = await signArtifact(target, subject, signer, { created: CREATED })
  for (let count = 5; count < 10; count++) await attach(target, subject, `${count}`.repeat(10_000))
  const search = (bytes: number): ReturnType<typeof findStatements> =>
    findStatements(target, subject.digest, wantedOf(signer), {}, { referrers: 1000, bytes })
  const enough = await search(200_000)
  expect(enough.found).toMatchObject([{ digest }])
  expect(enough.unread).toBe(0)
  const { found, rejected, unread, failure } = await search(20_000)
  expect(found).toEqual([])
  expect(rejected).toHaveLength(11)
  expect(rejected.at(-1)).toMatchObject({
    digest,
    reason: expect.stringMatching(/^not read: it is beyond the first \d of 11 referrers$/),
  })
  expect(unread).toBeGreaterThanOrEqual(2)
  // Whether that is a failure, and of which kind, is for the caller to say: an attestation is no signature.
  expect(failure).toBeUndefined()
})

it('findStatements counts the manifests where bundles are small', async () => {
  const target = new MemoryTarget()
  const subject = await pushArtifact(target)
  const wanted = wantedOf(await newSigner())
  for (let count = 0; count < 10; count++) await attach(target, subject, `${count}`)
  const limits = { referrers: 1000, bytes: 2000 }
  const { unread } = await findStatements(target, subject.digest, wanted, {}, limits)
  expect(unread).toBeGreaterThan(0)
})

it('findStatements finds a signature in a layout in which other manifests are damaged', async () => {
  const path = join(root, 'damaged')
  const target = await openLayout(path, { create: true })
  const subject = await pushArtifact(target)
  const signer = await newSigner()
  const unrelated = await pushArtifact(target, 'unrelated')
  const forged = await attach(target, subject, '{}')
  for (const { digest, bytes } of [unrelated, forged])
    await writeFile(join(path, 'blobs', 'sha256', getDigestHex(digest)), 'x'.repeat(bytes.length))
  const before = await findStatements(target, subject.digest, wantedOf(signer), {})
  expect(before.rejected).toContainEqual({
    digest: forged.digest,
    kind: 'signature',
    reason: expect.stringContaining(`content of ${forged.digest} has the digest`),
  })
  const { digest } = await signArtifact(target, subject, signer, { created: CREATED })
  const { found } = await findStatements(target, subject.digest, wantedOf(signer), {})
  expect(found).toMatchObject([{ digest }])
  const listed = await discover(target, subject.digest)
  expect(listed).toContainEqual(
    expect.objectContaining({ digest: forged.digest, problem: expect.stringContaining('has the digest') }),
  )
})

it('findStatements does not fail for a file that cannot be read when a signature holds', async () => {
  const target = new MemoryTarget()
  const subject = await pushArtifact(target)
  const signer = await newSigner()
  const unreadable = await attach(target, subject, '{}')
  const failure = new WasmpackError('FILE_UNREADABLE', 'cannot read it')
  const read = target.manifest.bind(target)
  target.manifest = async (reference, operation) => {
    if (reference === unreadable.digest) throw failure
    return read(reference, operation)
  }
  expect((await findStatements(target, subject.digest, wantedOf(signer), {})).failure).toBe(failure)
  await signArtifact(target, subject, signer, { created: CREATED })
  expect((await findStatements(target, subject.digest, wantedOf(signer), {})).found).toHaveLength(1)
})

it('T18: findStatements finds the signature of an identity among 1,000 bundles of others', async () => {
  const target = new MemoryTarget()
  const subject = await pushArtifact(target)
  const payload = statementFor(subject)
  const foreign = JSON.stringify(SIGSTORE.sign({ payload, names: [{ email: 'mallory@example.com' }] }))
  for (let count = 0; count < 500; count++) await attach(target, subject, foreign + ' '.repeat(count))
  const { digest } = await attach(target, subject, JSON.stringify(SIGSTORE.sign({ payload })))
  for (let count = 500; count < 1000; count++) await attach(target, subject, foreign + ' '.repeat(count))
  const wanted = { ...wantedOf(await newSigner()), verifier: identityVerifier() }
  const { found, rejected } = await findStatements(target, subject.digest, wanted, {})
  expect(found).toMatchObject([
    { digest, signer: { subject: 'dev@example.com' }, evidence: { logEntries: 1 } },
  ])
  expect(new Set(rejected.map(({ reason }) => reason.slice(0, 36)))).toContain(
    'claims identity mallory@example.com ',
  )
})
