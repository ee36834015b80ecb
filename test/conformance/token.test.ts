import { describe, expect, it } from 'vitest'

import { type Blob, createBlob } from '../../src/oci/descriptor.ts'
import { computeDigest } from '../../src/oci/digest.ts'
import type { RegistryOptions } from '../../src/oci/registry/connection.ts'
import type { Credential } from '../../src/oci/registry/credentials/credential.ts'
import { openRegistry } from '../../src/oci/registry/registry-target.ts'
import type { Target } from '../../src/oci/target.ts'
import { blobFrom, pushThing } from '../oci/artifacts.ts'
import { type Opened, impatientClock, opened } from '../support/registry/opened.ts'
import type { Registry } from '../support/registry/registry.ts'
import { hurryStalls } from '../support/time.ts'

const account = { username: 'robot$team+ci', password: 'canary-password' } as const
const credential: Credential = { kind: 'basic', ...account }
const bearer = { kind: 'bearer', ...account } as const
const isToken = /^\/token/

const tokenRequests = ({ log }: Registry): readonly string[] =>
  log.filter(({ url }) => isToken.test(url)).map(({ method }) => method)

/** A registry that takes any token, and a token service that answers with `body`. */
async function answering(body: string, headers: Readonly<Record<string, string>> = {}): Promise<Opened> {
  const scene = await opened({}, { credential })
  const challenge = `Bearer realm="${scene.registry.origin}/token",service="s"`
  scene.registry.fault({
    path: /^\/v2\//,
    times: 1,
    fault: { kind: 'status', status: 401, headers: { 'www-authenticate': challenge } },
  })
  scene.registry.fault({ path: isToken, fault: { kind: 'status', status: 200, headers, body } })
  return scene
}

/** A clock that stands until it is told to go on. */
function standingClock(): ReturnType<typeof impatientClock> & { pass(seconds: number): void } {
  let now = Date.parse('2026-11-25T12:00:00Z')
  return { ...impatientClock(), now: () => now, pass: (seconds) => void (now += seconds * 1000) }
}

