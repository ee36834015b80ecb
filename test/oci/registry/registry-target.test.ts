import { afterEach, describe, expect, it } from 'vitest'

import { Transport } from '../../../src/http/transport.ts'
import { collect } from '../../../src/oci/descriptor.ts'
import { openRegistry } from '../../../src/oci/registry/registry-target.ts'
import { always, opened } from '../../support/registry/opened.ts'
import { type Registry, type Switches, startRegistry } from '../../support/registry/registry.ts'
import { blobFrom, pushThing, referrerOf } from '../artifacts.ts'
import { describeDeletionContract } from '../deletion-contract.ts'
import { describeTargetContract } from '../target-contract.ts'

const running: (Registry | Transport)[] = []
afterEach(async () => {
  for (const each of running.splice(0)) await each.close()
})

async function openTarget(switches: Switches): Promise<ReturnType<typeof openRegistry>> {
  const registry = await startRegistry(switches)
  const transport = new Transport()
  running.push(registry, transport)
  return openRegistry(
    { kind: 'registry', registry: registry.host, repository: 'team/app' },
    { transport, credentials: always(undefined) },
  )
}

const VARIANTS: readonly (readonly [name: string, switches: Switches])[] = [
  ['registry with the referrers API', {}],
  ['registry without the referrers API', { referrersApi: false }],
  ['registry that claims the referrers API and has none', { referrersApi: false, subjectHeader: true }],
  ['registry with ETags and no referrers API', { referrersApi: false, conditions: true }],
  ['registry with absolute Locations', { location: 'absolute' }],
  ['registry with storage at another origin', { location: 'other-origin', blobs: 'other-origin' }],
  ['registry with pages of one entry', { pageSize: 1 }],
]
for (const [name, switches] of VARIANTS) {
  describeTargetContract(name, () => openTarget(switches))
  describeDeletionContract(name, () => openTarget(switches))
}

describe('requests of a registry target', () => {
  it('push of an artifact costs POST and PUT for each blob and PUT for the manifest', async () => {
    const { registry, target } = await opened()
    await pushThing(target, 'a module', '1.0.0')
    expect(registry.requests()).toEqual([
      'POST /v2/team/app/blobs/uploads/',
      'PUT /v2/team/app/blobs/uploads/*',
      'POST /v2/team/app/blobs/uploads/',
      'PUT /v2/team/app/blobs/uploads/*',
      'PUT /v2/team/app/manifests/1.0.0',
    ])
    expect(registry.connections).toBe(1)
  })

  it('push asks first whether a large blob is there', async () => {
    const { registry, target } = await opened()
    const large = blobFrom('x'.repeat(1024 * 1024))
    expect(await target.push(large)).toBe('pushed')
    const again = await opened()
    again.registry.store.repository('team/app').blobs.set(large.descriptor.digest, Buffer.from('there'))
    expect(await again.target.push(large)).toBe('present')
    expect(registry.requests().map((request) => request.split(' ')[0])).toEqual(['HEAD', 'POST', 'PUT'])
    expect(again.registry.requests()).toEqual([`HEAD /v2/team/app/blobs/${large.descriptor.digest}`])
  })

  it('content of unknown digest costs POST, PATCH without a range, and PUT without a body', async () => {
    const { registry, target } = await opened()
    const blob = blobFrom('x'.repeat(200_000))
    const source = { size: 200_000, open: () => blob.open() }
    expect(await target.pushUnhashed(source)).toBe(blob.descriptor.digest)
    expect(registry.log.map(({ method, headers }) => [method, headers['content-length']])).toEqual([
      ['POST', '0'],
      ['PATCH', '200000'],
      ['PUT', '0'],
    ])
    expect(registry.log[1]!.headers['content-range']).toBeUndefined()
    expect(registry.store.repository('team/app').blobs.get(blob.descriptor.digest)).toHaveLength(200_000)
  })

  it('a blob of a repository that is named costs one request to mount', async () => {
    const { registry, target } = await opened()
    const blob = blobFrom('x'.repeat(2_000_000))
    registry.store.repository('team/base').blobs.set(blob.descriptor.digest, Buffer.from('there'))
    expect(await target.push(blob, { from: 'team/base' })).toBe('mounted')
    expect(registry.log.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `POST /v2/team/app/blobs/uploads/?mount=${encodeURIComponent(blob.descriptor.digest)}&from=team%2Fbase`,
    ])
  })

  it('pull of a manifest and its layer costs two requests over one connection', async () => {
    const { registry, target } = await opened()
    await pushThing(target, 'a module', '1.0.0')
    registry.log.length = 0
    const manifest = await target.manifest('1.0.0')
    if (manifest.kind !== 'manifest') throw new Error('an index')
    const [layer] = manifest.layers
    expect(Buffer.from(await collect(target.fetch(layer!), 1024, 'layer')).toString()).toBe('a module')
    expect(registry.requests()).toEqual([
      'GET /v2/team/app/manifests/1.0.0',
      `GET /v2/team/app/blobs/${layer!.digest}`,
    ])
    expect(registry.connections).toBe(1)
  })

  it('resolve costs one HEAD, also when the tag is not there', async () => {
    const { registry, target } = await opened()
    await pushThing(target, 'a module', '1.0.0')
    registry.log.length = 0
    await target.resolve('1.0.0')
    await expect(target.resolve('2.0.0')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('has no tag 2.0.0') as string,
    })
    expect(registry.requests()).toEqual([
      'HEAD /v2/team/app/manifests/1.0.0',
      'HEAD /v2/team/app/manifests/2.0.0',
    ])
  })

  it('resolve asks by GET where HEAD does not tell the digest', async () => {
    const { registry, target } = await opened()
    const thing = await pushThing(target, 'a module', '1.0.0')
    registry.fault({ method: 'HEAD', fault: { kind: 'headers', headers: { 'docker-content-digest': '' } } })
    expect(await target.resolve('1.0.0')).toMatchObject({ digest: thing.digest, size: thing.bytes.length })
  })

  it('resolve repeats a HEAD that the registry has no answer to, and asks once by GET why', async () => {
    const { registry, target } = await opened({}, { retries: 2 })
    registry.fault({ times: 9, fault: { kind: 'status', status: 503 } })
    await expect(target.resolve('1.0.0')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(registry.log.map(({ method }) => method)).toEqual(['HEAD', 'HEAD', 'HEAD', 'GET'])
  })

  it('attach costs one confirmation when the registry says that it understood the subject', async () => {
    const { registry, target } = await opened()
    const thing = await pushThing(target, 'a module', '1.0.0')
    const [one, two] = [await referrerOf(target, thing, 'one'), await referrerOf(target, thing, 'two')]
    registry.log.length = 0
    await target.pushManifest(one)
    await target.pushManifest(two)
    expect(registry.requests()).toEqual([
      `PUT /v2/team/app/manifests/${one.digest}`,
      `GET /v2/team/app/referrers/${thing.digest}`,
      `PUT /v2/team/app/manifests/${two.digest}`,
    ])
  })
})

