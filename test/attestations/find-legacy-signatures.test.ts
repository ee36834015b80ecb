import { describe, expect, it, test } from 'vitest'

import { verifySignatures } from '../../src/attestations/verify.ts'
import { WasmpackError } from '../../src/errors.ts'
import { createBlob } from '../../src/oci/descriptor.ts'
import { computeDigest, type Digest } from '../../src/oci/digest.ts'
import { describeManifest, type Manifest } from '../../src/oci/manifest.ts'
import type { Signer } from '../../src/signing/signer.ts'
import { attach, manifestOf, newSigner, pushArtifact } from '../signing/scene.ts'
import { MemoryTarget } from '../support/memory-target.ts'

const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json'
const VARIANT = 'application/vnd.dev.cosign.artifact.sig.v1+json'
const SIGNATURE = 'dev.cosignproject.cosign/signature'

interface Scene {
  readonly target: MemoryTarget
  readonly subject: Manifest
  readonly signer: Signer
}

interface Layer {
  readonly payload: string
  readonly annotations: Readonly<Record<string, string>>
}

async function openScene(): Promise<Scene> {
  const target = new MemoryTarget('registry.example/app')
  return { target, subject: await pushArtifact(target), signer: await newSigner() }
}

const payloadFor = (digest: string, changes: object = {}): string =>
  JSON.stringify({
    critical: {
      identity: { 'docker-reference': 'registry.example/app' },
      image: { 'docker-manifest-digest': digest },
      type: 'cosign container image signature',
      ...changes,
    },
    optional: { env: 'prod' },
  })

async function signedBy(signer: Signer, payload: string): Promise<Layer> {
  const { signature } = await signer.sign(Buffer.from(payload))
  return { payload, annotations: { [SIGNATURE]: Buffer.from(signature).toString('base64') } }
}

/** Writes layers as cosign before version 3 does: under the tag, or as a referrer. */
async function write(
  { target, subject }: Scene,
  layers: readonly Layer[],
  as: 'tag' | 'variant' = 'tag',
): Promise<Digest> {
  const config = createBlob(Buffer.from('{}'), {
    mediaType: as === 'tag' ? 'application/vnd.oci.image.config.v1+json' : VARIANT,
    digest: computeDigest(Buffer.from('{}')),
    size: 2,
  })
  await target.push(config)
  const descriptors = []
  for (const { payload, annotations } of layers) {
    const bytes = Buffer.from(payload)
    const blob = createBlob(bytes, {
      mediaType: SIMPLE_SIGNING,
      digest: computeDigest(bytes),
      size: bytes.length,
    })
    await target.push(blob)
    descriptors.push({ ...blob.descriptor, annotations })
  }
  const manifest = manifestOf({
    config: config.descriptor,
    layers: descriptors,
    ...(as === 'variant' ? { artifactType: VARIANT, subject: describeManifest(subject) } : {}),
  })
  await target.pushManifest(manifest, as === 'tag' ? `${subject.digest.replace(':', '-')}.sig` : undefined)
  return manifest.digest
}

const verify = ({ target, subject, signer }: Scene): ReturnType<typeof verifySignatures> =>
  verifySignatures(target, subject.digest, signer.verifier)

describe.each(['tag', 'variant'] as const)('a signature of cosign before version 3, as a %s', (as) => {
  test('is accepted among those of others, with what it says', async () => {
    const scene = await openScene()
    const payload = payloadFor(scene.subject.digest)
    const stranger = await signedBy(await newSigner(), payload)
    const digest = await write(scene, [stranger, await signedBy(scene.signer, payload)], as)
    expect(await verify(scene)).toEqual({
      subject: scene.subject.digest,
      signatures: [
        {
          digest,
          signer: expect.objectContaining({ kind: 'key' }),
          format: 'legacy',
          annotations: { env: 'prod' },
        },
      ],
      candidates: [{ digest, kind: 'legacy-signature', reason: 'signed by another key' }],
    })
  })

  test('of another key, or of another artifact, is refused with the reason', async () => {
    const scene = await openScene()
    const other = await pushArtifact(scene.target, 'other')
    await write(scene, [await signedBy(scene.signer, payloadFor(other.digest))], as)
    await expect(verify(scene)).rejects.toMatchObject({
      code: 'SIGNATURE_UNTRUSTED',
      message: expect.stringContaining('1 found'),
      hint: 'signed for another artifact',
    })
  })
})