describe('F56: the answer of a token service', () => {
  it.each([
    ['token alone', '{"token":"right"}'],
    ['access_token alone', '{"access_token":"right"}'],
    ['access_token empty, as Harbor does', '{"token":"right","access_token":""}'],
    ['both, different', '{"token":"right","access_token":"other"}'],
  ])('may have %s', async (_, body) => {
    const { registry, target } = await answering(body)
    await target.push(blobFrom('a module'))
    const sent = registry.log.filter(({ url }) => url.startsWith('/v2/'))
    expect(sent.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      'Bearer right',
      'Bearer right',
    ])
  })

  it.each([
    ['no token', '{"expires_in":300}'],
    ['an empty token', '{"token":"","access_token":""}'],
    ['a token that is no text', '{"token":{"a":1}}'],
    ['a token that breaks the header', String.raw`{"token":"a\r\nX-Injected: 1"}`],
    ['an array', '["token"]'],
    ['HTML', '<html><title>Sign in</title></html>'],
    ['a token of more than 64 KiB', JSON.stringify({ token: 'x'.repeat(65_537) })],
    ['a body of more than 128 KiB', JSON.stringify({ token: 'x', pad: 'y'.repeat(200_000) })],
  ])('with %s ends UNAVAILABLE, and no request goes out with it', async (_, body) => {
    const { registry, target } = await answering(body)
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(registry.log).toHaveLength(2)
  })

  const live = (expires: number | string | undefined): string =>
    JSON.stringify({ token: 'short', ...(expires === undefined ? {} : { expires_in: expires }) })
  it.each([
    ['no expires_in', live(undefined), 60],
    ['expires_in 0', live(0), 60],
    ['a negative expires_in', live(-300), 60],
    ['an expires_in that is no number', live('soon'), 60],
    ['an hour', live(3600), 3600],
  ])('with %s is used until ten seconds before its end', async (_, body, life) => {
    const clock = standingClock()
    const scene = await opened({}, { credential, clock })
    const { registry, target } = scene
    const challenge = `Bearer realm="${registry.origin}/token",service="s"`
    const headers = { 'www-authenticate': challenge }
    registry.fault({ path: /^\/v2\//, times: 1, fault: { kind: 'status', status: 401, headers } })
    registry.fault({ path: isToken, fault: { kind: 'status', status: 200, body } })
    await target.push(blobFrom('one'))
    clock.pass(life - 11)
    await target.push(blobFrom('two'))
    expect(tokenRequests(registry)).toHaveLength(1)
    clock.pass(2)
    await target.push(blobFrom('three'))
    expect(tokenRequests(registry)).toHaveLength(2)
    expect(registry.log.filter(({ headers: { authorization } }) => authorization === undefined)).toHaveLength(
      1,
    )
  })

  it.each([
    ['that its service issued a while ago', 'Wed, 25 Nov 2026 09:10:00 GMT', 1],
    ['of a service whose clock is wrong', 'Wed, 25 Nov 2026 09:00:00 GMT', 0],
    ['that is said to come from the future', 'Wed, 25 Nov 2026 08:00:00 GMT', 0],
    ['without a date beside it', undefined, 0],
  ])('a token %s lives as long as the clocks of the service say', async (_, date, renewed) => {
    const clock = standingClock()
    const { registry, target } = await opened({}, { credential, clock })
    const headers = { 'www-authenticate': `Bearer realm="${registry.origin}/token",service="s"` }
    registry.fault({ path: /^\/v2\//, times: 1, fault: { kind: 'status', status: 401, headers } })
    const body = '{"token":"cached","expires_in":900,"issued_at":"2026-11-25T09:00:00Z"}'
    const dated = date === undefined ? { date: undefined as unknown as string } : { date }
    registry.fault({ path: isToken, fault: { kind: 'status', status: 200, headers: dated, body } })
    await target.push(blobFrom('one'))
    clock.pass(400)
    await target.push(blobFrom('two'))
    expect(tokenRequests(registry)).toHaveLength(1 + renewed)
  })
})

describe('F57: a token service', () => {
  it.each([500, 502, 503, 504, 429, 408])('that answers %i is retried', async (status) => {
    const { registry, target, waits } = await opened({ auth: bearer }, { credential })
    registry.fault({ path: isToken, times: 2, fault: { kind: 'status', status } })
    await pushThing(target, 'a module', '1.0.0')
    expect(tokenRequests(registry)).toHaveLength(3)
    expect(waits).toHaveLength(2)
  })

  it.each([
    ['answers 500 for good', 500, 'UNAVAILABLE', 9, '; gave up after 5 attempts'],
    ['answers 429 for good', 429, 'UNAVAILABLE', 9, '; gave up after 5 attempts'],
    ['answers 400', 400, 'UNAUTHENTICATED', 7, ''],
    ['answers 403', 403, 'UNAUTHENTICATED', 7, ''],
  ])('that %s is named in the error as the token service', async (_, status, code, exit, end) => {
    const { registry, target } = await opened({ auth: bearer }, { credential })
    registry.fault({ path: isToken, fault: { kind: 'status', status, body: 'not\u001b[31m today' } })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({
      code,
      exit,
      message: expect.stringMatching(
        new RegExp(String.raw`^the token service of registry .*: not\\u\{1b\}\[31m today${end}$`),
      ) as string,
    })
  })

  it('that is a login page ends UNAVAILABLE', async () => {
    const { registry, target } = await opened({ auth: bearer }, { credential })
    registry.fault({ path: isToken, fault: { kind: 'html' } })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('answered with a web page') as string,
    })
  })

  it('that never answers times out', async () => {
    const { registry, target } = await opened({ auth: bearer }, { credential })
    hurryStalls(registry)
    registry.fault({ path: isToken, fault: { kind: 'stall' } })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('did not respond in time') as string,
    })
  })

  it.each([404, 405])('that answers %i to POST is asked by GET, and by GET from then on', async (status) => {
    const identity: Credential = {
      kind: 'identity-token',
      token: account.password,
      username: account.username,
    }
    const { registry, target, options } = await opened({ auth: bearer }, { credential: identity })
    registry.fault({ method: 'POST', path: isToken, fault: { kind: 'status', status } })
    await target.push(blobFrom('a module'))
    const other = { kind: 'registry', registry: registry.host, repository: 'team/other' } as const
    await openRegistry(other, options).push(blobFrom('a module'))
    expect(tokenRequests(registry)).toEqual(['POST', 'GET', 'GET'])
  })

  it("gets ACR's identity token by POST, without its placeholder user", async () => {
    const identityToken = 'canary-identity'
    const username = '00000000-0000-0000-0000-000000000000'
    const { registry, target, debug } = await opened(
      { auth: { ...bearer, identityToken } },
      { credential: { kind: 'identity-token', token: identityToken, username } },
    )
    await pushThing(target, 'a module', '1.0.0')
    expect(tokenRequests(registry)).toEqual(['POST'])
    expect(debug.join('\n')).not.toContain(identityToken)
  })

  it.each([
    ['with a challenge', 'Bearer realm="REALM"'],
    ['without a challenge', undefined],
  ])('is not asked where the user gives a bearer token, for a registry %s', async (_, challenge) => {
    const direct: Credential = { kind: 'registry-token', token: 'direct' }
    const { registry, target } = await opened({}, { credential: direct })
    const headers = challenge && {
      'www-authenticate': challenge.replace('REALM', `${registry.origin}/token`),
    }
    registry.fault({ times: 1, fault: { kind: 'status', status: 401, ...(headers && { headers }) } })
    await target.push(blobFrom('a module'))
    expect(
      registry.log.map(({ url, headers: { authorization } }) => [isToken.test(url), authorization]),
    ).toEqual([
      [false, undefined],
      [false, 'Bearer direct'],
      [false, 'Bearer direct'],
    ])
  })
})

