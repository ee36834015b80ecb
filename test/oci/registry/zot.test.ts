import { describe, expect, it } from 'vitest'

import { getDigestHex } from '../../../src/oci/digest.ts'
import { checkCredentials } from '../../../src/oci/registry/auth/check-credentials.ts'
import type { Credential } from '../../../src/oci/registry/credentials/credential.ts'
import { publishArtifact } from '../../../src/delivery/publish.ts'
import { collect } from '../../../src/oci/descriptor.ts'
import { EPOCH, prepareFixture } from '../../delivery/scene.ts'
import { opened } from '../../support/registry/opened.ts'
import type { Switches } from '../../support/registry/switches.ts'
import { blobFrom, manifestOf, pushThing } from '../artifacts.ts'

const credential: Credential = { kind: 'basic', username: 'bob', password: 'bob-password' }
const reader: Credential = { kind: 'basic', username: 'alice', password: 'alice-password' }
const zot: Switches = { like: 'zot' }

describe('zot', () => {
  it('welcomes everybody with a challenge on the 200, which proves no password', async () => {
    const { registry, transport } = await opened(zot)
    const welcome = await transport.send({ method: 'GET', url: `${registry.origin}/v2/` })
    await welcome.discard()
    expect([welcome.status, welcome.header('www-authenticate')]).toEqual([200, 'basic realm=zot'])
    await checkCredentials(registry.host, credential, { transport })
    await expect(
      checkCredentials(registry.host, { ...credential, password: 'wrong-password' }, { transport }),
    ).rejects.toMatchObject({ code: 'UNAUTHENTICATED', exit: 7 })
  })

  it('lets everybody read what only an account may write', async () => {
    const { registry, target } = await opened(zot, { credential })
    const thing = await pushThing(target, 'a module', '1.0.0')
    const { target: anonymous, registry: other } = await opened(zot)
    for (const [name, repository] of registry.store.repositories)
      other.store.repositories.set(name, repository)
    expect((await anonymous.resolve('1.0.0')).digest).toBe(thing.digest)
    await expect(anonymous.push(blobFrom('another module'))).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      exit: 7,
    })
  })

  it('refuses an expired token without a challenge, and the remembered one is answered', async () => {
    const { registry, target } = await opened(
      { ...zot, auth: { kind: 'bearer', like: 'zot', username: 'bob', password: 'bob-password' } },
      { credential },
    )
    const thing = await pushThing(target, 'a module', '1.0.0')
    registry.expireTokens()
    registry.log.length = 0
    expect((await target.manifest('1.0.0')).digest).toBe(thing.digest)
    expect(registry.log.map(({ url, headers }) => [url.split('?', 1)[0], headers.authorization])).toEqual([
      ['/v2/team/app/manifests/1.0.0', 'Bearer issued-token-1'],
      ['/token', expect.stringMatching(/^Basic /)],
      ['/v2/team/app/manifests/1.0.0', 'Bearer issued-token-2'],
    ])
  })

  it('says 403 with a challenge, which is never answered', async () => {
    const { registry, target } = await opened(zot, { credential: reader })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      exit: 7,
      message: expect.stringMatching(
        /^access denied: credentials from the test have no push permission on .*\/team\/app; error from .*DENIED/,
      ) as string,
      hint: expect.stringContaining('the account has no permission for this') as string,
    })
    expect(registry.log.map(({ headers }) => headers.authorization?.split(' ')[0])).toEqual([
      undefined,
      'Basic',
    ])
  })

  it('lets an account without any right do less than who gives no name', async () => {
    const account: Credential = { kind: 'basic', username: 'carol', password: 'carol-password' }
    const { registry, target } = await opened(zot, { credential: account })
    const [layer, config] = [blobFrom('a module'), blobFrom('{}')]
    for (const { descriptor } of [layer, config])
      registry.store.repository('team/app').blobs.set(descriptor.digest, Buffer.from('a module'))
    expect(await collect(target.fetch(layer.descriptor), 1024, 'layer')).toHaveLength(8)
    const denied = { code: 'UNAUTHENTICATED', exit: 7, message: expect.stringContaining('DENIED') as string }
    await expect(target.push(blobFrom('another'))).rejects.toMatchObject(denied)
    // Now that its name is known it is told with every request.
    await expect(target.tags()).rejects.toMatchObject(denied)
  })

  it('says 403 to a request without credentials too, which is sent again with them, once', async () => {
    const { registry, target } = await opened(zot, { credential })
    const headers = { 'www-authenticate': 'basic realm=zot' }
    registry.fault({ method: 'POST', fault: { kind: 'status', status: 403, headers }, times: 2 })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(registry.log.map(({ headers: sent }) => sent.authorization !== undefined)).toEqual([false, true])
  })

  it('gets the length of every body that it is sent', async () => {
    const { registry, target } = await opened(zot, { credential })
    const large = blobFrom('x'.repeat(200_000))
    await target.push(large)
    await pushThing(target, 'a module', '1.0.0')
    const bodies = registry.log.filter(({ method }) => method === 'PUT')
    expect(bodies).toHaveLength(4)
    for (const { headers } of bodies) {
      expect(Number(headers['content-length'])).toBeGreaterThan(0)
      expect(headers['transfer-encoding']).toBeUndefined()
    }
  })

  it('a tag that zot keeps from an account that may create and not update is exit 8', async () => {
    const { target } = await opened({ ...zot, immutableTags: 403 }, { credential })
    const thing = await pushThing(target, 'one', '1.0.0')
    await expect(pushThing(target, 'two', '1.0.0')).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      exit: 8,
      message: expect.stringContaining('the registry keeps the tag 1.0.0') as string,
    })
    expect((await target.resolve('1.0.0')).digest).toBe(thing.digest)
  })

  it('refuses a manifest with a word that does not say which blob is missing', async () => {
    const { target } = await opened(zot, { credential })
    const layer = blobFrom('never sent')
    const image = blobFrom('{"architecture":"wasm"}', 'application/vnd.oci.image.config.v1+json')
    await target.push(image)
    const manifest = manifestOf({ config: image.descriptor, layers: [layer.descriptor] })
    await expect(target.pushManifest(manifest, '1.0.0')).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: expect.stringContaining('MANIFEST_INVALID') as string,
      hint: expect.stringContaining('zot reports a missing blob like this: push again') as string,
    })
  })

  it('would take a manifest without its blobs, and is given none whose blobs it did not take', async () => {
    const { registry, target } = await opened(zot, { credential })
    const prepared = await prepareFixture('as-hello')
    const { digest } = prepared.layer.descriptor
    registry.fault({
      method: 'PUT',
      path: new RegExp(`digest=.*${getDigestHex(digest)}`),
      fault: { kind: 'status', status: 400 },
    })
    await expect(
      publishArtifact(prepared, { tags: ['1'], signedAt: EPOCH, target }, {}),
    ).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
    })
    expect(registry.log.filter(({ url }) => url.includes(getDigestHex(digest)))).not.toEqual([])
    expect(registry.requests().filter((line) => /^PUT .*\/manifests\//.test(line))).toEqual([])
    expect(registry.store.repository('team/app').manifests.size).toBe(0)
  })

  it('has forgotten a session after a break, and gets a new one', async () => {
    const { registry, target } = await opened(zot, { credential })
    registry.fault({ method: 'PUT', times: 1, fault: { kind: 'drop-upload', after: 100_000 } })
    const large = blobFrom('x'.repeat(300_000))
    await target.push(large)
    expect(registry.requests().filter((line) => line.startsWith('POST')).length).toBeGreaterThanOrEqual(2)
    expect(registry.store.repository('team/app').blobs.has(large.descriptor.digest)).toBe(true)
  })

  it('lists tags in pages whose Link is not escaped, and knows none of a repository that is not there', async () => {
    const { target } = await opened({ ...zot, pageSize: 2 }, { credential })
    await expect(target.tags()).rejects.toMatchObject({ code: 'NOT_FOUND', exit: 6 })
    for (const tag of ['1', '2', '3', '4', '5']) await pushThing(target, 'a module', tag)
    expect(await target.tags()).toEqual(['1', '2', '3', '4', '5'])
  })

  it('goes on at relative Locations without a query', async () => {
    const { registry, target } = await opened(zot, { credential })
    await target.push(blobFrom('a module'))
    const put = registry.log.find(({ method }) => method === 'PUT')!
    expect(put.url).toMatch(/^\/v2\/team\/app\/blobs\/uploads\/[a-f0-9-]+\?digest=sha256/)
  })
})
