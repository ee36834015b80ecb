import { describe, expect, it } from 'vitest'

import type { WasmpackError } from '../../../../src/errors.ts'
import type { Credential } from '../../../../src/oci/registry/credentials/credential.ts'
import { collect } from '../../../../src/oci/descriptor.ts'
import { openRegistry } from '../../../../src/oci/registry/registry-target.ts'
import { opened } from '../../../support/registry/opened.ts'
import type { Logged, Switches } from '../../../support/registry/registry.ts'
import { TEST_AUTHORITY } from '../../../support/registry/tls.ts'
import { startRegistry } from '../../../support/registry/registry.ts'
import { blobFrom, pushThing } from '../../artifacts.ts'

const account = { username: 'robot$ci', password: 'canary-password' } as const
const credential: Credential = { kind: 'basic', ...account }
const paths = (log: readonly Logged[]): readonly string[] =>
  log.map(({ method, url }) => `${method} ${url.split('?', 1)[0]!.replace(/uploads\/.+/, 'uploads/*')}`)

describe('authentication', () => {
  it('push with Basic costs one request more', async () => {
    const { registry, target } = await opened({ auth: { kind: 'basic', ...account } }, { credential })
    await pushThing(target, 'a module', '1.0.0')
    expect(registry.log.map(({ headers }) => headers.authorization !== undefined)).toEqual([
      false,
      ...Array.from({ length: 5 }, () => true),
    ])
  })

  it.each(['distribution', 'harbor', 'zot'] as const)(
    'push with Bearer costs two requests more, as %s does it',
    async (like) => {
      const { registry, target } = await opened(
        { auth: { kind: 'bearer', like, ...account } },
        { credential },
      )
      await pushThing(target, 'a module', '1.0.0')
      expect(paths(registry.log).slice(0, 3)).toEqual([
        'POST /v2/team/app/blobs/uploads/',
        'GET /token',
        'POST /v2/team/app/blobs/uploads/',
      ])
      expect(registry.log).toHaveLength(7)
      const token = new URL(registry.log[1]!.url, registry.origin)
      expect(token.searchParams.getAll('scope')).toEqual(['repository:team/app:pull,push'])
      expect(token.searchParams.get('service')).toBe('test, registry')
    },
  )

  it.each(['distribution', 'harbor', 'zot'] as const)(
    'renews an expired token once, as %s refuses it',
    async (like) => {
      const { registry, target } = await opened(
        { auth: { kind: 'bearer', like, ...account } },
        { credential },
      )
      const thing = await pushThing(target, 'a module', '1.0.0')
      registry.expireTokens()
      registry.log.length = 0
      expect((await target.resolve('1.0.0')).digest).toBe(thing.digest)
      expect(paths(registry.log)).toEqual([
        'HEAD /v2/team/app/manifests/1.0.0',
        'GET /token',
        'HEAD /v2/team/app/manifests/1.0.0',
      ])
    },
  )

  it('asks for one token when many requests are challenged at once', async () => {
    const { registry, target } = await opened({ auth: { kind: 'bearer', ...account } }, { credential })
    await Promise.all(['a', 'b', 'c', 'd'].map((text) => target.push(blobFrom(text))))
    expect(paths(registry.log).filter((path) => path === 'GET /token')).toHaveLength(1)
  })

  it('exchanges an identity token by POST', async () => {
    const identityToken = 'canary-identity'
    const { registry, target, debug } = await opened(
      { auth: { kind: 'bearer', ...account, identityToken } },
      { credential: { kind: 'identity-token', token: identityToken } },
    )
    await pushThing(target, 'a module', '1.0.0')
    expect(paths(registry.log)).toContain('POST /token')
    expect(debug.join('\n')).not.toContain(identityToken)
  })

  it('goes back to GET where the token service takes no POST', async () => {
    const { registry, target } = await opened(
      { auth: { kind: 'bearer', ...account } },
      { credential: { kind: 'identity-token', token: account.password, username: account.username } },
    )
    await pushThing(target, 'a module', '1.0.0')
    expect(paths(registry.log).slice(1, 3)).toEqual(['POST /token', 'GET /token'])
  })

  const refusals: readonly (readonly [string, Switches['auth'], Credential | undefined, RegExp])[] = [
    [
      'a wrong password (Basic)',
      { kind: 'basic', ...account },
      { ...credential, password: 'wrong-password' },
      /rejected the credentials/,
    ],
    [
      'a wrong password (Bearer)',
      { kind: 'bearer', ...account },
      { ...credential, password: 'wrong-password' },
      /rejected the credentials/,
    ],
    [
      'a wrong password (Harbor)',
      { kind: 'bearer', like: 'harbor', ...account },
      { ...credential, password: 'wrong-password' },
      /rejected the credentials/,
    ],
    [
      'no credentials (Basic)',
      { kind: 'basic', ...account },
      undefined,
      /authentication required by registry/,
    ],
    ['no credentials (Bearer)', { kind: 'bearer', ...account }, undefined, /requires credentials/],
    [
      'a missing right (Bearer)',
      { kind: 'bearer', ...account, rights: 'pull' },
      credential,
      /have no push permission on/,
    ],
    [
      'a missing right (Harbor)',
      { kind: 'bearer', like: 'harbor', ...account, rights: 'pull' },
      credential,
      /rejected the credentials/,
    ],
    ['a missing right (zot, 403)', { kind: 'basic', ...account, rights: 'pull' }, credential, /DENIED/],
  ]
  it.each(refusals)('ends UNAUTHENTICATED for %s, after few requests', async (_, auth, used, words) => {
    const { registry, target, debug } = await opened(
      { auth: auth! },
      used === undefined ? {} : { credential: used },
    )
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: expect.stringMatching(words) as string,
      hint: expect.stringContaining(`wasmpack login ${registry.host}`) as string,
    })
    expect(registry.log.length).toBeLessThanOrEqual(4)
    expect(debug.join('\n')).not.toMatch(/wrong-password|canary|issued-token/)
  })
})