/** The target of a run that comes to push. */
const pusher = ({ host }: Registry, options: RegistryOptions): Target =>
  openRegistry({ kind: 'registry', registry: host, repository: 'team/app' }, { ...options, purpose: 'push' })

describe('F58: a token that expires', () => {
  const withSize = (size: number): Blob => {
    const bytes = Buffer.alloc(size, 7)
    return createBlob(bytes, { mediaType: 'application/wasm', digest: computeDigest(bytes), size })
  }

  it.each(['distribution', 'harbor', 'zot'] as const)(
    'while an upload is under way is renewed, and the upload succeeds, as %s refuses it',
    async (like) => {
      const { registry, options } = await opened({ auth: { ...bearer, like } }, { credential })
      const target = pusher(registry, options)
      const blob = withSize(100_000)
      let opens = 0
      const expiring: Blob = {
        descriptor: blob.descriptor,
        open: () => {
          if (opens++ === 0) registry.expireTokens()
          return blob.open()
        },
      }
      expect(await target.push(expiring)).toBe('pushed')
      expect(tokenRequests(registry)).toHaveLength(2)
      expect(registry.store.repository('team/app').blobs.get(blob.descriptor.digest)).toHaveLength(100_000)
    },
  )

  it.each(['distribution', 'harbor', 'zot'] as const)(
    'before a PATCH and before the PUT after it is renewed each time, as %s refuses it',
    async (like) => {
      const { registry, options } = await opened({ auth: { ...bearer, like } }, { credential })
      const bytes = Buffer.alloc(100_000, 7)
      let opens = 0
      registry.fault({
        method: 'PATCH',
        fault: {
          kind: 'headers',
          get headers() {
            registry.expireTokens()
            return {}
          },
        },
      })
      const digest = await pusher(registry, options).pushUnhashed({
        size: bytes.length,
        async *open() {
          if (opens++ === 0) registry.expireTokens()
          yield bytes
        },
      })
      expect(digest).toBe(computeDigest(bytes))
      expect(registry.store.repository('team/app').blobs.get(digest)).toHaveLength(100_000)
      expect(tokenRequests(registry)).toHaveLength(3)
      const schemes = registry.log
        .filter(({ url }) => !isToken.test(url))
        .map(({ headers }) => headers.authorization?.split(' ')[0])
      expect(schemes).not.toContain('Basic')
    },
  )

  it('after which the upload session is gone gets a new session', async () => {
    const { registry, options } = await opened({ auth: bearer }, { credential })
    const target = pusher(registry, options)
    let opens = 0
    const blob = withSize(100_000)
    const expiring: Blob = {
      descriptor: blob.descriptor,
      open: () => {
        if (opens++ === 0) {
          registry.expireTokens()
          registry.store.uploads.clear()
        }
        return blob.open()
      },
    }
    expect(await target.push(expiring)).toBe('pushed')
    expect(tokenRequests(registry)).toHaveLength(2)
    // The first is challenged.
    expect(registry.requests().filter((line) => line.startsWith('POST'))).toHaveLength(3)
  })

  it('is renewed by many requests at once with one fetch', async () => {
    const clock = standingClock()
    const { registry, target } = await opened({ auth: bearer }, { credential, clock })
    await target.push(blobFrom('the first'))
    const push = (): Promise<unknown> =>
      Promise.all(['a', 'b', 'c', 'd', 'e'].map((text) => target.push(blobFrom(text + registry.log.length))))
    clock.pass(1800)
    await push()
    expect(tokenRequests(registry)).toHaveLength(2)
    registry.expireTokens()
    await push()
    expect(tokenRequests(registry)).toHaveLength(3)
  })

  it('before a large body would be sent is renewed first', async () => {
    const clock = standingClock()
    const { registry, target } = await opened({ auth: bearer }, { credential, clock })
    await target.push(blobFrom('the first'))
    clock.pass(1000)
    await target.push(blobFrom('a small one'))
    expect(tokenRequests(registry)).toHaveLength(1)
    await target.push(withSize(16 * 1024 * 1024))
    expect(tokenRequests(registry)).toHaveLength(2)
    const refused = registry.log.filter(({ headers }) => headers.authorization === undefined)
    expect(refused).toHaveLength(1)
  })
})

