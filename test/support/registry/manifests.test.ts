import { describe, expect, it } from 'vitest'

import { type Answer, ask, started } from './asking.ts'
import { OCI_INDEX, OCI_MANIFEST } from './documents.ts'
import { EMPTY_CONFIG, bundleOf, messageIn, push } from './like/conversation.ts'
import type { Registry, Switches } from './registry.ts'
import { sha256 } from './store.ts'

/** Asks for a manifest of `team/app` by any reference. */
const getManifest = (registry: Registry, reference: string): Promise<Answer> =>
  ask(registry, 'GET', `/v2/team/app/manifests/${reference}`, '', { accept: `${OCI_MANIFEST},${OCI_INDEX}` })

const pushTo = (registry: Registry, reference: string, fields = {}): ReturnType<typeof push> =>
  push(registry, `/v2/team/app/manifests/${reference}`, fields, '')

describe('manifests', () => {
  it('are said to be taken and are not there', async () => {
    const registry = await started({ keepsManifests: false })
    const pushed = await pushTo(registry, '1')
    expect([pushed.status, pushed.headers['docker-content-digest']]).toEqual([201, pushed.digest])
    for (const reference of ['1', pushed.digest])
      expect((await getManifest(registry, reference)).status).toBe(404)
  })

  it('are withheld one by one, by tag, by digest or by type', async () => {
    const wanted = await started()
    const { digest: named } = await pushTo(wanted, '1', { annotations: { n: '3' } })
    const registry = await started({ withheld: ['1', named, 'text/sbom'] })
    const status = async (fields: object, tag: string): Promise<number> => {
      await pushTo(registry, tag, fields)
      return (await getManifest(registry, tag)).status
    }
    expect(await status({ annotations: { n: '1' } }, '1')).toBe(412)
    expect(await status({ annotations: { n: '2' } }, '2')).toBe(200)
    expect(await status({ annotations: { n: '3' } }, '3')).toBe(412)
    expect(await status({ artifactType: 'text/sbom' }, '4')).toBe(412)
    expect((await ask(registry, 'GET', '/v2/team/app/tags/list')).status).toBe(200)
  })

  it('under some tags are there for good', async () => {
    const registry = await started({ immutableTags: '^v\\d' })
    for (const tag of ['v1', 'latest']) await pushTo(registry, tag)
    const other = { annotations: { other: 'yes' } }
    const refused = await pushTo(registry, 'v1', other)
    expect([refused.status, messageIn(refused)]).toEqual([
      412,
      "Failed to process request due to 'app:v1' configured as immutable.",
    ])
    expect((await pushTo(registry, 'latest', other)).status).toBe(201)
  })

  it('of a cache have no name by tag', async () => {
    const registry = await started({ proxyCache: true })
    const { digest: named } = await pushTo(registry, '1')
    const byTag = await getManifest(registry, '1')
    expect([byTag.status, byTag.headers['docker-content-digest'], byTag.headers.etag]).toEqual([200, '', ''])
    expect((await getManifest(registry, named)).headers['docker-content-digest']).toBe(named)
    expect(messageIn(await getManifest(registry, '2'))).toBe(
      'resource not found: repo team/app, tag 2 not found',
    )
  })

  it('and blobs fill one project and no other', async () => {
    const registry = await started({ quota: 1000 })
    const put = async (name: string, text: string): Promise<number> => {
      const { location } = (await ask(registry, 'POST', `/v2/${name}/blobs/uploads/`)).headers
      const named = sha256(Buffer.from(text))
      return (await ask(registry, 'PUT', `${location}?digest=${named}`, text)).status
    }
    const [half, other] = ['x'.repeat(600), 'y'.repeat(600)]
    expect(await put('team/app', half)).toBe(201)
    expect(await put('team/other', half)).toBe(201)
    expect(await put('team/other', other)).toBe(403)
    expect(await put('group/app', other)).toBe(201)
    expect((await pushTo(registry, '1', { annotations: { large: 'z'.repeat(400) } })).status).toBe(403)
  })
})