test.each<[string, (payload: string) => object, string]>([
  ['whose payload was changed', () => ({ payload: '{}' }), 'signed by another key'],
  ['without a signature', () => ({ annotations: {} }), 'that is not base64'],
  [
    'with a certificate that is none',
    (signature) => ({ annotations: { [SIGNATURE]: signature, 'dev.sigstore.cosign/certificate': 'PEM' } }),
    'has a certificate that is not one in PEM',
  ],
  [
    'with a log entry that has an unknown field',
    (signature) => ({ annotations: { [SIGNATURE]: signature, 'dev.sigstore.cosign/bundle': '{"Extra":1}' } }),
    'with the unknown field "Extra"',
  ],
])('a legacy signature %s is refused', async (_, change, reason) => {
  const scene = await openScene()
  const layer = await signedBy(scene.signer, payloadFor(scene.subject.digest))
  await write(scene, [{ ...layer, ...change(layer.annotations[SIGNATURE]!) }])
  await expect(verify(scene)).rejects.toMatchObject({
    code: 'SIGNATURE_UNTRUSTED',
    hint: expect.stringContaining(reason),
  })
})

test.each<[string, string, string]>([
  ['of another type', payloadFor('DIGEST', { type: 'atomic container signature' }), 'is not of the type'],
  ['with a key twice', payloadFor('DIGEST').replace('{', '{"critical":{},'), 'critical'],
])('a signed payload %s is refused', async (_, payload, reason) => {
  const scene = await openScene()
  await write(scene, [await signedBy(scene.signer, payload.replace('DIGEST', scene.subject.digest))])
  await expect(verify(scene)).rejects.toMatchObject({
    code: 'SIGNATURE_UNTRUSTED',
    hint: expect.stringContaining(reason),
  })
})

it('is read beside bundles of others, which cannot hide it', async () => {
  const scene = await openScene()
  await attach(scene.target, scene.subject, '{"foreign":1}')
  await write(scene, [await signedBy(scene.signer, payloadFor(scene.subject.digest))])
  expect((await verify(scene)).signatures).toMatchObject([{ format: 'legacy' }])
})

it('reads no more than a hundred of them, and no payload that is too large', async () => {
  const scene = await openScene()
  const payload = payloadFor(scene.subject.digest)
  const foreign = await signedBy(await newSigner(), payload)
  await write(scene, [...Array.from({ length: 100 }, () => foreign), await signedBy(scene.signer, payload)])
  await expect(verify(scene)).rejects.toMatchObject({
    details: {
      candidates: expect.arrayContaining([
        expect.objectContaining({ reason: expect.stringContaining('beyond the first 100 of 101') }),
      ]),
    },
  })
  await write(scene, [await signedBy(scene.signer, ' '.repeat(70_000) + payload)])
  await expect(verify(scene)).rejects.toMatchObject({ hint: expect.stringContaining('more than 65536') })
})

it('is never "unsigned" where the tag cannot be read', async () => {
  class Unavailable extends MemoryTarget {
    override async manifest(
      ...args: Parameters<MemoryTarget['manifest']>
    ): ReturnType<MemoryTarget['manifest']> {
      if (args[0].endsWith('.sig')) throw new WasmpackError('UNAVAILABLE', 'the registry answered 503')
      return super.manifest(...args)
    }
  }
  const target = new Unavailable('registry.example/app')
  await expect(
    verify({ target, subject: await pushArtifact(target), signer: await newSigner() }),
  ).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})
