import { describe, expect, it } from 'vitest'

import { type Answer, ask, started } from '../asking.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../documents.ts'
import type { Registry } from '../registry.ts'
import { sha256 } from '../store.ts'
import { basic, bundleOf, challengeIn, messageIn, push, tokenFor, withCredentials } from './conversation.ts'

const admin = basic('admin', 'admin-password')
const ci = basic('robot$priv+ci', 'ci-password')
const reader = basic('robot$priv+reader', 'reader-password')
const junk = basic('robot$priv+ci', 'wrong')
const digest = sha256(Buffer.from('a blob'))

/** What was measured on the wire, in the order of the sections of the notes that were taken. */
describe('like Harbor', () => {
  const harbor = (): Promise<Registry> => started({ like: 'harbor' })
  const bearer = (registry: Registry, scope = ''): string =>
    `Bearer realm="${registry.origin}/service/token",service="harbor-registry"${scope === '' ? '' : `,scope="${scope}"`}`

  it('challenges who is nobody with Bearer, and hides which projects there are', async () => {
    const registry = await harbor()
    expect(challengeIn(await ask(registry, 'GET', '/v2/'))).toEqual([401, bearer(registry)])
    for (const project of ['priv', 'pub', 'nope'])
      expect(challengeIn(await ask(registry, 'HEAD', `/v2/${project}/x/manifests/t`))).toEqual([
        401,
        bearer(registry, `repository:${project}/x:pull`),
      ])
    expect(challengeIn(await ask(registry, 'POST', '/v2/priv/x/blobs/uploads/'))).toEqual([
      401,
      bearer(registry, 'repository:priv/x:pull,push'),
    ])
    const mount = `/v2/priv/x/blobs/uploads/?mount=${digest}&from=pub/y`
    expect(challengeIn(await ask(registry, 'POST', mount))).toEqual([
      401,
      bearer(registry, 'repository:priv/x:pull,push repository:pub/y:pull'),
    ])
    expect(challengeIn(await ask(registry, 'DELETE', '/v2/priv/x/manifests/t'))).toEqual([
      401,
      bearer(registry, 'repository:priv/x:delete'),
    ])
  })

  it('has an empty challenge for a project that is not there, and Basic for the catalogue', async () => {
    const registry = await harbor()
    const write = await ask(registry, 'POST', '/v2/nope/x/blobs/uploads/')
    expect([challengeIn(write), messageIn(write)]).toEqual([
      [401, ''],
      'project nope not found: project nope not found',
    ])
    expect(
      challengeIn(await ask(registry, 'GET', '/v2/nope/x/manifests/t', '', withCredentials(ci))),
    ).toEqual([401, ''])
    expect(challengeIn(await ask(registry, 'GET', '/v2/_catalog'))).toEqual([401, 'Basic realm="harbor"'])
    const bare = await ask(registry, 'GET', '/v2/priv/manifests/t', '', withCredentials(admin))
    expect([bare.status, messageIn(bare)]).toEqual([400, 'bad request: invalid repository name: priv'])
  })

  it('gives a token to everybody who names a scope, and a right to those who have it', async () => {
    const registry = await harbor()
    const scope = 'repository:priv/x:pull,push'
    const get = async (token: string): Promise<unknown> =>
      challengeIn(
        await ask(registry, 'POST', '/v2/priv/x/blobs/uploads/', '', withCredentials(`Bearer ${token}`)),
      )
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
    expect((await ask(registry, 'GET', '/v2/', '', withCredentials(ci))).status).toBe(200)
    for (const authorization of [junk, 'Bearer junk'])
      expect(challengeIn(await ask(registry, 'GET', '/v2/', '', withCredentials(authorization)))).toEqual([
        401,
        'Basic realm="harbor"',
      ])
    const lacking = await ask(registry, 'POST', '/v2/priv/x/blobs/uploads/', '', withCredentials(reader))
    expect([challengeIn(lacking), messageIn(lacking)]).toEqual([
      [401, 'Basic realm="harbor"'],
      'unauthorized to access repository: priv/x, action: push: unauthorized to access repository: priv/x, action: push',
    ])
    // In public, a wrong password is nobody's, and is served.
    expect((await ask(registry, 'GET', '/v2/pub/x/tags/list', '', withCredentials(junk))).status).toBe(404)
  })

  it('mounts for who may read the source, and says 401 to others', async () => {
    const registry = await harbor()
    registry.store.repository('priv/a').blobs.set(digest, Buffer.from('a blob'))
    const mount = async (from: string, authorization: string): Promise<unknown> =>
      challengeIn(
        await ask(
          registry,
          'POST',
          `/v2/priv/b/blobs/uploads/?mount=${digest}&from=${from}`,
          '',
          withCredentials(authorization),
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
    const thing = await push(registry, '/v2/priv/x/manifests/v1', {}, ci)
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
      ...withCredentials(ci),
      accept: OCI_MANIFEST,
    })
    expect(none.body).toContain('"NOT_FOUND","message":"artifact priv/x:none not found"')
    const absent = await ask(registry, 'GET', '/v2/priv/absent/tags/list', '', withCredentials(ci))
    expect(absent.body).toContain('"NOT_FOUND","message":"repository priv/absent not found"')
  })

  it('takes uploads as its backend does: stateful, appended to whatever the range says, lost after a break', async () => {
    const registry = await harbor()
    const begun = await ask(registry, 'POST', '/v2/priv/x/blobs/uploads/', '', withCredentials(ci))
    expect(begun.headers.location).toMatch(new RegExp(`^${registry.origin}/v2/priv/x/.*\\?_state=`))
    const first = await ask(registry, 'PATCH', begun.headers.location!, 'a ', {
      ...withCredentials(ci),
      'content-range': '0-1',
    })
    expect(first.status).toBe(202)
    const stale = await ask(
      registry,
      'PUT',
      `${begun.headers.location}&digest=${digest}`,
      'blob',
      withCredentials(ci),
    )
    expect([stale.status, messageIn(stale)]).toEqual([404, 'blob upload invalid'])
    const gap = { ...withCredentials(ci), 'content-range': '2000-2003' }
    expect((await ask(registry, 'PATCH', first.headers.location!, 'blob', gap)).headers.range).toBe('0-5')
    registry.fault({ method: 'PUT', times: 1, fault: { kind: 'drop-upload', after: 3 } })
    const again = await ask(registry, 'POST', '/v2/priv/x/blobs/uploads/', '', withCredentials(ci))
    await expect(
      ask(registry, 'PUT', `${again.headers.location}&digest=${digest}`, 'a blob', withCredentials(ci)),
    ).rejects.toThrow()
    expect((await ask(registry, 'GET', again.headers.location!, '', withCredentials(ci))).status).toBe(404)
    registry.store.repository('priv/x').blobs.set(digest, Buffer.alloc(1000))
    const beyond = await ask(registry, 'GET', `/v2/priv/x/blobs/${digest}`, '', {
      ...withCredentials(ci),
      range: 'bytes=2000-',
    })
    expect([beyond.status, beyond.headers['content-length'], beyond.whole]).toEqual([416, '1000', false])
  })

  it('lists referrers of anything, and nothing for a type with a bare plus sign', async () => {
    const registry = await harbor()
    const thing = await push(registry, '/v2/priv/x/manifests/v1', {}, ci)
    const bundle = await push(registry, '/v2/priv/x/manifests/sha256', bundleOf(thing.digest), ci)
    expect([bundle.status, bundle.headers['oci-subject']]).toEqual([201, thing.digest])
    const list = async (name: string, query = ''): Promise<readonly unknown[]> => {
      const { status, headers, body } = await ask(
        registry,
        'GET',
        `/v2/priv/${name}/referrers/${thing.digest}${query}`,
        '',
        withCredentials(ci),
      )
      const { manifests } = JSON.parse(body) as { manifests: unknown[] }
      return [status, headers['x-total-count'], headers['oci-filters-applied'], manifests.length]
    }
    expect(await list('absent')).toEqual([200, '0', undefined, 0])
    expect(await list('x')).toEqual([200, '1', undefined, 1])
    const type = 'application/vnd.dev.sigstore.bundle.v0.3'
    expect(await list('x', `?artifactType=${type}%2Bjson`)).toEqual([200, '1', 'artifactType', 1])
    expect(await list('x', `?artifactType=${type}+json`)).toEqual([200, '1', 'artifactType', 0])
    expect((await ask(registry, 'GET', '/v2/priv/x/referrers/v1', '', withCredentials(ci))).status).toBe(400)
    expect(
      (await ask(registry, 'DELETE', '/v2/priv/x/manifests/v1', '', withCredentials(admin))).status,
    ).toBe(400)
    expect(
      (await ask(registry, 'DELETE', `/v2/priv/x/manifests/${thing.digest}`, '', withCredentials(ci))).status,
    ).toBe(401)
    const deleted = await ask(
      registry,
      'DELETE',
      `/v2/priv/x/manifests/${thing.digest}`,
      '',
      withCredentials(admin),
    )
    expect(deleted.status).toBe(202)
    expect(await list('x')).toEqual([200, '0', undefined, 0])
  })

  it('only reads where it is told to, and says so to everybody', async () => {
    const frozen = await started({ like: 'harbor', readOnly: true })
    const post = await ask(frozen, 'POST', '/v2/priv/d/blobs/uploads/')
    expect([post.status, messageIn(post), post.headers['docker-distribution-api-version']]).toEqual([
      403,
      'The system is in read only mode. Any modification is prohibited.',
      undefined,
    ])
  })

  it.each([
    ['robot$priv+off', 'off-password'],
    ['robot$priv+old', 'old-password'],
  ])('does not know %s any more', async (username, password) => {
    const registry = await harbor()
    const authorization = basic(username, password)
    const get = (path: string): Promise<Answer> =>
      ask(registry, 'GET', path, '', withCredentials(authorization))
    expect(challengeIn(await get('/v2/'))).toEqual([401, 'Basic realm="harbor"'])
    expect((await get('/service/token?service=harbor-registry')).status).toBe(401)
    const { token } = await tokenFor(registry, 'repository:priv/x:pull', authorization)
    for (const given of [authorization, `Bearer ${token}`]) {
      expect(
        challengeIn(await ask(registry, 'GET', '/v2/priv/x/tags/list', '', withCredentials(given))),
      ).toEqual([401, 'Basic realm="harbor"'])
      const post = await ask(registry, 'POST', '/v2/priv/x/blobs/uploads/', '', withCredentials(given))
      expect(messageIn(post)).toContain('action: push')
    }
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
    expect(
      await html(ask(registry, 'GET', '/v2/', '', withCredentials(`Bearer ${'x'.repeat(9000)}`))),
    ).toEqual([400, 'text/html'])
    expect(await html(ask(registry, 'PUT', '/v2/priv/x/manifests/v1', 'x'.repeat(2000)))).toEqual([
      413,
      'text/html',
    ])
  })
})
