import { gzipSync } from 'node:zlib'

import { expect, it } from 'vitest'

import { admit, openArtifact } from '../../src/delivery/admit.ts'
import { blobOf, collect } from '../../src/oci/descriptor.ts'
import { digestOf } from '../../src/oci/digest.ts'
import { type Manifest, parseManifest } from '../../src/oci/manifest.ts'
import { OCI_MANIFEST } from '../../src/oci/media-types.ts'
import { openRegistry } from '../../src/oci/registry/registry-target.ts'
import { prepareFixture, EPOCH } from '../delivery/scene.ts'
import { publish } from '../../src/delivery/publish.ts'
import { newSigner } from '../signing/scene.ts'
import { blobFrom, emptyConfig, manifestOf, pushThing } from '../oci/artifacts.ts'
import { opened } from '../support/registry/opened.ts'

const MEBIBYTE = 1024 * 1024
const json = { 'content-type': 'application/vnd.oci.image.index.v1+json' }
const manifest = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }

/** JSON of a size, with spaces in it that any parser would pass over. */
const padded = (value: unknown, size: number): string => JSON.stringify(value) + ' '.repeat(size)

it.each([
  ['a manifest', /manifests/, manifest, padded({ schemaVersion: 2, layers: [] }, 4 * MEBIBYTE)],
  ['a list of tags', /tags/, json, padded({ tags: [] }, 4 * MEBIBYTE)],
  ['a list of referrers', /referrers/, json, padded({ schemaVersion: 2, manifests: [] }, 4 * MEBIBYTE)],
] as const)('S14: reads no more of %s than it takes', async (what, path, headers, body) => {
  const { registry, target } = await opened()
  const { digest } = await pushThing(target, 'a module', '1.0.0')
  registry.fault({ method: 'GET', path, fault: { kind: 'status', status: 200, headers, body } })
  const ask = {
    'a manifest': () => target.manifest('1.0.0'),
    'a list of tags': () => target.tags(),
    'a list of referrers': () => target.referrers(digest),
  }[what]
  await expect(ask()).rejects.toMatchObject({
    code: 'ARTIFACT_MALFORMED',
    message: expect.stringContaining('larger than 4194304 bytes') as string,
  })
})

it('S14: reads no more of a token than it takes', async () => {
  const account = { username: 'alice', password: 'secret' }
  const { registry, target } = await opened(
    { auth: { kind: 'bearer', ...account } },
    { credential: { kind: 'basic', ...account } },
  )
  const body = JSON.stringify({ token: 'x'.repeat(128 * 1024) })
  registry.fault({ path: /^\/token/, fault: { kind: 'status', status: 200, body } })
  await expect(target.tags()).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('without a usable token') as string,
  })
})

it('S9: reads a layer from the registry alone, whatever addresses its descriptor names', async () => {
  const { registry, target } = await opened()
  const layer = blobFrom('a module')
  const urls = [`${registry.storage.origin}/elsewhere`]
  const { bytes } = manifestOf({ layers: [Object.assign({}, layer.descriptor, { urls })] })
  expect(Buffer.from(bytes).toString()).toContain(urls[0])
  await target.push(layer)
  await target.push(emptyConfig)
  await target.pushManifest(parseManifest(bytes, OCI_MANIFEST), '1')
  registry.fault({ path: /blobs/, fault: { kind: 'status', status: 404 } })
  const manifest = (await target.manifest('1')) as Manifest
  await expect(collect(target.fetch(manifest.layers[0]!), 100, 'it')).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
  expect(registry.storage.log).toEqual([])
})

it('S13: unpacks no more of a layer than a module may have', async () => {
  const { target } = await opened()
  const bomb = gzipSync(Buffer.alloc(257 * MEBIBYTE), { level: 1 })
  const layer = blobOf(bomb, {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: digestOf(bomb),
    size: bomb.length,
  })
  await target.push(layer)
  await target.push(emptyConfig)
  await target.pushManifest(manifestOf({ layers: [layer.descriptor] }), '1')
  const request = { trust: 'ignored', capabilityCheck: 'ignored' } as const
  const artifact = await openArtifact(target, '1', request, {})
  await expect(admit(target, artifact, undefined, {})).rejects.toMatchObject({
    code: 'ARTIFACT_MALFORMED',
    exit: 5,
  })
})

it.each(['its manifest', 'its layer'])(
  'S14: takes no artifact of which %s is larger than it says',
  async (what) => {
    const { registry, target } = await opened()
    const prepared = await prepareFixture('as-hello')
    await publish(prepared, { tags: ['1'], signedAt: EPOCH, target }, {})
    const path = what === 'its layer' ? new RegExp(`blobs/${prepared.layer.descriptor.digest}`) : /manifests/
    registry.fault({ method: 'GET', path, fault: { kind: 'longer', by: 1 } })
    const request = { trust: 'ignored', capabilityCheck: 'required' } as const
    const pulled = async (): Promise<unknown> =>
      admit(target, await openArtifact(target, prepared.manifest.digest, request, {}), undefined, {})
    await expect(pulled()).rejects.toMatchObject({ code: 'DIGEST_MISMATCH', exit: 5 })
  },
)

it('S18: a tag that went back to an older signed artifact is not what a digest names', async () => {
  const { registry, options, target } = await opened()
  const signer = await newSigner()
  const push = async (fixture: string): Promise<string> => {
    const prepared = await prepareFixture(fixture)
    await publish(prepared, { tags: ['1'], signedAt: EPOCH, target, signer }, {})
    return prepared.manifest.digest
  }
  const older = await push('as-hello')
  const newer = await push('rust-hello')
  registry.store.repository('team/app').tags.set('1', older)
  const reader = openRegistry({ kind: 'registry', registry: registry.host, repository: 'team/app' }, options)
  const read = async (reference: string): Promise<unknown> => {
    const { manifest, verification } = await openArtifact(
      reader,
      reference,
      { trust: signer.trust, capabilityCheck: 'required' },
      {},
    )
    return [manifest.digest, verification?.subject]
  }
  // Its signature holds; which one it is, the verification says. A pinned reference goes by the digest alone.
  expect(await read('1')).toEqual([older, older])
  expect(await read(newer)).toEqual([newer, newer])
})
