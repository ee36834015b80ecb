import { expect, it } from 'vitest'

import { WasmpackError } from '../../src/errors.ts'
import { describeManifest } from '../../src/oci/manifest.ts'
import { MemoryTarget } from '../support/memory-target.ts'
import { discover } from '../../src/attestations/discover.ts'
import { SIGNATURE_PREDICATE } from '../../src/attestations/statement.ts'
import { attach, manifestOf, pushArtifact, SBOM } from '../signing/scene.ts'

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'

it('discover tells signatures, attestations and all else apart, signatures first', async () => {
  const target = new MemoryTarget()
  const subject = await pushArtifact(target)
  const other = manifestOf({
    artifactType: 'application/vnd.cncf.notary.signature',
    config: subject.config,
    layers: subject.layers,
    subject: describeManifest(subject),
  })
  await target.pushManifest(other)
  const attestation = await attach(target, subject, '{"sbom":1}', SBOM)
  const signature = await attach(target, subject, '{"signature":1}')
  expect(await discover(target, subject.digest)).toMatchObject([
    {
      kind: 'signature',
      artifactType: BUNDLE,
      predicateType: SIGNATURE_PREDICATE,
      digest: signature.digest,
      bundle: signature.layers[0],
    },
    { kind: 'attestation', predicateType: SBOM, digest: attestation.digest },
    {
      kind: 'notation-signature',
      artifactType: 'application/vnd.cncf.notary.signature',
      digest: other.digest,
    },
  ])
})

it('discover goes by the manifest, not by the list', async () => {
  const target = new MemoryTarget()
  const subject = await pushArtifact(target)
  const attestation = await attach(target, subject, '{}', SBOM)
  target.referrers = async () => [{ ...describeManifest(attestation), artifactType: 'application/vnd.lie' }]
  expect(await discover(target, subject.digest)).toMatchObject([
    { kind: 'attestation', artifactType: BUNDLE, predicateType: SBOM },
  ])
})

it('discover names each referrer once and says what is wrong with it', async () => {
  const target = new MemoryTarget()
  const subject = await pushArtifact(target)
  const unrelated = describeManifest(await pushArtifact(target, 'unrelated'))
  const gone = describeManifest(manifestOf({ config: subject.config, layers: [] }))
  target.referrers = async () => [unrelated, gone, unrelated]
  expect(await discover(target, subject.digest)).toMatchObject([
    { digest: unrelated.digest, problem: 'its manifest refers to another artifact' },
    { digest: gone.digest, problem: expect.stringContaining(gone.digest) },
  ])
})

it('discover throws if a referrer cannot be read for now', async () => {
  const target = new MemoryTarget()
  const subject = await pushArtifact(target)
  await attach(target, subject, '{}', SBOM)
  const unavailable = new WasmpackError('UNAVAILABLE', 'the registry answered 503')
  target.manifest = async () => {
    throw unavailable
  }
  await expect(discover(target, subject.digest)).rejects.toBe(unavailable)
})
