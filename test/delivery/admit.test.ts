import { gzipSync } from 'node:zlib'

import tar from 'tar-stream'
import { describe, expect, test } from 'vitest'

import { packWasm } from '../../src/artifact/profiles/wasm.ts'
import { canonicalCapabilityManifest } from '../../src/capabilities/manifest/embedded.ts'
import type { CapabilityManifest, CapabilitySpec } from '../../src/capabilities/manifest/manifest.ts'
import {
  admitModule,
  type AdmissionResult,
  type AdmissionRequest,
  resolveForAdmission,
} from '../../src/delivery/admit.ts'
import { publishArtifact } from '../../src/delivery/publish.ts'
import { createBlob, verifyWhileReading } from '../../src/oci/descriptor.ts'
import { computeDigest } from '../../src/oci/digest.ts'
import { MemoryTarget } from '../support/memory-target.ts'
import type { Target } from '../../src/oci/target.ts'
import { signArtifact } from '../../src/attestations/sign.ts'
import type { Signer } from '../../src/signing/signer.ts'
import { readFixture } from '../support/fixtures.ts'
import { manifestOf, newSigner } from '../signing/scene.ts'
import { capabilitiesOf, EPOCH, NOTHING, overriding, prepareFixture } from './scene.ts'

async function published(name: string): Promise<{ target: Target; signer: Signer }> {
  const target = new MemoryTarget('test/app')
  const signer = await newSigner()
  await publishArtifact(await prepareFixture(name), { target, tags: ['1.0'], signer, signedAt: EPOCH }, {})
  return { target, signer }
}

async function pull(
  target: Target,
  request: AdmissionRequest,
): Promise<AdmissionResult & { readonly bytes: Buffer }> {
  const chunks: Uint8Array[] = []
  const opened = await resolveForAdmission(target, '1.0', request, {})
  const sink = {
    write: async (chunk: Uint8Array) => void chunks.push(chunk),
    restart: async () => void chunks.splice(0),
  }
  const admission = await admitModule(target, opened, sink, {})
  return { ...admission, bytes: Buffer.concat(chunks) }
}

test('admit hands on the bytes of a signed artifact that keeps to its capability manifest', async () => {
  const { target, signer } = await published('rust-hello')
  const admission = await pull(target, { verifier: signer.verifier, capabilityCheck: 'required' })
  expect(admission.bytes.equals(readFixture('rust-hello'))).toBe(true)
  expect(admission.verdict?.allowed).toBe(true)
  expect(admission.verification?.signatures).toHaveLength(1)
})

test("admit refuses what the consumer's own capability manifest does not grant", async () => {
  const { target, signer } = await published('rust-hello')
  const admission = await pull(target, {
    verifier: signer.verifier,
    capabilities: NOTHING,
    capabilityCheck: 'required',
  })
  expect(admission.verdict?.allowed).toBe(false)
})

/** A signed artifact whose publisher did not judge the module by the capability manifest in it. */
async function claimed(
  name: string,
  capabilities: CapabilityManifest,
): Promise<{ target: Target; signer: Signer }> {
  const { inspection, layer } = await prepareFixture(name)
  const target = new MemoryTarget('test/app')
  const signer = await newSigner()
  const { config, manifest } = packWasm({
    inspection,
    module: layer.descriptor,
    title: 'innocent.wasm',
    capabilities: canonicalCapabilityManifest(capabilities),
    annotations: {},
    created: EPOCH,
  })
  await target.push(layer)
  await target.push(config)
  await target.pushManifest(manifest, '1.0')
  await signArtifact(target, manifest, signer, { created: EPOCH })
  return { target, signer }
}

test('admit refuses bytes that import more than the embedded capability manifest grants, however well signed', async () => {
  const { target, signer } = await claimed('cpp-files', NOTHING)
  const admission = await pull(target, { verifier: signer.verifier, capabilityCheck: 'required' })
  expect(admission.verification?.signatures).toHaveLength(1)
  expect(admission.verdict?.allowed).toBe(false)
})

test.for<[string, Partial<CapabilitySpec>]>([
  ['limit-exceeded', { limits: { size: 28_086 } }],
  ['limit-exceeded', { limits: { memory: { maxPages: 256 } } }],
  ['no-maximum', { limits: { memory: { requireMax: true } } }],
  ['export-missing', { exports: { required: ['_initialize'] } }],
  ['export-forbidden', { exports: { forbidden: ['_st*'] } }],
  ['feature-not-allowed', { features: { allow: ['bulk-memory', 'call-indirect-overlong'] } }],
])(
  'admit refuses bytes that break what the embedded capability manifest limits: %s',
  async ([rule, more]) => {
    const own = capabilitiesOf('cpp-files')
    const { target, signer } = await claimed('cpp-files', { ...own, spec: { ...own.spec, ...more } })
    const { verdict } = await pull(target, { verifier: signer.verifier, capabilityCheck: 'required' })
    expect(verdict).toMatchObject({ allowed: false, findings: [{ rule, severity: 'error' }] })
  },
)

