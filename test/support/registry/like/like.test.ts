import { describe, expect, it } from 'vitest'

import { type Answer, ask, started } from '../asking.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../documents.ts'
import type { Registry } from '../registry.ts'
import { sha256 } from '../store.ts'

const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
const admin = basic('admin', 'admin-password')
const ci = basic('robot$priv+ci', 'ci-password')
const reader = basic('robot$priv+reader', 'reader-password')
const junk = basic('robot$priv+ci', 'wrong')
const digest = sha256(Buffer.from('a blob'))

const challenge = ({ status, headers }: Answer): unknown => [status, headers['www-authenticate']]
const message = ({ body }: Answer): unknown =>
  (JSON.parse(body) as { errors: { message: string }[] }).errors[0]!.message
const with_ = (authorization: string): Record<string, string> => ({ authorization })

interface TokenAnswer {
  readonly token: string
  readonly access_token: string
}

/** A token of Harbor for a scope, whoever asks. */
async function tokenFor(registry: Registry, scope: string, authorization?: string): Promise<TokenAnswer> {
  const { body } = await ask(
    registry,
    'GET',
    `/service/token?service=harbor-registry&scope=${scope}`,
    '',
    authorization === undefined ? {} : { authorization },
  )
  return JSON.parse(body) as TokenAnswer
}

async function push(
  registry: Registry,
  at: string,
  document: Readonly<Record<string, unknown>>,
  authorization: string,
  type = OCI_MANIFEST,
): Promise<Answer & { readonly digest: string }> {
  const body = JSON.stringify({ schemaVersion: 2, mediaType: type, ...document })
  const name = at.replace(/\/sha256(?=$|\?)/, `/${sha256(Buffer.from(body))}`)
  const answer = await ask(registry, 'PUT', name, body, { 'content-type': type, authorization })
  return { ...answer, digest: sha256(Buffer.from(body)) }
}

const bundleOf = (subject: string): Readonly<Record<string, unknown>> => ({
  artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  subject: { mediaType: OCI_MANIFEST, digest: subject, size: 1 },
  layers: [],
})

