import { expect, it } from 'vitest'

import { admit, openArtifact } from '../../src/delivery/admit.ts'
import { openRegistry } from '../../src/oci/registry/registry-target.ts'
import { prepareFixture, EPOCH } from '../delivery/scene.ts'
import { publish } from '../../src/delivery/publish.ts'
import { newSigner } from '../signing/scene.ts'
import { pushThing } from '../oci/artifacts.ts'
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