describe('a registry that challenges at /v2/ alone', () => {
  it.each([
    ['basic', 404],
    ['basic', 403],
    ['bearer', 404],
    ['bearer', 403],
  ] as const)(
    'gets the credentials at hand after one question there: %s, hidden by %i',
    async (kind, hides) => {
      const { registry, target } = await opened({ auth: { kind, ...account, hides } }, { credential })
      const thing = await pushThing(target, 'a module', '1.0.0')
      expect((await target.resolve('1.0.0')).digest).toBe(thing.digest)
      expect(await target.tags()).toEqual(['1.0.0'])
      expect(paths(registry.log).filter((path) => path === 'GET /v2/')).toHaveLength(1)
    },
  )

  it.each([403, 404] as const)('is asked nothing more without credentials: %i', async (hides) => {
    const { registry, target } = await opened({ auth: { kind: 'basic', ...account, hides } })
    const failure: WasmpackError = await target.tags().then(
      () => expect.unreachable(),
      (error: WasmpackError) => error,
    )
    expect(registry.log).toHaveLength(1)
    expect(`${failure.message} ${failure.hint}`).not.toContain('account')
    if (hides === 403)
      expect(failure.hint).toBe(`no credentials were sent: log in with: wasmpack login ${registry.host}`)
  })

  it('rejects a wrong password by name, instead of hiding the repository', async () => {
    const { target } = await opened(
      { auth: { kind: 'basic', ...account, hides: 404 } },
      { credential: { ...credential, password: 'wrong-password' } },
    )
    await expect(target.tags()).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: expect.stringContaining('rejected the credentials from the test') as string,
    })
  })

  it('that challenges nowhere leaves the answer as it was, and says that no credentials were sent', async () => {
    const { registry, target } = await opened({}, { credential })
    registry.fault({ method: 'GET', path: /tags/, fault: { kind: 'status', status: 403 } })
    for (let time = 0; time < 2; time++)
      await expect(target.tags()).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
        hint: expect.stringMatching(/^no credentials were sent: it sent no challenge/) as string,
      })
    expect(paths(registry.log).filter((path) => path === 'GET /v2/')).toHaveLength(1)
  })
})

