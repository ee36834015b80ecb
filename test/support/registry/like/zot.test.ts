import { describe, expect, it } from 'vitest'

import { type Answer, ask, started } from '../asking.ts'
import type { Registry } from '../registry.ts'
import { sha256 } from '../store.ts'
import {
  type TokenAnswer,
  basic,
  bundleOf,
  challengeIn,
  messageIn,
  push,
  withCredentials,
} from './conversation.ts'

const digest = sha256(Buffer.from('a blob'))

describe('like zot', () => {
  const bob = basic('bob', 'bob-password')
  const alice = basic('alice', 'alice-password')
  const bad = basic('bob', 'wrong')
  const zot = (): Promise<Registry> => started({ like: 'zot' })

  it('welcomes everybody, and tells a wrong password wherever it is said', async () => {
    const registry = await zot()
    expect(challengeIn(await ask(registry, 'GET', '/v2/'))).toEqual([200, 'basic realm=zot'])
    expect((await ask(registry, 'HEAD', '/v2/')).status).toBe(405)
    expect(challengeIn(await ask(registry, 'GET', '/v2/', '', withCredentials(bob)))).toEqual([
      200,
      'basic realm=zot',
    ])
    for (const path of ['/v2/', '/v2/pub/x/manifests/t']) {
      const refused = await ask(registry, 'GET', path, '', withCredentials(bad))
      expect([challengeIn(refused), JSON.parse(refused.body)]).toEqual([
        [401, 'Basic realm="zot"'],
        expect.objectContaining({ code: 'UNAUTHORIZED', message: 'authentication required' }),
      ])
    }
    const reader = await ask(registry, 'POST', '/v2/priv/x/blobs/uploads/', '', withCredentials(alice))
    expect([challengeIn(reader), messageIn(reader)]).toEqual([
      [403, 'Basic realm="zot"'],
      'requested access to the resource is denied',
    ])
  })

  it('challenges with tokens for the very thing to be done, and not at all what it cannot read', async () => {
    const registry = await started({
      like: 'zot',
      auth: { kind: 'bearer', like: 'zot', username: 'ci', password: 'ci', rights: 'pull' },
    })
    const scope = ({ headers }: Answer): unknown =>
      /scope="(.*)"/.exec(headers['www-authenticate'] ?? '')?.[1]
    const post = '/v2/p/x/blobs/uploads/'
    expect(scope(await ask(registry, 'POST', post))).toBe('repository:p/x:push')
    expect(scope(await ask(registry, 'POST', `${post}?mount=${digest}&from=p/y`))).toBe('repository:p/x:push')
    const refused = await ask(registry, 'GET', '/v2/p/x/tags/list', '', withCredentials('Bearer junk'))
    expect([challengeIn(refused), refused.body]).toEqual([
      [401, undefined],
      expect.stringContaining('UNSUPPORTED'),
    ])
    const granted = await ask(
      registry,
      'GET',
      '/token?service=test%2C%20registry&scope=repository:p/x:pull',
      '',
      withCredentials(basic('ci', 'ci')),
    )
    const { token } = JSON.parse(granted.body) as TokenAnswer
    expect(scope(await ask(registry, 'POST', post, '', withCredentials(`Bearer ${token}`)))).toBe(
      'repository:p/x:push',
    )
  })

  it('takes a manifest without its blobs unless it is an image, and only types of OCI', async () => {
    const registry = await zot()
    const descriptor = (mediaType: string): unknown => ({ mediaType, digest, size: 6 })
    const put = (config: string, type?: string): Promise<Answer> =>
      push(registry, '/v2/a/c/manifests/v1', { config: descriptor(config), layers: [] }, bob, type)
    expect((await put('application/vnd.wasm.config.v0+json')).status).toBe(201)
    const image = await put('application/vnd.oci.image.config.v1+json')
    expect([image.status, image.body]).toEqual([400, expect.stringContaining('MANIFEST_INVALID')])
    expect((await put('application/vnd.wasm.config.v0+json', 'application/json')).status).toBe(415)
    expect((await push(registry, '/v2/a/c/manifests/v1', { x: 'x'.repeat(5 << 20) }, bob)).status).toBe(413)
    const tagged = await push(registry, '/v2/a/c/manifests/sha256?tag=y1&tag=y2', {}, bob)
    expect([tagged.status, tagged.headers['oci-tag']]).toEqual([201, 'y1, y2'])
    expect((await push(registry, '/v2/a/c/manifests/v1?tag=y3', {}, bob)).status).toBe(400)
    const found = await ask(registry, 'GET', '/v2/a/c/manifests/v1', '', withCredentials(bob))
    expect([found.status, found.headers.etag]).toEqual([200, undefined])
  })

  it('wants a length, takes a blob in one POST, and knows it everywhere', async () => {
    const registry = await zot()
    const begun = await ask(registry, 'POST', '/v2/a/x/blobs/uploads/', '', withCredentials(bob))
    expect(begun.headers.location).toMatch(/^\/v2\/a\/x\/blobs\/uploads\/[a-f0-9-]+$/)
    const chunked = { ...withCredentials(bob), 'transfer-encoding': 'chunked' }
    const put = await ask(registry, 'PUT', `${begun.headers.location}?digest=${digest}`, 'a blob', chunked)
    expect([put.status, put.body]).toEqual([400, expect.stringContaining('DIGEST_INVALID')])
    const inOne = (headers: Record<string, string>): Promise<Answer> =>
      ask(registry, 'POST', `/v2/a/x/blobs/uploads/?digest=${digest}`, 'a blob', headers)
    expect((await inOne(withCredentials(bob))).status).toBe(415)
    const single = await inOne({ ...withCredentials(bob), 'content-type': 'application/octet-stream' })
    expect(single.status).toBe(201)
    expect((await ask(registry, 'HEAD', `/v2/b/y/blobs/${digest}`, '', withCredentials(bob))).status).toBe(
      200,
    )
    const mount = await ask(
      registry,
      'POST',
      `/v2/c/z/blobs/uploads/?mount=${digest}`,
      '',
      withCredentials(bob),
    )
    expect(mount.status).toBe(201)
  })

  it('keeps what refers to a manifest that was deleted', async () => {
    const registry = await zot()
    const thing = await push(registry, '/v2/a/x/manifests/v1', {}, bob)
    await push(registry, '/v2/a/x/manifests/sha256', bundleOf(thing.digest), bob)
    expect(
      (await ask(registry, 'DELETE', `/v2/a/x/manifests/${thing.digest}`, '', withCredentials(bob))).status,
    ).toBe(202)
    const list = await ask(registry, 'GET', `/v2/a/x/referrers/${thing.digest}`)
    expect(list.body).toContain('sigstore.bundle')
  })
})