describe('F59: a token service that limits its rate', () => {
  it.each([
    ['in seconds', '7', 7000],
    ['without a wait', undefined, 125],
  ])('by 429 with Retry-After %s is waited for', async (_, after, wait) => {
    const { registry, target, waits } = await opened({ auth: bearer }, { credential })
    const headers = after === undefined ? {} : { 'retry-after': after }
    registry.fault({ path: isToken, times: 1, fault: { kind: 'status', status: 429, headers } })
    expect(await target.push(blobFrom('a module'))).toBe('pushed')
    expect(waits).toEqual([wait])
  })

  it('by 429 with Retry-After as a date is waited for', async () => {
    const clock = standingClock()
    const { registry, target } = await opened({ auth: bearer }, { credential, clock })
    const headers = { 'retry-after': 'Wed, 25 Nov 2026 12:00:30 GMT' }
    registry.fault({ path: isToken, times: 1, fault: { kind: 'status', status: 429, headers } })
    expect(await target.push(blobFrom('a module'))).toBe('pushed')
    expect(clock.waits).toEqual([30_000])
  })

  it('for more than two minutes is an error at once', async () => {
    const { registry, target, waits } = await opened({ auth: bearer }, { credential })
    const headers = { 'retry-after': '86400' }
    registry.fault({ path: isToken, fault: { kind: 'status', status: 429, headers } })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('token service') as string,
      hint: 'try again in 86400 seconds',
    })
    expect(waits).toEqual([])
  })

  it('with bare line feeds in its headers, as Docker Hub sends them, is retried', async () => {
    const { registry, target, debug } = await opened({ auth: bearer }, { credential })
    const answer = 'HTTP/1.1 429 Too Many Requests\nRetry-After: 1\nContent-Length: 9\n\nslow down'
    registry.fault({ path: isToken, times: 1, fault: { kind: 'raw', answer } })
    expect(await target.push(blobFrom('a module'))).toBe('pushed')
    expect(tokenRequests(registry)).toHaveLength(2)
    expect(debug.join('\n')).toContain('did not respond with well-formed HTTP')
  })
})

describe('a token', () => {
  it('is asked for once by many requests that are challenged at once', async () => {
    const { registry, target } = await opened({ auth: bearer }, { credential })
    await Promise.all(['a', 'b', 'c', 'd'].map((text) => target.push(blobFrom(text))))
    expect(tokenRequests(registry)).toHaveLength(1)
  })

  it('is fetched on when the request is aborted that asked first, for those that wait for it', async () => {
    const { registry, target } = await opened({ auth: bearer }, { credential })
    await target.push(blobFrom('the first'))
    registry.expireTokens()
    registry.fault({ path: isToken, times: 1, fault: { kind: 'stall' } })
    const abort = new AbortController()
    const reason = new Error('enough')
    const asked = registry.log.length
    const one = target.tags({ signal: abort.signal })
    const outcome = expect(one).rejects.toBe(reason)
    while (registry.log.slice(asked).every(({ url }) => !isToken.test(url))) await new Promise(setImmediate)
    abort.abort(reason)
    await outcome
    expect(await target.push(blobFrom('the second'))).toBe('pushed')
  })
})