/** What was measured on the wire, in the order of the sections of the notes that were taken. */
describe('like Harbor', () => {
  const harbor = (): Promise<Registry> => started({ like: 'harbor' })
  const bearer = (registry: Registry, scope = ''): string =>
    `Bearer realm="${registry.origin}/service/token",service="harbor-registry"${scope === '' ? '' : `,scope="${scope}"`}`

  it('challenges who is nobody with Bearer, and hides which projects there are', async () => {
    const registry = await harbor()
    expect(challenge(await ask(registry, 'GET', '/v2/'))).toEqual([401, bearer(registry)])
    for (const project of ['priv', 'pub', 'nope'])
      expect(challenge(await ask(registry, 'HEAD', `/v2/${project}/x/manifests/t`))).toEqual([
        401,
        bearer(registry, `repository:${project}/x:pull`),
      ])
    expect(challenge(await ask(registry, 'POST', '/v2/priv/x/blobs/uploads/'))).toEqual([
      401,
      bearer(registry, 'repository:priv/x:pull,push'),
    ])
    const mount = `/v2/priv/x/blobs/uploads/?mount=${digest}&from=pub/y`
    expect(challenge(await ask(registry, 'POST', mount))).toEqual([
      401,
      bearer(registry, 'repository:priv/x:pull,push repository:pub/y:pull'),
    ])
    expect(challenge(await ask(registry, 'DELETE', '/v2/priv/x/manifests/t'))).toEqual([
      401,
      bearer(registry, 'repository:priv/x:delete'),
    ])
  })

  it('has an empty challenge for a project that is not there, and Basic for the catalogue', async () => {
    const registry = await harbor()
    const write = await ask(registry, 'POST', '/v2/nope/x/blobs/uploads/')
    expect([challenge(write), message(write)]).toEqual([
      [401, ''],
      'project nope not found: project nope not found',
    ])
    expect(challenge(await ask(registry, 'GET', '/v2/nope/x/manifests/t', '', with_(ci)))).toEqual([401, ''])
    expect(challenge(await ask(registry, 'GET', '/v2/_catalog'))).toEqual([401, 'Basic realm="harbor"'])
    const bare = await ask(registry, 'GET', '/v2/priv/manifests/t', '', with_(admin))
    expect([bare.status, message(bare)]).toEqual([400, 'bad request: invalid repository name: priv'])
  })

  it('gives a token to everybody who names a scope, and a right to those who have it', async () => {
    const registry = await harbor()
    const scope = 'repository:priv/x:pull,push'
    const get = async (token: string): Promise<unknown> =>
      challenge(await ask(registry, 'POST', '/v2/priv/x/blobs/uploads/', '', with_(`Bearer ${token}`)))
    for (const authorization of [undefined, junk]) {
      const answer = await tokenFor(registry, scope, authorization)
      expect(answer.access_token).toBe('')
      expect(await get(answer.token)).toEqual([401, 'Basic realm="harbor"'])
    }
    // Whatever was asked for, and for the whole project.
    const { token } = await tokenFor(registry, 'repository:priv/other:pull', ci)
    expect((await get(token)) as unknown[]).toEqual([202, undefined])
    const ask_ = (query: string, authorization?: string, method = 'GET'): Promise<Answer> =>
      ask(registry, method, `/service/token?${query}`, '', authorization ? { authorization } : {})
    const service = 'service=harbor-registry'
    expect((await ask_(service)).status).toBe(401)
    expect((await ask_(service, junk)).status).toBe(401)
    expect((await ask_(service, ci)).status).toBe(200)
    expect((await ask_('service=zzz', ci)).body).toBe('Unable to handle service: zzz')
    const posted = await ask_(service, ci, 'POST')
    expect([posted.status, posted.headers['content-type']]).toEqual([405, 'text/plain; charset=utf-8'])
  })

  it('answers every refused Authorization with Basic, also where only a right is missing', async () => {
    const registry = await harbor()
    expect((await ask(registry, 'GET', '/v2/', '', with_(ci))).status).toBe(200)
    for (const authorization of [junk, 'Bearer junk'])
      expect(challenge(await ask(registry, 'GET', '/v2/', '', with_(authorization)))).toEqual([
        401,
        'Basic realm="harbor"',
      ])
    const lacking = await ask(registry, 'POST', '/v2/priv/x/blobs/uploads/', '', with_(reader))
    expect([challenge(lacking), message(lacking)]).toEqual([
      [401, 'Basic realm="harbor"'],
      'unauthorized to access repository: priv/x, action: push: unauthorized to access repository: priv/x, action: push',
    ])
    // In public, a wrong password is nobody's, and is served.
    expect((await ask(registry, 'GET', '/v2/pub/x/tags/list', '', with_(junk))).status).toBe(404)
  })

  it('mounts for who may read the source, and says 401 to others', async () => {
    const registry = await harbor()
    registry.store.repository('priv/a').blobs.set(digest, Buffer.from('a blob'))
    const mount = async (from: string, authorization: string): Promise<unknown> =>
      challenge(
        await ask(
          registry,
          'POST',
          `/v2/priv/b/blobs/uploads/?mount=${digest}&from=${from}`,
          '',
          with_(authorization),
        ),
      )
    expect(await mount('priv/a', ci)).toEqual([201, undefined])
    expect(await mount('priv/none', ci)).toEqual([202, undefined])
    expect(await mount('ct/a', ci)).toEqual([401, 'Basic realm="harbor"'])
    expect(await mount('nope/a', ci)).toEqual([401, ''])
    const { token } = await tokenFor(registry, 'repository:priv/b:pull,push', ci)
    expect(await mount('pub/a', `Bearer ${token}`)).toEqual([401, 'Basic realm="harbor"'])
  })

  it('finds manifests by Accept, and speaks in its own words of what is absent', async () => {
    const registry = await harbor()
    const thing = await push(registry, '/v2/priv/x/manifests/v1', { layers: [] }, ci)
    const get = (accept: string, more: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
      ask(registry, method, '/v2/priv/x/manifests/v1', '', { authorization: ci, accept, ...more })
    for (const accept of ['*/*', OCI_INDEX]) expect((await get(accept)).status).toBe(404)
    const found = await get(OCI_MANIFEST)
    expect([found.status, found.headers.etag, found.headers['docker-content-digest']]).toEqual([
      200,
      `"${thing.digest}"`,
      thing.digest,
    ])
    for (const condition of [`"${thing.digest}"`, thing.digest]) {
      const same = await get(OCI_MANIFEST, { 'if-none-match': condition })
      expect([same.status, same.headers.etag, same.headers['docker-content-digest']]).toEqual([
        304,
        undefined,
        undefined,
      ])
    }
    expect((await get(OCI_MANIFEST, { 'if-none-match': `W/"${thing.digest}"` })).status).toBe(200)
    const none = await ask(registry, 'GET', '/v2/priv/x/manifests/none', '', {
      ...with_(ci),
      accept: OCI_MANIFEST,
    })
    expect(none.body).toContain('"NOT_FOUND","message":"artifact priv/x:none not found"')
    const absent = await ask(registry, 'GET', '/v2/priv/absent/tags/list', '', with_(ci))
    expect(absent.body).toContain('"NOT_FOUND","message":"repository priv/absent not found"')
  })

  it('takes uploads as its backend does: stateful, appended to whatever the range says, lost after a break', async () => {
    const registry = await harbor()
    const begun = await ask(registry, 'POST', '/v2/priv/x/blobs/uploads/', '', with_(ci))
    expect(begun.headers.location).toMatch(new RegExp(`^${registry.origin}/v2/priv/x/.*\\?_state=`))
    const first = await ask(registry, 'PATCH', begun.headers.location!, 'a ', {
      ...with_(ci),
      'content-range': '0-1',
    })
    expect(first.status).toBe(202)
    const stale = await ask(registry, 'PUT', `${begun.headers.location}&digest=${digest}`, 'blob', with_(ci))
    expect([stale.status, message(stale)]).toEqual([404, 'blob upload invalid'])
    const gap = { ...with_(ci), 'content-range': '2000-2003' }
    expect((await ask(registry, 'PATCH', first.headers.location!, 'blob', gap)).headers.range).toBe('0-5')
    registry.fault({ method: 'PUT', times: 1, fault: { kind: 'drop-upload', after: 3 } })
    const again = await ask(registry, 'POST', '/v2/priv/x/blobs/uploads/', '', with_(ci))
    await expect(
      ask(registry, 'PUT', `${again.headers.location}&digest=${digest}`, 'a blob', with_(ci)),
    ).rejects.toThrow()
    expect((await ask(registry, 'GET', again.headers.location!, '', with_(ci))).status).toBe(404)
    registry.store.repository('priv/x').blobs.set(digest, Buffer.alloc(1000))
    const beyond = await ask(registry, 'GET', `/v2/priv/x/blobs/${digest}`, '', {
      ...with_(ci),
      range: 'bytes=2000-',
    })
    expect([beyond.status, beyond.headers['content-length'], beyond.whole]).toEqual([416, '1000', false])
  })

  it('lists referrers of anything, and nothing for a type with a bare plus sign', async () => {
    const registry = await harbor()
    const thing = await push(registry, '/v2/priv/x/manifests/v1', { layers: [] }, ci)
    const bundle = await push(registry, '/v2/priv/x/manifests/sha256', bundleOf(thing.digest), ci)
    expect([bundle.status, bundle.headers['oci-subject']]).toEqual([201, thing.digest])
    const list = async (name: string, query = ''): Promise<readonly unknown[]> => {
      const { status, headers, body } = await ask(
        registry,
        'GET',
        `/v2/priv/${name}/referrers/${thing.digest}${query}`,
        '',
        with_(ci),
      )
      const { manifests } = JSON.parse(body) as { manifests: unknown[] }
      return [status, headers['x-total-count'], headers['oci-filters-applied'], manifests.length]
    }
    expect(await list('absent')).toEqual([200, '0', undefined, 0])
    expect(await list('x')).toEqual([200, '1', undefined, 1])
    const type = 'application/vnd.dev.sigstore.bundle.v0.3'
    expect(await list('x', `?artifactType=${type}%2Bjson`)).toEqual([200, '1', 'artifactType', 1])
    expect(await list('x', `?artifactType=${type}+json`)).toEqual([200, '1', 'artifactType', 0])
    expect((await ask(registry, 'GET', '/v2/priv/x/referrers/v1', '', with_(ci))).status).toBe(400)
    expect((await ask(registry, 'DELETE', '/v2/priv/x/manifests/v1', '', with_(admin))).status).toBe(400)
    expect(
      (await ask(registry, 'DELETE', `/v2/priv/x/manifests/${thing.digest}`, '', with_(ci))).status,
    ).toBe(401)
    const deleted = await ask(registry, 'DELETE', `/v2/priv/x/manifests/${thing.digest}`, '', with_(admin))
    expect(deleted.status).toBe(202)
    expect(await list('x')).toEqual([200, '0', undefined, 0])
  })

  it('serves the unsigned only to tools that sign, by token and with the right to push', async () => {
    const registry = await harbor()
    const thing = await push(registry, '/v2/ct/c/manifests/v1', { layers: [] }, admin)
    const { token } = await tokenFor(registry, 'repository:ct/c:pull', basic('robot$ci', 'ci-password'))
    const get = async (authorization: string, agent: string): Promise<number> =>
      (
        await ask(registry, 'HEAD', '/v2/ct/c/manifests/v1', '', {
          authorization,
          'user-agent': agent,
          accept: OCI_MANIFEST,
        })
      ).status
    expect(await get(admin, 'cosign/v3.1.3 (linux; amd64)')).toBe(412)
    expect(await get(`Bearer ${token}`, 'trial/1')).toBe(412)
    expect(await get(`Bearer ${token}`, 'wasmpack/0.1 (cosign)')).toBe(200)
    expect((await ask(registry, 'GET', '/v2/ct/c/tags/list', '', with_(admin))).status).toBe(200)
    await push(
      registry,
      '/v2/ct/c/manifests/sha256',
      { ...bundleOf(thing.digest), artifactType: 'text/sbom' },
      admin,
    )
    expect(await get(admin, 'trial/1')).toBe(412)
    await push(registry, '/v2/ct/c/manifests/sha256', bundleOf(thing.digest), admin)
    expect(await get(admin, 'trial/1')).toBe(200)
  })

  it('says 412 to a tag that is there, 403 where it only reads, and 400 to a large manifest', async () => {
    const registry = await harbor()
    await push(registry, '/v2/imm/i/manifests/v1', { layers: [] }, admin)
    const again = await push(registry, '/v2/imm/i/manifests/v1', { layers: [] }, admin)
    expect([again.status, message(again)]).toEqual([
      412,
      "Failed to process request due to 'i:v1' configured as immutable.",
    ])
    expect((await push(registry, '/v2/imm/i/manifests/sha256', { layers: [] }, admin)).status).toBe(201)
    const large = await push(registry, '/v2/priv/x/manifests/v1', { x: 'x'.repeat(5 << 20) }, ci)
    expect([large.status, large.body]).toEqual([400, expect.stringContaining('http: request body too large')])
    const frozen = await started({ like: 'harbor', readOnly: true })
    const post = await ask(frozen, 'POST', '/v2/priv/d/blobs/uploads/')
    expect([post.status, message(post)]).toEqual([
      403,
      'The system is in read only mode. Any modification is prohibited.',
    ])
  })

  it('is a proxy cache that hides signatures and takes nothing', async () => {
    const registry = await harbor()
    const thing = await push(registry, '/v2/priv/w/manifests/v1', { layers: [] }, ci)
    await push(registry, '/v2/priv/w/manifests/sha256', bundleOf(thing.digest), ci)
    registry.store.repositories.set('px/w', registry.store.repository('priv/w'))
    const headers = { authorization: admin, accept: OCI_MANIFEST }
    const get = await ask(registry, 'GET', '/v2/px/w/manifests/v1', '', headers)
    expect([get.status, get.headers['docker-content-digest'], get.headers.etag]).toEqual([200, '', ''])
    const head = await ask(registry, 'HEAD', '/v2/px/w/manifests/v1', '', headers)
    expect([head.headers['docker-content-digest'], head.headers.etag]).toEqual([thing.digest, thing.digest])
    const list = await ask(registry, 'GET', `/v2/px/w/referrers/${thing.digest}`, '', headers)
    expect(list.body).toContain('"manifests":[]')
    const put = await ask(registry, 'POST', '/v2/px/w/blobs/uploads/', '', headers)
    expect([put.status, message(put)]).toEqual([403, 'denied: can not push artifact to a proxy project: px'])
  })

  it('has nginx in front, which speaks HTML', async () => {
    const registry = await started({ like: 'harbor', bodyLimit: 1000 })
    const html = async (answer: Promise<Answer>): Promise<unknown> => {
      const { status, headers } = await answer
      return [status, headers['content-type']]
    }
    expect(await html(ask(registry, 'GET', '/v2'))).toEqual([301, 'text/html'])
    expect(await html(ask(registry, 'GET', `/service/token?scope=${'x'.repeat(9000)}`))).toEqual([
      414,
      'text/html',
    ])
    expect(await html(ask(registry, 'GET', '/v2/', '', with_(`Bearer ${'x'.repeat(9000)}`)))).toEqual([
      400,
      'text/html',
    ])
    expect(await html(ask(registry, 'PUT', '/v2/priv/x/manifests/v1', 'x'.repeat(2000)))).toEqual([
      413,
      'text/html',
    ])
  })
})

describe('like zot', () => {
  const bob = basic('bob', 'bob-password')
  const alice = basic('alice', 'alice-password')
  const bad = basic('bob', 'wrong')
  const zot = (): Promise<Registry> => started({ like: 'zot' })

  it('welcomes everybody, and tells a wrong password wherever it is said', async () => {
    const registry = await zot()
    expect(challenge(await ask(registry, 'GET', '/v2/'))).toEqual([200, 'basic realm=zot'])
    expect((await ask(registry, 'HEAD', '/v2/')).status).toBe(405)
    expect(challenge(await ask(registry, 'GET', '/v2/', '', with_(bob)))).toEqual([200, 'basic realm=zot'])
    for (const path of ['/v2/', '/v2/pub/x/manifests/t']) {
      const refused = await ask(registry, 'GET', path, '', with_(bad))
      expect([challenge(refused), JSON.parse(refused.body)]).toEqual([
        [401, 'Basic realm="zot"'],
        { code: 'UNAUTHORIZED', message: 'authentication required', detail: {} },
      ])
    }
    const reader = await ask(registry, 'POST', '/v2/priv/x/blobs/uploads/', '', with_(alice))
    expect([challenge(reader), message(reader)]).toEqual([
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
    const refused = await ask(registry, 'GET', '/v2/p/x/tags/list', '', with_('Bearer junk'))
    expect([challenge(refused), refused.body]).toEqual([
      [401, undefined],
      expect.stringContaining('UNSUPPORTED'),
    ])
    const granted = await ask(
      registry,
      'GET',
      '/token?service=test%2C%20registry&scope=repository:p/x:pull',
      '',
      with_(basic('ci', 'ci')),
    )
    const { token } = JSON.parse(granted.body) as TokenAnswer
    expect(scope(await ask(registry, 'POST', post, '', with_(`Bearer ${token}`)))).toBe('repository:p/x:push')
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
    const tagged = await push(registry, '/v2/a/c/manifests/sha256?tag=y1&tag=y2', { layers: [] }, bob)
    expect([tagged.status, tagged.headers['oci-tag']]).toEqual([201, 'y1, y2'])
    expect((await push(registry, '/v2/a/c/manifests/v1?tag=y3', { layers: [] }, bob)).status).toBe(400)
    const found = await ask(registry, 'GET', '/v2/a/c/manifests/v1', '', with_(bob))
    expect([found.status, found.headers.etag]).toEqual([200, undefined])
  })

  it('wants a length, takes a blob in one POST, and knows it everywhere', async () => {
    const registry = await zot()
    const begun = await ask(registry, 'POST', '/v2/a/x/blobs/uploads/', '', with_(bob))
    expect(begun.headers.location).toMatch(/^\/v2\/a\/x\/blobs\/uploads\/[a-f0-9-]+$/)
    const chunked = { ...with_(bob), 'transfer-encoding': 'chunked' }
    const put = await ask(registry, 'PUT', `${begun.headers.location}?digest=${digest}`, 'a blob', chunked)
    expect([put.status, put.body]).toEqual([400, expect.stringContaining('DIGEST_INVALID')])
    const single = await ask(
      registry,
      'POST',
      `/v2/a/x/blobs/uploads/?digest=${digest}`,
      'a blob',
      with_(bob),
    )
    expect(single.status).toBe(201)
    expect((await ask(registry, 'HEAD', `/v2/b/y/blobs/${digest}`, '', with_(bob))).status).toBe(200)
    const mount = await ask(registry, 'POST', `/v2/c/z/blobs/uploads/?mount=${digest}`, '', with_(bob))
    expect(mount.status).toBe(201)
  })

  it('keeps what refers to a manifest that was deleted', async () => {
    const registry = await zot()
    const thing = await push(registry, '/v2/a/x/manifests/v1', { layers: [] }, bob)
    await push(registry, '/v2/a/x/manifests/sha256', bundleOf(thing.digest), bob)
    expect((await ask(registry, 'DELETE', `/v2/a/x/manifests/${thing.digest}`, '', with_(bob))).status).toBe(
      202,
    )
    const list = await ask(registry, 'GET', `/v2/a/x/referrers/${thing.digest}`)
    expect(list.body).toContain('sigstore.bundle')
  })
})