describe('what refers to a manifest', () => {
  it.each([
    [403, 403],
    [500, 500],
    ['not-an-index', 200],
    ['not-json', 200],
  ] as const)('is listed beside a fallback tag that is %s', async (fallbackTag, status) => {
    const registry = await started({ fallbackTag })
    const { digest: subject } = await pushTo(registry, '1')
    const bundle = await pushTo(registry, 'sha256', bundleOf(subject))
    const tagged = await getManifest(registry, subject.replace(':', '-'))
    expect(tagged.status).toBe(status)
    if (fallbackTag === 'not-json') expect(() => JSON.parse(tagged.body) as unknown).toThrow()
    if (fallbackTag === 'not-an-index') expect(tagged.body).not.toContain('manifests')
    const list = await ask(registry, 'GET', `/v2/team/app/referrers/${subject}`)
    expect(list.body).toContain(bundle.digest)
  })

  it('stands behind bundles that anybody could have pushed, which are all there', async () => {
    const registry = await started({ junkReferrers: 3 })
    const { digest: subject } = await pushTo(registry, '1')
    const bundle = await pushTo(registry, 'sha256', bundleOf(subject))
    const list = async (): Promise<readonly { digest: string; artifactType: string }[]> => {
      const { body } = await ask(registry, 'GET', `/v2/team/app/referrers/${subject}`)
      return (JSON.parse(body) as { manifests: { digest: string; artifactType: string }[] }).manifests
    }
    const listed = await list()
    expect(listed.map(({ digest }) => digest).indexOf(bundle.digest)).toBe(3)
    expect(new Set(listed.map(({ artifactType }) => artifactType)).size).toBe(1)
    expect(await list()).toEqual(listed)
    for (const { digest: junk } of listed) {
      const { status, body } = await getManifest(registry, junk)
      expect([status, sha256(Buffer.from(body, 'latin1'))]).toEqual([200, junk])
      for (const layer of (JSON.parse(body) as { layers: { digest: string }[] }).layers)
        expect((await ask(registry, 'HEAD', `/v2/team/app/blobs/${layer.digest}`)).status).toBe(200)
    }
  })
})

describe('a list of tags', () => {
  const list = (registry: Registry, query = ''): Promise<Answer> =>
    ask(registry, 'GET', `/v2/team/app/tags/list${query}`)
  const tagged = async (switches: Switches = {}): Promise<Registry> => {
    const registry = await started(switches)
    for (const tag of ['3', '1', '2']) await pushTo(registry, tag)
    return registry
  }

  it('goes on after a tag by the Link of the page before', async () => {
    const registry = await tagged({ pageSize: 2 })
    const first = await list(registry)
    expect([first.body, first.headers['link']]).toEqual([
      '{"name":"team/app","tags":["1","2"]}',
      '</v2/team/app/tags/list?last=2&n=2>; rel="next"',
    ])
    const second = await list(registry, '?last=2&n=2')
    expect([second.body, second.headers['link']]).toEqual(['{"name":"team/app","tags":["3"]}', undefined])
    expect((await list(registry, '?n=1&last=1x')).body).toBe('{"name":"team/app","tags":["2"]}')
    expect((await list(registry, '?n=x')).status).toBe(400)
  })

  it.each(['loop', 'endless'] as const)('never ends: %s', async (link) => {
    const registry = await tagged({ link, pageSize: 2 })
    const seen = new Set<string>()
    let query = ''
    for (let at = 0; at < 5; at++) {
      seen.add(query)
      query = /\?[^>]*/.exec((await list(registry, query)).headers['link'] as string)![0]
    }
    expect(seen.size).toBe(link === 'loop' ? 2 : 5)
  })

  it('is of a repository with a manifest, and not of one with blobs alone', async () => {
    const registry = await started()
    registry.store.repository('team/app').blobs.set(EMPTY_CONFIG.digest, Buffer.from('{}'))
    expect((await list(registry)).status).toBe(404)
    const { digest: named } = await pushTo(registry, '1')
    expect((await list(registry)).status).toBe(200)
    await ask(registry, 'DELETE', `/v2/team/app/manifests/${named}`)
    expect((await list(registry)).body).toBe('{"name":"team/app","tags":null}')
  })
})
