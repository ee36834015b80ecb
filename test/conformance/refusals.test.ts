import { describe, expect, it } from 'vitest'

import type { UnhashedBlob } from '../../src/oci/descriptor.ts'
import { checkCredentials } from '../../src/oci/registry/auth/check-credentials.ts'
import { blobFrom, emptyConfig, manifestOf, pushThing } from '../oci/artifacts.ts'
import { opened } from '../support/registry/opened.ts'
import type { Registry } from '../support/registry/registry.ts'

const MEBIBYTE = 1024 * 1024
const text = (words: string): string => expect.stringContaining(words) as string
const said = (code: string, message: string): string => JSON.stringify({ errors: [{ code, message }] })
const methods = ({ log }: Registry, part = ''): readonly string[] =>
  log.filter(({ url }) => url.includes(part)).map(({ method }) => method)
const tags = ({ store }: Registry, repository = 'team/app'): readonly string[] => [
  ...store.repository(repository).tags.keys(),
]
const large = (size = MEBIBYTE): UnhashedBlob => ({
  size,
  async *open() {
    for (let sent = 0; sent < size; sent += 65_536) yield Buffer.alloc(Math.min(65_536, size - sent), 'w')
  },
})

describe('a refused blob', () => {
  const changed = { kind: 'status', status: 400, body: said('DIGEST_INVALID', 'did not match') } as const

  it('F20: with DIGEST_INVALID fails at once, and nothing of it is kept', async () => {
    const { registry, target } = await opened()
    registry.fault({ method: 'PUT', fault: changed })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      exit: 5,
      message: text('the registry received other bytes than were sent'),
      hint: text('proxy'),
    })
    expect(methods(registry)).toEqual(['POST', 'PUT', 'DELETE'])
    expect(registry.store.repository('team/app').blobs.size).toBe(0)
  })

  it('F20: with DIGEST_INVALID for a streamed upload too fails after both ways', async () => {
    const { registry, target } = await opened()
    registry.fault({ method: 'PUT', fault: changed })
    await expect(target.pushUnhashed(large())).rejects.toMatchObject({ code: 'DIGEST_MISMATCH', exit: 5 })
    const sent = methods(registry)
    expect(sent.slice(0, 6)).toEqual(['POST', 'PATCH', 'PUT', 'HEAD', 'POST', 'PUT'])
    expect(sent.slice(6)).toEqual(['DELETE', 'DELETE'])
    expect(registry.store.uploads.size).toBe(0)
  })

  it('F17: by nginx (413) during a PATCH fails at once, without a retry', async () => {
    const { registry, target } = await opened({ bodyLimit: MEBIBYTE })
    await expect(target.pushUnhashed(large(16 * MEBIBYTE))).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: text(`${16 * MEBIBYTE} bytes exceed it`),
      hint: text('client_max_body_size'),
    })
    expect(methods(registry).filter((method) => method === 'PATCH')).toHaveLength(1)
  })

  it('F25: for a quota fails after the upload, also after a mount refused for it', async () => {
    const { registry, target } = await opened({ quota: 200_000 })
    const layer = blobFrom('x'.repeat(150_000))
    registry.store.repository('other/base').blobs.set(layer.descriptor.digest, Buffer.alloc(150_000, 'x'))
    const held = blobFrom('y'.repeat(150_000))
    registry.store.repository('team/held').blobs.set(held.descriptor.digest, Buffer.alloc(150_000, 'y'))
    await expect(target.push(layer, { from: 'other/base' })).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      exit: 8,
      message: text('the storage quota of the project is exceeded: 146.5 KiB of 195.3 KiB used'),
      hint: text('larger quota'),
    })
    expect(methods(registry)).toEqual(['POST', 'POST', 'PUT', 'DELETE'])
  })

  it('F25: in read-only mode is not reported as a missing permission', async () => {
    const { registry, target } = await opened({ readOnly: true })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      exit: 8,
      message: text('read-only mode'),
      hint: text('maintenance'),
    })
    expect(methods(registry)).toEqual(['POST'])
  })

  it('F23: by ECR for a missing repository says how to create it', async () => {
    const credential = { kind: 'basic', username: 'AWS', password: 'ecr-password' } as const
    const { target } = await opened({ like: 'ecr' }, { credential, repository: 'team/other' })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      exit: 6,
      message: text('repository'),
      hint: text('aws ecr create-repository --repository-name team/other'),
    })
  })
})