describe('manifests of a registry', () => {
  it('manifest asks for all four types at once and never for an encoding', async () => {
    const { registry, target } = await opened()
    await pushThing(target, 'a module', '1.0.0')
    await target.manifest('1.0.0')
    const { headers } = registry.log.at(-1)!
    expect(headers.accept?.split(', ')).toHaveLength(4)
    expect(headers['accept-encoding']).toBe('identity')
    expect(headers['user-agent']).toMatch(/^wasmpack\/\d/)
  })

  it.each([
    ['octet-stream', 'application/octet-stream'],
    ['a parameter', 'application/vnd.oci.image.manifest.v1+json; charset=utf-8'],
    ['no type', undefined],
  ])('manifest is read when it is served as %s', async (_, type) => {
    const { registry, target } = await opened()
    const thing = await pushThing(target, 'a module', '1.0.0')
    registry.fault({ method: 'GET', fault: { kind: 'headers', headers: { 'content-type': type } } })
    expect((await target.manifest('1.0.0')).digest).toBe(thing.digest)
  })

  it('manifest by digest refuses other bytes', async () => {
    const { registry, target } = await opened()
    const thing = await pushThing(target, 'a module', '1.0.0')
    registry.fault({ method: 'GET', fault: { kind: 'flip' } })
    await expect(target.manifest(thing.digest)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  it('manifest by tag refuses bytes that are not the announced ones, and bears an empty announcement', async () => {
    const { registry, target } = await opened()
    const thing = await pushThing(target, 'a module', '1.0.0')
    registry.fault({ method: 'GET', times: 1, fault: { kind: 'flip' } })
    await expect(target.manifest('1.0.0')).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    registry.fault({ fault: { kind: 'headers', headers: { 'docker-content-digest': '' } } })
    expect((await target.manifest('1.0.0')).digest).toBe(thing.digest)
  })

  it('pushManifest takes an immutable tag that names the manifest already, and no other', async () => {
    const { target } = await opened({ immutableTags: true })
    const thing = await pushThing(target, 'one', '1.0.0')
    await target.pushManifest(thing, '1.0.0')
    await expect(pushThing(target, 'two', '1.0.0')).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: expect.stringMatching(/error from registry 127\.0\.0\.1:\d+: .*immutable/) as string,
    })
  })

  const blobUnknown = {
    kind: 'status',
    status: 400,
    body: '{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry"}]}',
  } as const

  it('pushManifest tries again when a blob is not known for a moment', async () => {
    const { registry, target, waits } = await opened()
    registry.fault({ method: 'PUT', path: /manifests/, times: 1, fault: blobUnknown })
    const thing = await pushThing(target, 'a module', '1.0.0')
    expect(registry.requests().slice(-2)).toEqual([
      'PUT /v2/team/app/manifests/1.0.0',
      'PUT /v2/team/app/manifests/1.0.0',
    ])
    expect(waits).toHaveLength(1)
    expect((await target.resolve('1.0.0')).digest).toBe(thing.digest)
  })

  it('pushManifest says that a blob is missing when it stays unknown', async () => {
    const { registry, target } = await opened()
    registry.fault({ method: 'PUT', path: /manifests/, fault: blobUnknown })
    await expect(pushThing(target, 'a module', '1.0.0')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      exit: 6,
      message: expect.stringMatching(
        /the registry lacks a blob of the manifest; .*MANIFEST_BLOB_UNKNOWN: blob unknown to registry/,
      ) as string,
      hint: 'push again',
    })
    expect(registry.requests().filter((line) => line.startsWith('PUT /v2/team/app/manifests/'))).toHaveLength(
      3,
    )
  })

  it('pushManifest survives a server that fails after it has stored', async () => {
    const { registry, target } = await opened()
    registry.fault({ method: 'PUT', path: /manifests/, times: 2, fault: { kind: 'truncate', after: 0 } })
    const thing = await pushThing(target, 'a module', '1.0.0')
    expect((await target.resolve('1.0.0')).digest).toBe(thing.digest)
  })

  it('F19: pushManifest refuses an answer with another digest', async () => {
    const { registry, target } = await opened()
    const headers = { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }
    registry.fault({ method: 'PUT', path: /manifests/, fault: { kind: 'headers', headers } })
    await expect(pushThing(target, 'a module', '1.0.0')).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })
})
