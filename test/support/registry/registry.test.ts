import { readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'

import { type Answer, ask, started } from './asking.ts'
import { basic } from './like/conversation.ts'
import type { Registry, Switches } from './registry.ts'
import { NAMES } from './serve.ts'
import { sha256 } from './store.ts'
import type { Outage } from './outage-switch.ts'

const digest = sha256(Buffer.from('a blob'))
const uploads = '/v2/team/app/blobs/uploads/'
const blob = `/v2/team/app/blobs/${digest}`

/** A registry that holds `a blob`. */
async function holding(switches: Switches = {}): Promise<Registry> {
  const registry = await started(switches)
  registry.store.repository('team/app').blobs.set(digest, Buffer.from('a blob'))
  return registry
}

describe('the kit', () => {
  it('explains every switch and every fault, and no other', () => {
    const page = readFileSync(new URL('README.md', import.meta.url), 'utf8')
    const table = (from: string, to: string): readonly string[] => {
      const rows = page.slice(page.indexOf(from), page.indexOf(to))
      return [...rows.matchAll(/^\| (?:before|\*\*the|`)[^\n]*/gm)].flatMap(([row]) => {
        const cell = from === '## Faults' ? row : row.split('|')[1]!
        return [...cell.matchAll(/`([\w-]+)`/g)].map(([, name]) => name!)
      })
    }
    expect(table('## Switches', '## Registries').toSorted()).toEqual(NAMES.switches.toSorted())
    expect(
      [...new Set(table('## Faults', '`raw` sends'))].filter((name) => name !== 'after').toSorted(),
    ).toEqual(NAMES.faults.toSorted())
  })

  it('takes a blob in pieces, each at the latest Location', async () => {
    const registry = await started({ location: 'absolute' })
    const begun = await ask(registry, 'POST', uploads)
    const first = await ask(registry, 'PATCH', begun.headers.location!, 'a ', { 'content-range': '0-1' })
    expect([first.status, first.headers.range]).toEqual([202, '0-1'])
    const gap = await ask(registry, 'PATCH', first.headers.location!, 'ob', { 'content-range': '4-5' })
    expect(gap.status).toBe(416)
    expect((await ask(registry, 'PUT', `${begun.headers.location}&digest=${digest}`, 'blob')).status).toBe(
      416,
    )
    const state = await ask(registry, 'GET', first.headers.location!)
    expect([state.status, state.headers.range]).toEqual([204, '0-1'])
    const done = await ask(registry, 'PUT', `${first.headers.location}&digest=${digest}`, 'blob')
    expect([done.status, done.headers['docker-content-digest']]).toEqual([201, digest])
    expect((await ask(registry, 'GET', blob)).body).toBe('a blob')
  })

  it.each([
    [{ patchStatus: 204, patchRange: 'none' }, 204, undefined],
    [{ patchStatus: 201, patchRange: 'stale' }, 201, '0-0'],
    [{ patchRange: 'one-too-many' }, 202, '0-2'],
    [{ patchRange: 'zero' }, 202, '0-0'],
  ] as const)('answers a PATCH as %o says', async (switches, status, range) => {
    const registry = await started(switches)
    const { headers } = await ask(registry, 'POST', uploads)
    const answer = await ask(registry, 'PATCH', headers.location!, 'a ')
    expect([answer.status, answer.headers.range]).toEqual([status, range])
  })

  it.each([
    ['kept', 204, '0-2'],
    ['lost', 404, undefined],
  ] as const)('has %s what came of a body that broke off', async (brokenUpload, status, range) => {
    const registry = await started({ brokenUpload })
    registry.fault({ method: 'PATCH', times: 1, fault: { kind: 'drop-upload', after: 3 } })
    const { headers } = await ask(registry, 'POST', uploads)
    await expect(ask(registry, 'PATCH', headers.location!, 'a blob')).rejects.toThrow()
    const state = await ask(registry, 'GET', headers.location!)
    expect([state.status, state.headers.range]).toEqual([status, range])
  })

  it('holds a body until it is asked for something else', async () => {
    const registry = await holding()
    registry.fault({ method: 'PATCH', fault: { kind: 'hold-upload', after: 1, until: 'HEAD' } })
    const { headers } = await ask(registry, 'POST', uploads)
    const answer = ask(registry, 'PATCH', headers.location!, 'a blob')
    expect((await ask(registry, 'GET', headers.location!)).headers.range).toBe('0-0')
    await ask(registry, 'HEAD', blob)
    expect((await answer).headers.range).toBe('0-5')
    expect(registry.log.find(({ method }) => method === 'PATCH')!.received).toBe('a blob'.length)
  })

  it('mounts what the source has, and only that', async () => {
    const registry = await holding()
    const mount = (from: string): Promise<Answer> =>
      ask(registry, 'POST', `/v2/team/other/blobs/uploads/?mount=${digest}&from=${from}`)
    expect((await mount('team/none')).status).toBe(202)
    expect((await mount('team/app')).status).toBe(201)
    expect((await ask(registry, 'HEAD', `/v2/team/other/blobs/${digest}`)).status).toBe(200)
  })

  it('hands out ranges, and says 416 for none', async () => {
    const registry = await holding()
    const part = await ask(registry, 'GET', blob, '', { range: 'bytes=2-3' })
    expect([part.status, part.headers['content-range'], part.body]).toEqual([206, 'bytes 2-3/6', 'bl'])
    const beyond = await ask(registry, 'GET', blob, '', { range: 'bytes=6-' })
    expect([beyond.status, beyond.headers['content-range'], beyond.whole]).toEqual([416, 'bytes */6', true])
  })

  it('redirects to a storage whose URLs run out and which wants no credentials', async () => {
    const registry = await holding({ blobs: 'other-origin', presignedUses: 1 })
    const { headers } = await ask(registry, 'GET', blob)
    const at = headers.location!
    expect((await ask(registry, 'GET', at, '', { authorization: 'Basic eDp5' })).status).toBe(400)
    expect((await ask(registry, 'GET', at)).body).toBe('a blob')
    expect((await ask(registry, 'GET', at)).status).toBe(403)
    expect((await ask(registry, 'GET', (await ask(registry, 'GET', blob)).headers.location!)).status).toBe(
      200,
    )
  })

  it.each([
    [{ kind: 'truncate', after: 2 }, 200, 'a ', false],
    [{ kind: 'flip' }, 200, '` blob', true],
    [{ kind: 'longer', by: 2 }, 200, 'a blobxx', true],
    [{ kind: 'drip', every: 1 }, 200, 'a blob', true],
    [{ kind: 'chunked' }, 200, 'a blob', true],
    [{ kind: 'until-close' }, 200, 'a blob', true],
    [{ kind: 'late-status', status: 500, body: 'oh' }, 500, 'oh', true],
    [{ kind: 'informational', status: 103 }, 200, 'a blob', true],
    [{ kind: 'status', status: 503 }, 503, '', true],
    [{ kind: 'raw', answer: 'HTTP/1.1 418 No\r\nContent-Length: 3\r\n\r\nraw' }, 418, 'raw', true],
  ] as const)('fails as %o', async (fault, status, body, whole) => {
    const registry = await holding()
    registry.fault({ times: 1, fault })
    const answer = await ask(registry, 'GET', blob)
    expect([answer.status, answer.body, answer.whole]).toEqual([status, body, whole])
    if (fault.kind === 'chunked') expect(answer.headers['transfer-encoding']).toBe('chunked')
    if (fault.kind === 'until-close') expect(answer.headers['content-length']).toBeUndefined()
    expect((await ask(registry, 'GET', blob)).body).toBe('a blob')
  })

  it('does the work of a request whose answer is lost', async () => {
    const registry = await started()
    const { headers } = await ask(registry, 'POST', uploads)
    registry.fault({ method: 'PUT', fault: { kind: 'drop-answer' } })
    await expect(ask(registry, 'PUT', `${headers.location}?digest=${digest}`, 'a blob')).rejects.toThrow()
    expect((await ask(registry, 'HEAD', blob)).status).toBe(200)
  })
})

/** Asks until the answer is 200, as long as it takes. */
const untilBack = (registry: Registry, path: string): Promise<Answer> =>
  vi.waitFor(
    async () => {
      const answer = await ask(registry, 'GET', path)
      expect(answer.status).toBe(200)
      return answer
    },
    { timeout: 10_000, interval: 50 },
  )

describe('a registry that is away', () => {
  it.each([
    [502, '502 Bad Gateway'],
    [503, '503 Service Temporarily Unavailable'],
  ] as const)('is a page of the web server in front, %i, and back after its time', async (as, title) => {
    const registry = await started({ away: { as, seconds: 1 } })
    const answer = await ask(registry, 'GET', '/v2/')
    expect([answer.status, answer.headers['content-type']]).toEqual([as, 'text/html'])
    expect(answer.body).toContain(`<h1>${title}</h1>`)
    await untilBack(registry, '/v2/')
  })

  it('takes no connection, and breaks off those that there are', async () => {
    const registry = await holding()
    await registry.goAway({ as: 'refused', seconds: 1 })
    await expect(ask(registry, 'GET', blob)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect((await untilBack(registry, blob)).body).toBe('a blob')
  })

  it('goes after some requests', async () => {
    const registry = await started({ away: { as: 503, seconds: 60, after: 2 } })
    const statuses: number[] = []
    for (let at = 0; at < 3; at++) statuses.push((await ask(registry, 'GET', '/v2/')).status)
    expect(statuses).toEqual([200, 200, 503])
  })

  it('is there without what keeps its content', async () => {
    const backend: Outage = { as: 502, part: 'backend', seconds: 60 }
    const registry = await holding({ away: backend })
    const status = async (method: string, path: string): Promise<readonly unknown[]> => {
      const answer = await ask(registry, method, path)
      return [answer.status, answer.headers['content-length']]
    }
    expect(await status('GET', '/v2/')).toEqual([200, '2'])
    expect((await status('GET', '/v2/team/app/tags/list'))[0]).toBe(404)
    for (const [method, path] of [
      ['GET', blob],
      ['POST', uploads],
      ['PUT', '/v2/team/app/manifests/1'],
    ] as const)
      expect(await status(method, path)).toEqual([502, '0'])
  })

  it('ends with its registry', async () => {
    const registry = await started({ away: { as: 'refused', seconds: 60 } })
    await registry.close()
    await expect(ask(registry, 'GET', '/v2/')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe('a registry that only challenges at /v2/', () => {
  const account = { username: 'alice', password: 'secret' } as const
  it.each([
    ['basic', 404, 'NAME_UNKNOWN'],
    ['basic', 403, 'DENIED'],
    ['bearer', 404, 'NAME_UNKNOWN'],
    ['bearer', 403, 'DENIED'],
  ] as const)('with %s hides everything else by a %i', async (kind, hides, code) => {
    const registry = await holding({ auth: { kind, ...account, hides } })
    const hidden = await ask(registry, 'GET', blob)
    expect([hidden.status, hidden.headers['www-authenticate']]).toEqual([hides, undefined])
    expect(hidden.body).toContain(code)
    const ping = await ask(registry, 'GET', '/v2/')
    expect(ping.headers['www-authenticate']).toMatch(kind === 'basic' ? /^Basic / : /^Bearer /)
    const credentials = { authorization: basic('alice', 'secret') }
    const seen = await ask(registry, 'GET', blob, '', credentials)
    expect(seen.status).toBe(kind === 'basic' ? 200 : 401)
  })
})

describe('an upload', () => {
  it('with a wrong digest stays where it is, and is given up with the right to delete', async () => {
    const account = { username: 'alice', password: 'secret' } as const
    const registry = await started({ auth: { kind: 'bearer', ...account, cancelNeeds: 'delete' } })
    const token = async (actions: string): Promise<Record<string, string>> => {
      const query = `service=test%2C%20registry&scope=repository:team/app:${actions}`
      const { body } = await ask(registry, 'GET', `/token?${query}`, '', {
        authorization: basic('alice', 'secret'),
      })
      return { authorization: `Bearer ${(JSON.parse(body) as { token: string }).token}` }
    }
    const pusher = await token('pull,push')
    const { location } = (await ask(registry, 'POST', uploads, '', pusher)).headers
    const put = async (text: string): Promise<number> =>
      (await ask(registry, 'PUT', `${location}?digest=${digest}`, text, pusher)).status
    expect([await put('not it'), await put('a blob')]).toEqual([400, 416])
    const refused = await ask(registry, 'DELETE', location!, '', pusher)
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([
      401,
      expect.stringContaining('scope="repository:team/app:delete"') as string,
    ])
    expect((await ask(registry, 'DELETE', location!, '', await token('delete'))).status).toBe(204)
  })
})
