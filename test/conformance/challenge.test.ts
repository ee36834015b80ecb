import { describe, expect, it } from 'vitest'

import { parseChallenges } from '../../src/http/challenge.ts'
import type { Credential } from '../../src/oci/registry/credentials/credential.ts'
import { blobFrom, pushThing } from '../oci/artifacts.ts'
import { opened } from '../support/registry/opened.ts'

const account = { username: 'robot$team+ci', password: 'canary-password' } as const
const credential: Credential = { kind: 'basic', ...account }

describe('F55: a challenge', () => {
  it.each([
    [
      'Bearer realm="https://a/token",service="r",scope="repository:x:pull,push"',
      [['bearer', { realm: 'https://a/token', service: 'r', scope: 'repository:x:pull,push' }]],
    ],
    ['basic realm=zot', [['basic', { realm: 'zot' }]]],
    [
      'Basic realm="a, b", Bearer realm="https://a",service="c\\"d"',
      [
        ['basic', { realm: 'a, b' }],
        ['bearer', { realm: 'https://a', service: 'c"d' }],
      ],
    ],
    ['BEARER Realm = "https://a" , Service=b', [['bearer', { realm: 'https://a', service: 'b' }]]],
    [
      'Negotiate, Basic realm="x"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'x' }],
      ],
    ],
    ['', []],
    [undefined, []],
    ['realm="x"', []],
    ['Bearer realm="unterminated', [['bearer', { realm: 'unterminated' }]]],
    [';;;"""', []],
  ])('is read as servers write it: %s', (header, expected) => {
    const found = parseChallenges(header).map(({ scheme, parameters }) => [
      scheme,
      Object.fromEntries(parameters),
    ])
    expect(found).toEqual(expected)
  })

  it('without an end is read up to 8 KiB', () => {
    expect(parseChallenges('Bearer '.repeat(100_000)).length).toBeLessThan(2000)
  })

  it.each([
    [
      'of Basic and Bearer in one header',
      'Basic realm="a, b", Bearer realm="TOKEN",service="test, registry"',
    ],
    ['in lower case', 'bearer realm="TOKEN",service="test, registry"'],
    ['without quotes', 'Bearer realm=TOKEN,service="test, registry"'],
    ['with spaces', 'Bearer  realm = "TOKEN" , service = "test, registry"'],
    ['without a scope of ours', 'Bearer realm="TOKEN",service="test, registry",scope=""'],
  ])('%s is answered with a token', async (_, challenge) => {
    const { registry, target } = await opened({ auth: { kind: 'bearer', ...account } }, { credential })
    const headers = { 'www-authenticate': challenge.replace('TOKEN', `${registry.origin}/token`) }
    registry.fault({ path: /^\/v2\//, times: 1, fault: { kind: 'headers', headers } })
    expect(await target.push(blobFrom('a module'))).toBe('pushed')
    const token = registry.log.find(({ url }) => url.startsWith('/token'))
    expect(new URL(token!.url, registry.origin).searchParams.getAll('scope')).toEqual([
      'repository:team/app:pull,push',
    ])
  })

  it('in two headers is answered by the stronger scheme', async () => {
    const { registry, target } = await opened({ auth: { kind: 'bearer', ...account } }, { credential })
    const headers = {
      'www-authenticate': [
        'Basic realm="x"',
        `Bearer realm="${registry.origin}/token",service="test, registry"`,
      ],
    }
    registry.fault({ path: /^\/v2\//, times: 1, fault: { kind: 'headers', headers: headers as never } })
    expect(await target.push(blobFrom('a module'))).toBe('pushed')
    expect(registry.requests()).toContain('GET /token')
  })

  it.each([undefined, '', 'Negotiate', 'Bearer service="no realm"'])(
    'that is missing or unsupported (%s) ends UNAUTHENTICATED at once, without the password',
    async (challenge) => {
      const { registry, target } = await opened({}, { credential })
      registry.fault({
        fault: {
          kind: 'status',
          status: 401,
          headers: challenge === undefined ? {} : { 'www-authenticate': challenge },
        },
      })
      await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
        exit: 7,
        hint: expect.stringContaining('wasmpack login') as string,
      })
      expect(registry.log.map(({ headers }) => headers.authorization)).toEqual([undefined])
    },
  )

  it('for pull alone, as GHCR sends it, still gets a token for push', async () => {
    const { registry, target } = await opened({ auth: { kind: 'bearer', ...account } }, { credential })
    const challenge = `Bearer realm="${registry.origin}/token",service="test, registry",scope="repository:team/app:pull"`
    const headers = { 'www-authenticate': challenge }
    registry.fault({ path: /^\/v2\//, times: 1, fault: { kind: 'headers', headers } })
    await pushThing(target, 'a module', '1.0.0')
    expect(registry.requests().filter((line) => line.endsWith('/token'))).toEqual(['GET /token'])
  })

  it('for an unknown action is passed on to the token service', async () => {
    const { registry, target } = await opened({}, { credential })
    const scope = 'repository:team/app:metadata_read repository:team/base:pull registry:catalog:*'
    const challenge = `Bearer realm="${registry.origin}/token",service="s",scope="${scope}"`
    const headers = { 'www-authenticate': challenge }
    registry.fault({ path: /^\/v2\//, times: 1, fault: { kind: 'status', status: 401, headers } })
    const body = '{"token":"a-token"}'
    registry.fault({ path: /^\/token/, fault: { kind: 'status', status: 200, body } })
    await target.tags().catch(() => undefined)
    const token = registry.log.find(({ url }) => url.startsWith('/token'))
    expect(new URL(token!.url, registry.origin).searchParams.getAll('scope')).toEqual([
      'repository:team/app:pull,metadata_read',
      'repository:team/base:pull',
    ])
  })
})

describe('F58: a refused Authorization', () => {
  it.each([
    ['distribution', ['HEAD Bearer', 'GET Basic', 'HEAD Bearer']],
    ['harbor', ['HEAD Bearer', 'GET Basic', 'HEAD Bearer']],
    ['zot', ['HEAD Bearer', 'GET Basic', 'HEAD Bearer']],
  ] as const)(
    'of an expired token gets a new one, as %s refuses it, and never the password',
    async (like, asked) => {
      const { registry, target } = await opened(
        { auth: { kind: 'bearer', like, ...account } },
        { credential },
      )
      const thing = await pushThing(target, 'a module', '1.0.0')
      registry.expireTokens()
      registry.log.length = 0
      expect((await target.resolve('1.0.0')).digest).toBe(thing.digest)
      expect(
        registry.log.map(({ method, headers }) => `${method} ${headers.authorization?.split(' ')[0]}`),
      ).toEqual(asked)
      expect(registry.log[1]!.url).toMatch(/^\/token\?/)
    },
  )

  it.each([
    ['a challenge that says insufficient_scope', 'scope', ''],
    ["ECR's words", undefined, 'Your authorization token has expired. Reauthenticate and try again.'],
  ])('by a 403 with %s gets a new token, once', async (_, scope, message) => {
    const { registry, target } = await opened({ auth: { kind: 'bearer', ...account } }, { credential })
    await target.push(blobFrom('a module'))
    registry.log.length = 0
    const challenge = `Bearer realm="${registry.origin}/token",service="test, registry",error="insufficient_scope"`
    registry.fault({
      method: 'POST',
      times: 1,
      fault: {
        kind: 'status',
        status: 403,
        headers: scope === undefined ? {} : { 'www-authenticate': challenge },
        body: JSON.stringify({ errors: [{ code: 'DENIED', message }] }),
      },
    })
    expect(await target.push(blobFrom('another module'))).toBe('pushed')
    expect(registry.requests()).toEqual([
      'POST /v2/team/app/blobs/uploads/',
      'GET /token',
      'POST /v2/team/app/blobs/uploads/',
      'PUT /v2/team/app/blobs/uploads/*',
    ])
    expect(registry.log[0]!.headers.authorization).not.toBe(registry.log[2]!.headers.authorization)
  })

  it('by a 403 of another kind ends, challenged or not, with what the registry said', async () => {
    const { registry, target } = await opened({ auth: { kind: 'basic', ...account } }, { credential })
    await target.push(blobFrom('a module'))
    registry.log.length = 0
    registry.fault({
      fault: {
        kind: 'status',
        status: 403,
        headers: { 'www-authenticate': 'basic realm=zot' },
        body: '{"errors":[{"code":"DENIED","message":"requested access is denied"}]}',
      },
    })
    await expect(target.push(blobFrom('another module'))).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: expect.stringContaining('requested access is denied') as string,
    })
    expect(registry.log).toHaveLength(1)
  })
})
