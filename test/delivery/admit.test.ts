import { describe, expect, test } from 'vitest'

import { packWasm } from '../../src/artifact/pack.ts'
import { canonicalCapabilityManifest } from '../../src/capabilities/manifest.ts'
import { admit, type Admission, type AdmissionRequest, openArtifact } from '../../src/delivery/admit.ts'
import { publish } from '../../src/delivery/publish.ts'
import { MemoryTarget } from '../../src/oci/memory.ts'
import type { Target } from '../../src/oci/target.ts'
import type { Signer } from '../../src/signing/signer.ts'
import { readFixture } from '../support/fixtures.ts'
import { newSigner } from '../signing/scene.ts'
import { capabilitiesOf, EPOCH, NOTHING, prepareFixture } from './scene.ts'

async function published(name: string): Promise<{ target: Target; signer: Signer }> {
  const target = new MemoryTarget('test/app')
  const signer = await newSigner()
  await publish(await prepareFixture(name), { target, tags: ['1.0'], signer, signedAt: EPOCH }, {})
  return { target, signer }
}

async function pull(
  target: Target,
  request: AdmissionRequest,
): Promise<Admission & { readonly bytes: Buffer }> {
  const chunks: Uint8Array[] = []
  const opened = await openArtifact(target, '1.0', request, {})
  const admission = await admit(target, opened, async (chunk) => void chunks.push(chunk), {})
  return { ...admission, bytes: Buffer.concat(chunks) }
}

test('admit hands on the bytes of a signed artifact that keeps to its capability manifest', async () => {
  const { target, signer } = await published('rust-hello')
  const admission = await pull(target, { trust: signer.trust, capabilityCheck: 'required' })
  expect(admission.bytes.equals(readFixture('rust-hello'))).toBe(true)
  expect(admission.verdict?.allowed).toBe(true)
  expect(admission.verification?.signatures).toHaveLength(1)
})

test("admit refuses what the consumer's own capability manifest does not grant", async () => {
  const { target, signer } = await published('rust-hello')
  const admission = await pull(target, {
    trust: signer.trust,
    capabilities: NOTHING,
    capabilityCheck: 'required',
  })
  expect(admission.verdict?.allowed).toBe(false)
})

test('admit refuses bytes that import more than the embedded capability manifest grants, however well signed', async () => {
  const { inspection, layer } = await prepareFixture('cpp-files')
  const target = new MemoryTarget('test/app')
  const { config, manifest } = packWasm({
    inspection,
    layer: layer.descriptor,
    title: 'innocent.wasm',
    capabilities: canonicalCapabilityManifest(NOTHING),
    annotations: {},
    created: EPOCH,
  })
  await target.push(layer)
  await target.push(config)
  await target.pushManifest(manifest, '1.0')
  const admission = await pull(target, { trust: 'ignored', capabilityCheck: 'required' })
  expect(admission.verdict?.allowed).toBe(false)
})

describe('openArtifact', () => {
  test('throws SIGNATURE_UNTRUSTED for a signature by another key, before a layer is fetched', async () => {
    const { target } = await published('rust-hello')
    const other = await newSigner()
    await expect(
      openArtifact(target, '1.0', { trust: other.trust, capabilityCheck: 'required' }, {}),
    ).rejects.toMatchObject({
      code: 'SIGNATURE_UNTRUSTED',
      exit: 4,
    })
  })

  test('throws CAPABILITY_MANIFEST_ABSENT for an artifact without one, unless the consumer gives one or the check is left out', async () => {
    const { inspection, layer } = await prepareFixture('rust-hello')
    const target = new MemoryTarget('test/app')
    const { config, manifest } = packWasm({
      inspection,
      layer: layer.descriptor,
      title: 'a.wasm',
      annotations: {},
      created: EPOCH,
    })
    await target.push(layer)
    await target.push(config)
    await target.pushManifest(manifest, '1.0')
    const bare = { trust: 'ignored', capabilityCheck: 'required' } as const
    await expect(openArtifact(target, '1.0', bare, {})).rejects.toMatchObject({
      code: 'CAPABILITY_MANIFEST_ABSENT',
      exit: 3,
    })
    const mine = await pull(target, { ...bare, capabilities: capabilitiesOf('rust-hello') })
    expect(mine.verdict?.allowed).toBe(true)
    const unchecked = await pull(target, { trust: 'ignored', capabilityCheck: 'ignored' })
    expect(unchecked.verdict).toBeUndefined()
  })

  test('throws NOT_FOUND for a tag that does not exist', async () => {
    await expect(
      openArtifact(
        new MemoryTarget('test/app'),
        '9.9',
        { trust: 'ignored', capabilityCheck: 'required' },
        {},
      ),
    ).rejects.toMatchObject({ code: 'NOT_FOUND', exit: 6 })
  })
})