describe('credentials and other origins', () => {
  it('S1: never go to the origin that a Location or a redirect names', async () => {
    const { registry, target } = await opened(
      { auth: { kind: 'bearer', ...account }, location: 'other-origin', blobs: 'other-origin' },
      { credential },
    )
    const blob = blobFrom('a module')
    await target.push(blob)
    expect(Buffer.from(await collect(target.fetch(blob.descriptor), 1024, 'blob')).toString()).toBe(
      'a module',
    )
    expect(registry.storage.log.map(({ method }) => method)).toEqual(['PUT', 'GET'])
    for (const { headers } of registry.storage.log) {
      expect(headers.authorization).toBeUndefined()
      expect(headers.cookie).toBeUndefined()
    }
  })

  it('S4: are not given to a challenge of another origin', async () => {
    const { registry, target } = await opened(
      { auth: { kind: 'bearer', ...account }, blobs: 'other-origin' },
      { credential },
    )
    const blob = blobFrom('a module')
    await target.push(blob)
    registry.log.length = 0
    registry.fault({
      path: /X-Amz/,
      fault: { kind: 'status', status: 401, headers: { 'www-authenticate': 'Basic realm="storage"' } },
    })
    await expect(collect(target.fetch(blob.descriptor), 1024, 'blob')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
    for (const { headers } of registry.storage.log) expect(headers.authorization).toBeUndefined()
  })

  it('F5: never go along on plain http when the registry is https, and the user is warned', async () => {
    const { registry, options, debug } = await opened(
      { tls: true, auth: { kind: 'basic', ...account }, location: 'plain-http' },
      { credential, ca: TEST_AUTHORITY },
    )
    const warned: string[] = []
    const reference = { kind: 'registry', registry: registry.host, repository: 'team/app' } as const
    const target = openRegistry(reference, { ...options, warn: (line) => warned.push(line) })
    await target.push(blobFrom('a module'))
    // The registry of this test speaks TLS alone: whatever it logged came by it.
    expect(registry.requests().at(-1)).toBe('PUT /v2/team/app/blobs/uploads/*')
    expect(debug.join('\n')).toContain('upgraded to https')
    expect(warned).toEqual([expect.stringContaining('https is used instead') as string])
  })

  it('F5 F47: an https registry that sends an upload or a download elsewhere over plain http is refused', async () => {
    const { registry, target } = await opened(
      { tls: true, location: 'other-origin', blobs: 'other-origin' },
      { ca: TEST_AUTHORITY },
    )
    const blob = blobFrom('a module')
    await expect(target.push(blob)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/plain http/i) as string,
    })
    registry.store.repository('team/app').blobs.set(blob.descriptor.digest, Buffer.from('a module'))
    await expect(collect(target.fetch(blob.descriptor), 1024, 'blob')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
    expect(registry.storage.log).toEqual([])
  })

  it('a token service over plain http is refused by an https registry', async () => {
    const spy = await startRegistry()
    const { target } = await opened(
      { tls: true, auth: { kind: 'bearer', ...account, realm: `${spy.origin}/token` } },
      { credential, ca: TEST_AUTHORITY },
    )
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(spy.log).toEqual([])
    await spy.close()
  })

  it.each([
    'http://169.254.169.254/token',
    'http://2852039166/token',
    'http://[::ffff:169.254.169.254]/token',
    'http://[fe80::1]/token',
    'http://0.0.0.0/token',
    'http://user:pass@127.0.0.1/token',
    'file:///etc/passwd',
    'no url',
  ])('the token service %s is refused', async (realm) => {
    const { target } = await opened({ auth: { kind: 'bearer', ...account, realm } }, { credential })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: expect.stringContaining('names a token service') as string,
    })
  })
})

describe('debug output', () => {
  it('S20: shows every request and no secret', async () => {
    const { registry, target, debug } = await opened(
      { auth: { kind: 'bearer', ...account }, location: 'absolute', blobs: 'other-origin' },
      { credential },
    )
    const blob = blobFrom('a module')
    await target.push(blob)
    await collect(target.fetch(blob.descriptor), 1024, 'blob')
    registry.fault({
      fault: {
        kind: 'status',
        status: 400,
        body: `{"errors":[{"code":"X","message":"bad ${account.password}"}]}`,
      },
    })
    const failure: unknown = await target.manifest('1.0.0').catch((error: unknown) => error)
    const shown = `${debug.join('\n')}\n${JSON.stringify(failure)}\n${String(failure)}`
    expect(shown).toContain('> PUT ')
    expect(shown).toContain('_state=REDACTED')
    expect(shown).toContain('X-Amz-Signature=REDACTED')
    const basic = Buffer.from(`${account.username}:${account.password}`).toString('base64')
    for (const secret of [account.password, basic, 'issued-token', 'secret-state', 'presigned-secret'])
      expect(shown).not.toContain(secret)
  })

  it('escapes what a registry says', async () => {
    const { registry, target } = await opened()
    registry.fault({
      fault: {
        kind: 'status',
        status: 400,
        body: '{"errors":[{"code":"X\\u009b\\u2066","message":"\\u001b[31mred\\u202e"}]}',
      },
    })
    const failure = (await target.manifest('1.0.0').catch((error: unknown) => error)) as WasmpackError
    expect(failure.message).toContain(String.raw`X\u{9b}\u{2066}: \u{1b}[31mred\u{202e}`)
    expect(failure.details?.['registry']).toEqual([
      { code: String.raw`X\u{9b}\u{2066}`, message: String.raw`\u{1b}[31mred\u{202e}` },
    ])
  })
})
