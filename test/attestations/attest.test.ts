import { expect, it } from 'vitest'

import { MemoryTarget } from '../support/memory-target.ts'
import { attestArtifact } from '../../src/attestations/attest.ts'
import { discover } from '../../src/attestations/discover.ts'
import { signArtifact } from '../../src/attestations/sign.ts'
import { verifySignatures } from '../../src/attestations/verify.ts'
import { CREATED, newSigner, pushArtifact, SBOM } from '../signing/scene.ts'

const attestation = (predicate: unknown): Parameters<typeof attestArtifact>[3] => ({
  predicateType: SBOM,
  predicate,
  created: CREATED,
})

it('attestArtifact attaches a statement that is no signature', async () => {
  const target = new MemoryTarget()
  const subject = await pushArtifact(target)
  const signer = await newSigner()
  const { digest, written } = await attestArtifact(target, subject, signer, attestation({ packages: [] }))
  expect(written).toBe(true)
  expect(await discover(target, subject.digest)).toMatchObject([
    { digest, kind: 'attestation', predicateType: SBOM },
  ])
  await expect(verifySignatures(target, subject.digest, signer.verifier)).rejects.toMatchObject({
    code: 'SIGNATURE_MISSING',
  })
})

it('attestArtifact keeps what the same key attested before, whatever the order of its fields', async () => {
  const target = new MemoryTarget()
  const subject = await pushArtifact(target)
  const [signer, other] = [await newSigner(), await newSigner()]
  const attest = (by: typeof signer, predicate: unknown): ReturnType<typeof attestArtifact> =>
    attestArtifact(target, subject, by, attestation(predicate))
  const first = await attest(signer, { a: 1, b: [2] })
  const again = await attest(signer, { b: [2], a: 1 })
  expect(again.written).toBe(false)
  expect(again.digest).toBe(first.digest)
  expect((await attest(signer, { a: 1, b: [3] })).written).toBe(true)
  expect((await attest(other, { a: 1, b: [2] })).written).toBe(true)
})

it('attestArtifact and signArtifact do not take each other for their own', async () => {
  const target = new MemoryTarget()
  const subject = await pushArtifact(target)
  const signer = await newSigner()
  const attest = (): ReturnType<typeof attestArtifact> =>
    attestArtifact(target, subject, signer, attestation({}))
  const sign = (): ReturnType<typeof signArtifact> =>
    signArtifact(target, subject, signer, { created: CREATED })
  expect([(await attest()).written, (await sign()).written]).toEqual([true, true])
  expect([(await attest()).written, (await sign()).written]).toEqual([false, false])
  expect((await verifySignatures(target, subject.digest, signer.verifier)).signatures).toHaveLength(1)
})