describe('a refused manifest', () => {
  const put = { method: 'PUT', path: /\/manifests\// } as const

  it('F21: with MANIFEST_BLOB_UNKNOWN again and again has the blob uploaded once more only', async () => {
    const { registry, target } = await opened()
    const layer = blobFrom('x'.repeat(MEBIBYTE))
    registry.fault({ method: 'HEAD', path: /\/blobs\//, fault: { kind: 'status', status: 200 } })
    registry.fault({
      ...put,
      fault: { kind: 'status', status: 400, body: said('MANIFEST_BLOB_UNKNOWN', 'no') },
    })
    expect(await target.push(layer)).toBe('present')
    await target.push(emptyConfig)
    registry.log.length = 0
    await expect(target.pushManifest(manifestOf({ layers: [layer.descriptor] }), '1')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: text('lacks a blob of the manifest'),
    })
    expect(methods(registry, '/blobs/')).toEqual(['POST', 'PUT'])
    expect(tags(registry)).toEqual([])
  })

  it('F23: with 404 NAME_UNKNOWN reports a missing repository, not a missing tag', async () => {
    const { registry, target } = await opened()
    const body = said('NAME_UNKNOWN', 'repository name not known to registry')
    registry.fault({ ...put, fault: { kind: 'status', status: 404, body } })
    await expect(pushThing(target, 'a module', '1')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      exit: 6,
      message: text(`repository ${registry.host}/team/app does not exist`),
      hint: text('require creating a repository before the first push'),
    })
    expect(methods(registry, '/manifests/')).toEqual(['PUT'])
  })

  it.each([
    [412, said('PRECONDITION', "Failed to process request due to 'app:1' configured as immutable.")],
    [400, said('TAG_INVALID', "The image tag '1' already exists and cannot be overwritten")],
    [409, said('CONFLICT', 'conflict')],
    [409, ''],
  ])(
    'F24: for an immutable tag (%i %s) leaves the tag, and is no error if the tag names it already',
    async (status, body) => {
      const { registry, target } = await opened()
      const one = await pushThing(target, 'one', '1')
      registry.fault({ ...put, fault: { kind: 'status', status, body } })
      registry.log.length = 0
      await expect(pushThing(target, 'two', '1')).rejects.toMatchObject({
        code: 'REGISTRY_REFUSED',
        exit: 8,
        hint: text('new tag'),
      })
      expect(methods(registry, '/manifests/')).toEqual(['PUT', 'HEAD'])
      expect(registry.store.repository('team/app').tags.get('1')).toBe(one.digest)
      await target.pushManifest(one, '1')
    },
  )

  it.each([400, 413] as const)('F26: for its size (%i) says what makes it large', async (status) => {
    const { registry, target } = await opened({ manifestLimit: { bytes: 2000, status } })
    const layer = blobFrom('a module')
    await target.push(layer)
    await target.push(emptyConfig)
    const annotations = { 'org.example.long': 'x'.repeat(3000) }
    const manifest = manifestOf({ layers: [layer.descriptor], annotations })
    await expect(target.pushManifest(manifest, '1')).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      exit: 8,
      message: text('the manifest exceeds the size limit of the registry'),
      hint: text('annotations'),
    })
    expect(methods(registry, '/manifests/').filter((method) => method === 'PUT')).toHaveLength(1)
    expect(tags(registry)).toEqual([])
  })

  it('F26: for its size by nginx names the limit to raise', async () => {
    const { registry, target } = await opened({ bodyLimit: 1000 })
    const layer = blobFrom('a module')
    await target.push(layer)
    await target.push(emptyConfig)
    const manifest = manifestOf({ layers: [layer.descriptor], annotations: { a: 'x'.repeat(3000) } })
    await expect(target.pushManifest(manifest, '1')).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      hint: text('client_max_body_size'),
    })
    expect(tags(registry)).toEqual([])
  })

  it.each([
    ['the type of its config (400)', { configTypes: ['application/vnd.oci.image.config.v1+json'] }],
    ['its own type (415)', { manifestTypes: ['application/vnd.docker.distribution.manifest.v2+json'] }],
  ])('F28: for %s says who can allow it', async (_, switches) => {
    const { registry, target } = await opened(switches)
    await expect(pushThing(target, 'a module', '1')).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      exit: 8,
      message: text('does not accept artifacts of this type'),
      hint: text('ask its administrator to allow it'),
    })
    expect(methods(registry, '/manifests/').filter((method) => method === 'PUT')).toHaveLength(1)
  })
})