describe('openArtifact', () => {
  test('throws SIGNATURE_UNTRUSTED for a signature by another key, before a layer is fetched', async () => {
    const { target } = await published('rust-hello')
    const other = await newSigner()
    await expect(
      resolveForAdmission(target, '1.0', { verifier: other.verifier, capabilityCheck: 'required' }, {}),
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
      module: layer.descriptor,
      title: 'a.wasm',
      annotations: {},
      created: EPOCH,
    })
    await target.push(layer)
    await target.push(config)
    await target.pushManifest(manifest, '1.0')
    const bare = { verifier: 'ignored', capabilityCheck: 'required' } as const
    await expect(resolveForAdmission(target, '1.0', bare, {})).rejects.toMatchObject({
      code: 'CAPABILITY_MANIFEST_ABSENT',
      exit: 3,
    })
    const mine = await pull(target, { ...bare, capabilities: capabilitiesOf('rust-hello') })
    expect(mine.verdict?.allowed).toBe(true)
    const unchecked = await pull(target, { verifier: 'ignored', capabilityCheck: 'ignored' })
    expect(unchecked.verdict).toBeUndefined()
  })

  test('throws NOT_FOUND for a tag that does not exist', async () => {
    await expect(
      resolveForAdmission(
        new MemoryTarget('test/app'),
        '9.9',
        { verifier: 'ignored', capabilityCheck: 'required' },
        {},
      ),
    ).rejects.toMatchObject({ code: 'NOT_FOUND', exit: 6 })
  })
})

describe('admit checks the digest of a layer that is unpacked', () => {
  /** A file tree in gzip with the fixture as its module. */
  async function packed(name: string): Promise<Buffer> {
    const pack = tar.pack()
    pack.entry({ name: 'plugin.wasm' }, Buffer.from(readFixture(name)))
    pack.finalize()
    const parts: Buffer[] = []
    for await (const part of pack as unknown as AsyncIterable<Buffer>) parts.push(part)
    return gzipSync(Buffer.concat(parts))
  }

  /** An image with that layer, from a store that hands out other bytes for it. */
  async function image(layer: Buffer, served: Buffer, piece: number): Promise<Target> {
    const target = new MemoryTarget('test/image')
    const blobs = [Buffer.from('{}'), layer].map((bytes, at) =>
      createBlob(bytes, {
        mediaType: at === 0 ? 'application/vnd.oci.image.config.v1+json' : LAYER,
        digest: computeDigest(bytes),
        size: bytes.length,
      }),
    )
    for (const blob of blobs) await target.push(blob)
    const [config, layerDescriptor] = blobs.map(({ descriptor }) => descriptor)
    await target.pushManifest(manifestOf({ config, layers: [layerDescriptor] }), '1.0')
    return overriding(target, {
      fetch: (descriptor) =>
        descriptor.digest === layerDescriptor!.digest
          ? verifyWhileReading(pieces(served, piece), descriptor)
          : target.fetch(descriptor),
    })
  }
  const request = { verifier: 'ignored', capabilityCheck: 'ignored' } as const
  const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'

  test.for([1 << 20, 4096, 100])(
    'and hands on the module of one that is whole, in pieces of %i bytes',
    async (piece) => {
      const layer = await packed('cpp-words')
      const admission = await pull(await image(layer, layer, piece), request)
      expect(admission.bytes.equals(readFixture('cpp-words'))).toBe(true)
    },
  )

  test.for([1 << 20, 4096, 100])(
    'and refuses another that zeros fill up to the same size, in pieces of %i bytes',
    async (piece) => {
      const [layer, evil] = [await packed('cpp-words'), await packed('as-hello')]
      const served = Buffer.concat([evil, Buffer.alloc(layer.length - evil.length)])
      await expect(pull(await image(layer, served, piece), request)).rejects.toMatchObject({ exit: 5 })
    },
  )
})

async function* pieces(bytes: Buffer, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

test('admit tells bytes that were tampered with from a module that is malformed', async () => {
  const { target } = await published('as-hello')
  const request = { verifier: 'ignored', capabilityCheck: 'ignored' } as const
  const { layer } = (await resolveForAdmission(target, '1.0', request, {})).source
  const cut = Buffer.from(readFixture('as-hello'))
  cut.fill(0xff, 8, 40)
  const tampered = overriding(target, {
    fetch: (descriptor) =>
      descriptor.digest === layer.digest
        ? verifyWhileReading(pieces(cut, 4096), descriptor)
        : target.fetch(descriptor),
  })
  await expect(pull(tampered, request)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH', exit: 5 })
})
