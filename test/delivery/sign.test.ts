import { expect, it } from 'vitest'

import { signPublished } from '../../src/delivery/sign.ts'
import { verifyArtifact } from '../../src/delivery/verify.ts'
import { MemoryTarget } from '../support/memory-target.ts'
import { parseReference } from '../../src/oci/reference.ts'
import { CREATED, newSigner, pushArtifact } from '../signing/scene.ts'

it('signPublished signs a digest, and verifyArtifact finds the signature by a tag', async () => {
  const target = new MemoryTarget('registry.example/app')
  const manifest = await pushArtifact(target)
  await target.pushManifest(manifest, '1')
  const signer = await newSigner()
  const name = manifest.digest
  const reference = parseReference(`registry.example/app@${name}`)
  const request = {
    target,
    reference,
    name,
    flags: '--key k',
    openSigning: async () => ({ signer, witnesses: [] }),
    signedAt: CREATED,
  }
  const { digest, signatures } = await signPublished(request, {})
  const { signature } = signatures
  expect([digest, signature?.written]).toEqual([manifest.digest, true])
  const verified = await verifyArtifact(target, '1', signer, {})
  expect(verified.manifest.digest).toBe(manifest.digest)
  expect(verified.verification?.signatures).toMatchObject([{ digest: signature?.digest }])
  expect((await signPublished(request, {})).signatures.signature?.written).toBe(false)
})

it('signPublished refuses a tag before it asks for the key, and names the digest', async () => {
  const target = new MemoryTarget('registry.example/app')
  const manifest = await pushArtifact(target)
  await target.pushManifest(manifest, '1')
  const reference = parseReference('registry.example/app:1')
  const openSigning = (): Promise<never> => Promise.reject(new Error('asked for the key'))
  await expect(
    signPublished(
      { target, reference, name: '1', flags: '--key keys/release.key', openSigning, signedAt: CREATED },
      {},
    ),
  ).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining('registry.example/app:1 is a tag'),
    hint: `sign the digest: wasmpack sign registry.example/app@${manifest.digest} --key keys/release.key`,
  })
  expect(await target.referrers(manifest.digest)).toEqual([])
})
