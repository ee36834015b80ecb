import { describe, expect, it } from 'vitest'

import { publishArtifact } from '../../src/delivery/publish.ts'
import { overriding, EPOCH, prepareFixture } from '../delivery/scene.ts'
import { blobFrom, emptyConfig, manifestOf, pushThing, referrerOf } from '../oci/artifacts.ts'
import { newSigner } from '../signing/scene.ts'
import { opened } from '../support/registry/opened.ts'
import { discover } from '../../src/attestations/discover.ts'

describe('push of a manifest', () => {
  it('F21: uploads a blob that HEAD had found and the registry then misses', async () => {
    const { registry, target } = await opened()
    const layer = blobFrom('x'.repeat(1024 * 1024))
    registry.fault({ method: 'HEAD', path: /\/blobs\//, fault: { kind: 'status', status: 200 } })
    expect(await target.push(layer)).toBe('present')
    await target.push(emptyConfig)
    const manifest = manifestOf({ layers: [layer.descriptor] })
    await target.pushManifest(manifest, '1')
    const repository = registry.store.repository('team/app')
    expect(repository.blobs.get(layer.descriptor.digest)).toHaveLength(1024 * 1024)
    expect(repository.tags.get('1')).toBe(manifest.digest)
  })

  it('F21: fails with the missing blob when there is nothing to upload', async () => {
    const { target } = await opened()
    await target.push(emptyConfig)
    const manifest = manifestOf({ layers: [blobFrom('never pushed').descriptor] })
    await expect(target.pushManifest(manifest, '1')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('lacks a blob of the manifest') as string,
    })
  })

  it.each(['late-status', 'drop-answer'] as const)(
    'F22: repeats the PUT of a manifest that was stored before its answer was lost (%s)',
    async (kind) => {
      const { registry, target } = await opened({ immutableTags: true })
      registry.fault({
        method: 'PUT',
        path: /\/manifests\//,
        times: 1,
        fault: kind === 'late-status' ? { kind, status: 500 } : { kind },
      })
      const thing = await pushThing(target, 'a module', '1')
      expect((await target.resolve('1')).digest).toBe(thing.digest)
    },
  )

  it.each([
    ['late-status', 500],
    ['late-status', 504],
    ['drop-answer', undefined],
  ] as const)(
    'F22: finds a manifest that was stored before its answer was lost (%s %s) by its tag, and overwrites nothing newer',
    async (kind, status) => {
      const { registry, target } = await opened()
      const fault = kind === 'late-status' ? { kind, status } : { kind }
      registry.fault({ method: 'PUT', path: /\/manifests\/1$/, times: 1, fault })
      registry.log.length = 0
      await pushThing(target, 'a module', '1')
      expect(registry.requests().filter((line) => line.includes('/manifests/'))).toEqual([
        'PUT /v2/team/app/manifests/1',
        'HEAD /v2/team/app/manifests/1',
      ])
    },
  )

  it.each([
    ['a failure of the server', { kind: 'status', status: 503 }, ['PUT', 'HEAD', 'PUT']],
    ['a dropped connection', { kind: 'drop' }, ['PUT', 'HEAD', 'PUT']],
    ['a limit of its rate', { kind: 'status', status: 429 }, ['PUT', 'PUT']],
  ] as const)(
    'F22: repeats the PUT of a manifest that was not stored, after %s',
    async (_, fault, methods) => {
      const { registry, target } = await opened()
      registry.fault({ method: 'PUT', path: /\/manifests\/1$/, times: 1, fault })
      const thing = await pushThing(target, 'a module', '1')
      expect(
        registry.log.filter(({ url }) => url.endsWith('/manifests/1')).map(({ method }) => method),
      ).toEqual(methods)
      expect((await target.resolve('1')).digest).toBe(thing.digest)
    },
  )

  it('F22: succeeds when the last attempt stored the manifest', async () => {
    const { registry, target } = await opened({}, { retries: 0 })
    registry.fault({ method: 'PUT', path: /\/manifests\/1$/, fault: { kind: 'late-status', status: 500 } })
    const thing = await pushThing(target, 'a module', '1')
    expect((await target.resolve('1')).digest).toBe(thing.digest)
  })

  it('F22: fails after five attempts with the last answer of the registry', async () => {
    const { registry, target } = await opened()
    const body = JSON.stringify({ errors: [{ code: 'UNKNOWN', message: 'the disk is gone' }] })
    registry.fault({ path: /\/manifests\//, fault: { kind: 'status', status: 500, body } })
    await expect(pushThing(target, 'a module', '1')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      exit: 9,
      message: expect.stringContaining('the disk is gone') as string,
    })
    expect(registry.log.filter(({ url, method }) => url.endsWith('/1') && method === 'PUT')).toHaveLength(5)
  })

  it('F27: accepts 201 with an empty body of any type', async () => {
    const { registry, target } = await opened()
    const headers = { 'content-type': 'text/html; charset=utf-8' }
    registry.fault({ method: 'PUT', fault: { kind: 'headers', headers } })
    const thing = await pushThing(target, 'a module', '1')
    expect(registry.store.repository('team/app').tags.get('1')).toBe(thing.digest)
  })

  it('F27: accepts 201 without a Location', async () => {
    const { target } = await opened({ manifestLocation: false })
    const thing = await pushThing(target, 'a module', '1')
    expect((await target.resolve('1')).digest).toBe(thing.digest)
  })

  it.each([400, 404] as const)(
    'F32: fails where a subject is refused (%i), and leaves no unsigned tag',
    async (subjects) => {
      const { registry, target } = await opened({ subjects })
      const thing = await pushThing(target, 'a module')
      const referrer = await referrerOf(target, thing, 'signed')
      await expect(target.pushManifest(referrer)).rejects.toMatchObject({
        code: subjects === 404 ? 'NOT_FOUND' : 'REGISTRY_REFUSED',
      })
      const prepared = await prepareFixture('as-hello')
      const signer = await newSigner()
      await expect(
        publishArtifact(prepared, { target, tags: ['1'], signedAt: EPOCH, signer }, {}),
      ).rejects.toMatchObject({ name: 'WasmpackError' })
      expect([...registry.store.repository('team/app').tags.keys()]).toEqual([])
    },
  )

  it('F35: ends with the manifest stored and signed, though it was deleted before its tag was written', async () => {
    const { registry, target } = await opened({ deleteReferrers: false })
    const prepared = await prepareFixture('as-hello')
    const signer = await newSigner()
    const repository = registry.store.repository('team/app')
    const deleting = overriding(target, {
      async pushManifest(manifest, tag, operation) {
        if (tag !== undefined) repository.manifests.delete(prepared.manifest.digest)
        await target.pushManifest(manifest, tag, operation)
      },
    })
    await publishArtifact(prepared, { target: deleting, tags: ['1'], signedAt: EPOCH, signer }, {})
    expect((await target.manifest('1')).digest).toBe(prepared.manifest.digest)
    expect((await discover(target, prepared.manifest.digest)).map(({ kind }) => kind).toSorted()).toEqual([
      'attestation',
      'signature',
    ])
  })
})