describe('a captive portal', () => {
  const body = '<html><head><title>Accept the terms</title></head></html>'
  const portal = { kind: 'status', status: 403, headers: { 'content-type': 'text/html' }, body } as const
  const refused = { code: 'UNAVAILABLE', exit: 9, hint: text('captive portal') }

  it('F60: that answers 403 with HTML is not reported as refused credentials, by any command', async () => {
    const { registry, target } = await opened()
    const { digest } = await pushThing(target, 'a module', '1')
    registry.fault({ fault: portal })
    registry.log.length = 0
    await expect(target.manifest('1')).rejects.toMatchObject(refused)
    await expect(target.resolve('1')).rejects.toMatchObject(refused)
    await expect(target.tags()).rejects.toMatchObject(refused)
    await expect(target.referrers(digest)).rejects.toMatchObject(refused)
    await expect(target.push(blobFrom('another'))).rejects.toMatchObject(refused)
    await expect(pushThing(target, 'a module', '2')).rejects.toMatchObject(refused)
    // Each once, HEAD with a GET after it for the words; referrers at their two places.
    expect(registry.log.length).toBeLessThanOrEqual(8)
  })

  it.each([
    ['200', { kind: 'html' }, /a web page/, /login page/],
    ['511', { ...portal, status: 511 }, /Accept the terms/, /try again/],
  ] as const)(
    'F60: that answers everything with %s is reported by every command, and gets no password',
    async (_, fault, message, hint) => {
      const credential = { kind: 'basic', username: 'alice', password: 'canary-password' } as const
      const { registry, target, transport } = await opened({}, { credential })
      registry.fault({ fault })
      const expected = {
        code: 'UNAVAILABLE',
        exit: 9,
        message: expect.stringMatching(message) as string,
        hint: expect.stringMatching(hint) as string,
      }
      await expect(target.manifest('1')).rejects.toMatchObject(expected)
      await expect(target.resolve('1')).rejects.toMatchObject(expected)
      await expect(target.tags()).rejects.toMatchObject(expected)
      await expect(target.push(blobFrom('another'))).rejects.toMatchObject(expected)
      await expect(pushThing(target, 'a module', '2')).rejects.toMatchObject(expected)
      expect(registry.log.filter(({ headers }) => headers.authorization !== undefined)).toEqual([])
      await expect(checkCredentials(registry.host, credential, { transport })).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        exit: 9,
      })
      expect(tags(registry)).toEqual([])
    },
  )

  it('F60: that answers 200 to a push or a delete is not taken for success', async () => {
    const { registry, target } = await opened({ referrersApi: false })
    const thing = await pushThing(target, 'a module', '1')
    const expected = { code: 'UNAVAILABLE', exit: 9, message: text('received a web page instead') }
    for (const method of ['PUT', 'DELETE'])
      registry.fault({ method, path: /\/manifests\//, fault: { kind: 'html' } })
    await expect(target.pushManifest(thing, '2')).rejects.toMatchObject(expected)
    await expect(target.pushManifest(thing)).rejects.toMatchObject(expected)
    await expect(target.delete(thing.digest)).rejects.toMatchObject(expected)
    expect(tags(registry)).toEqual(['1'])
  })
})
