import { expect, it } from 'vitest'

import { collect } from '../../src/oci/descriptor.ts'
import { MemoryTarget } from '../support/memory-target.ts'
import type { Manifest } from '../../src/oci/manifest.ts'
import type { Signer } from '../../src/signing/signer.ts'
import { signArtifact } from '../../src/attestations/sign.ts'
import { verifySignatures } from '../../src/attestations/verify.ts'
import { attach, CREATED, keysOf, newSigner, pushArtifact } from '../signing/scene.ts'

it('signArtifact attaches what cosign attaches', async () => {
  const target = new MemoryTarget()
  const subject = await pushArtifact(target)
  const signer = await newSigner()
  const { digest, written } = await signArtifact(target, subject, signer, { created: CREATED })
  expect(written).toBe(true)
  const manifest = (await target.manifest(digest)) as Manifest
  expect(JSON.parse(Buffer.from(manifest.bytes).toString())).toEqual({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    config: {
      mediaType: 'application/vnd.oci.empty.v1+json',
      digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
      size: 2,
    },
    layers: [
      {
        mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
        digest: expect.stringMatching(/^sha256:/),
        size: expect.any(Number),
      },
    ],
    subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.bytes.length },
    annotations: {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': 'https://sigstore.dev/cosign/sign/v1',
      'org.opencontainers.image.created': '2026-01-02T03:04:05Z',
    },
  })
  const bytes = await collect(target.fetch(manifest.layers[0]!), 10_000, 'bundle')
  const content = JSON.parse(Buffer.from(bytes).toString())
  expect(content.verificationMaterial).toEqual({
    publicKey: { hint: keysOf(signer.verifier)[0]!.hint },
  })
  expect(content.dsseEnvelope.signatures).toEqual([{ sig: expect.any(String) }])
})

it.each(['P-256', 'P-384', 'P-521'])(
  'signArtifact signs with %s what verifySignatures accepts',
  async (curve) => {
    const target = new MemoryTarget()
    const subject = await pushArtifact(target)
    const signer = await newSigner(curve)
    const annotations = { env: 'prod' }
    const { digest } = await signArtifact(target, subject, signer, { created: CREATED, annotations })
    const key = keysOf(signer.verifier)[0]!
    expect(await verifySignatures(target, subject.digest, signer.verifier)).toEqual({
      subject: subject.digest,
      signatures: [
        {
          digest,
          signer: { kind: 'key', id: key.id, hint: key.hint },
          format: 'bundle',
          predicateType: 'https://sigstore.dev/cosign/sign/v1',
          annotations,
        },
      ],
      candidates: [],
    })
  },
)

it('signArtifact keeps a valid signature by the same key and adds one for further annotations', async () => {
  const target = new MemoryTarget()
  const subject = await pushArtifact(target)
  const signer = await newSigner()
  const sign = (annotations?: Readonly<Record<string, string>>): ReturnType<typeof signArtifact> =>
    signArtifact(target, subject, signer, { created: CREATED, annotations })
  const first = await sign({ env: 'prod' })
  for (const annotations of [{ env: 'prod' }, undefined]) {
    const again = await sign(annotations)
    expect(again.written).toBe(false)
    expect(again.digest).toBe(first.digest)
  }
  expect((await sign({ env: 'prod', team: 'x' })).written).toBe(true)
  expect(await target.referrers(subject.digest)).toHaveLength(2)
})

it('signArtifact signs again where it is told to', async () => {
  const target = new MemoryTarget()
  const subject = await pushArtifact(target)
  const signer = await newSigner()
  const first = await signArtifact(target, subject, signer, { created: CREATED })
  const second = await signArtifact(target, subject, signer, { created: CREATED, again: true })
  expect(second.written).toBe(true)
  expect(second.digest).not.toBe(first.digest)
  expect(await target.referrers(subject.digest)).toHaveLength(2)
})

it('signArtifact signs beside signatures by other keys and beside malformed ones', async () => {
  const target = new MemoryTarget()
  const subject = await pushArtifact(target)
  await signArtifact(target, subject, await newSigner(), { created: CREATED })
  await attach(target, subject, 'no bundle')
  expect((await signArtifact(target, subject, await newSigner(), { created: CREATED })).written).toBe(true)
})

it('signArtifact pushes nothing if the signer does not sign for its own key', async () => {
  const target = new MemoryTarget()
  const subject = await pushArtifact(target)
  const [signer, other] = [await newSigner(), await newSigner()]
  const broken: Signer = { ...signer, sign: (message) => other.sign(message) }
  await expect(signArtifact(target, subject, broken, { created: CREATED })).rejects.toThrow(
    'would be rejected',
  )
  expect(await target.referrers(subject.digest)).toEqual([])
})

it('signArtifact refuses annotations that a strict reader would take for one given twice', async () => {
  const target = new MemoryTarget()
  const subject = await pushArtifact(target)
  const options = { created: CREATED, annotations: { env: 'a', Env: 'b' } }
  await expect(signArtifact(target, subject, await newSigner(), options)).rejects.toMatchObject({
    code: 'USAGE',
  })
})
