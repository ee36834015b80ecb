import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { Transport } from '../../src/http/transport.ts'
import { checkCredentials } from '../../src/oci/registry/auth/check-credentials.ts'
import type { Credential } from '../../src/oci/registry/credentials/credential.ts'
import { type KnownRealms, NO_REALMS, checkRealm } from '../../src/oci/registry/auth/realm.ts'
import { openKnownRealms, createPin, storePin } from '../../src/oci/registry/auth/realm-pins.ts'
import { openRegistry } from '../../src/oci/registry/registry-target.ts'
import type { Target } from '../../src/oci/target.ts'
import { blobFrom } from '../oci/artifacts.ts'
import { createHome, runWasmpack } from '../support/cli.ts'
import { type Opened, impatientClock, opened } from '../support/registry/opened.ts'
import { type Registry, startRegistry } from '../support/registry/registry.ts'

/** What names resolve to, one answer after the other; the last one stays. */
const zone = vi.hoisted(() => new Map<string, string[]>())
vi.mock('node:dns', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:dns')>()
  const addressesOf = (name: string): { address: string; family: number }[] | undefined => {
    const answers = zone.get(name)
    const answer = answers !== undefined && answers.length > 1 ? answers.shift() : answers?.[0]
    return answer?.split(' ').map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
  return {
    ...real,
    lookup: (name: string, _: object, callback: (error: Error | null, found: unknown) => void) => {
      const found = addressesOf(name)
      if (found === undefined) callback(Object.assign(new Error('none'), { code: 'ENOTFOUND' }), '')
      else callback(null, found)
    },
    promises: {
      ...real.promises,
      lookup: async (name: string) => addressesOf(name) ?? Promise.reject(new Error('none')),
    },
  }
})

const account = { username: 'robot$team+ci', password: 'canary-password' } as const
const credential: Credential = { kind: 'basic', ...account }

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'wasmpack-realms-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

async function spied(): Promise<Registry> {
  const registry = await startRegistry({ auth: { kind: 'bearer', ...account } })
  onTestFinished(() => registry.close())
  return registry
}

/** The target of a registry whose challenge names a realm, with what is known of realms. */
async function naming(
  realm: string,
  realms: KnownRealms,
  plainHttp = false,
): Promise<Opened & { readonly target: Target }> {
  const scene = await opened(
    { auth: { kind: 'bearer', ...account, realm } },
    { credential, plainHttp: plainHttp || undefined },
  )
  const target = openRegistry(
    { kind: 'registry', registry: scene.registry.host, repository: 'team/app' },
    { ...scene.options, realms },
  )
  return { ...scene, target }
}

describe('S2: the address of a token service', () => {
  const check = (registry: string, realm: string, trusted: readonly string[] = []): Promise<unknown> => {
    zone.set('public.test', ['192.0.2.7'])
    zone.set('private.test', ['10.0.0.7'])
    zone.set('other-private.test', ['192.168.1.7'])
    zone.set('loopback.test', ['127.0.0.1'])
    zone.set('metadata.test', ['169.254.169.254'])
    zone.set('nat64-metadata.test', ['64:ff9b::a9fe:a9fe'])
    zone.set('nat64-private.test', ['64:ff9b::10.0.0.7'])
    zone.set('nat64-public.test', ['64:ff9b::8.8.8.8'])
    zone.set('sixtofour.test', ['2002:808:808::1'])
    zone.set('mixed.test', ['192.0.2.8 10.0.0.8'])
    const transport = new Transport({ clock: impatientClock() })
    const origin = registry.includes('://') ? registry : `https://${registry}`
    const named = { realm, registry: new URL(origin).host, origin, secret: true }
    return checkRealm(named, { ...NO_REALMS, trusted }, transport)
  }

  it.each([
    ['public.test', 'https://public.test/token'],
    ['public.test', 'https://192.0.2.9/token'],
    ['public.test', 'https://unknown.test/token'],
    ['private.test', 'https://private.test/token'],
    ['private.test', 'https://other-private.test/token'],
    ['private.test', 'https://public.test/token'],
    ['10.1.2.3', 'https://mixed.test/token'],
    ['http://127.0.0.1:5000', 'http://127.0.0.1:5001/token'],
    ['http://[::ffff:127.0.0.1]:5000', 'http://127.0.0.1:5001/token'],
    // As all names of IPv4 resolve in a network without IPv4.
    ['public.test', 'https://nat64-public.test/token'],
    ['http://localhost:5000', 'http://localhost:5001/token'],
    ['http://localhost:5000', 'https://public.test/token'],
  ])('is no further inside than the registry: %s may name %s', async (registry, realm) => {
    await expect(check(registry, realm)).resolves.toContain('public')
  })

  const inside: readonly (readonly [string, string])[] = [
    ['public.test', 'https://private.test/token'],
    ['public.test', 'https://10.0.0.7/token'],
    ['public.test', 'https://mixed.test/token'],
    ['public.test', 'https://nat64-private.test/token'],
    ['public.test', 'https://loopback.test/token'],
    ['public.test', 'https://localhost/token'],
    ['public.test', 'https://[::1]/token'],
    ['private.test', 'https://localhost/token'],
    ['http://127.0.0.1:5000', 'http://localhost:5001/token'],
    ['http://localhost:5000', 'https://private.test/token'],
  ]
  it.each(inside)(
    'is further inside than the registry, and refused: %s may not name %s',
    async (registry, realm) => {
      await expect(check(registry, realm)).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
        exit: 7,
        hint: expect.stringContaining('--trusted-realm') as string,
      })
    },
  )
  it.each(inside)(
    'is further inside than the registry %s, and trusted by name: %s',
    async (registry, realm) => {
      const { host, origin } = new URL(realm)
      await expect(check(registry, realm, [host])).resolves.toContain('loopback')
      await expect(check(registry, realm, [origin])).resolves.toContain('private')
      await expect(check(registry, realm, [`x${host}`, `${host}.evil.test`])).rejects.toThrow(
        'names a token service',
      )
    },
  )

  it.each([
    ['https://10.0.0.7/token', '10.7'],
    ['https://10.0.0.7/token', '[::ffff:10.0.0.7]'],
    ['https://10.0.0.7/token', '10.0.0.7:443'],
    ['https://[::ffff:a00:7]/token', 'https://10.0.0.7'],
    ['https://private.test:8443/token', 'PRIVATE.test.:8443'],
  ])('is trusted by the value of its address: %s by %s', async (realm, name) => {
    await expect(check('public.test', realm, [name])).resolves.toContain('private')
  })

  it.each([
    ['https://10.0.0.7/token', '[64:ff9b::10.0.0.7]'],
    ['https://10.0.0.7:8443/token', '10.0.0.7'],
    ['https://10.0.0.7/token', 'http://10.0.0.7'],
    ['https://10.0.0.7/token', '10.0.0.7:80'],
  ])('is not trusted by the name of another: %s by %s', async (realm, name) => {
    await expect(check('public.test', realm, [name])).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it.each([
    'https://169.254.169.254/latest',
    'https://2852039166/',
    'https://0xa9fea9fe/',
    'https://0251.0376.0251.0376/',
    'https://169.254.43518/',
    'https://[::ffff:169.254.169.254]/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://[fe80::1]/',
    'https://[fd00:ec2::254]/',
    'https://100.100.100.200/',
    'https://0.0.0.0/',
    'https://0/',
    'https://[::]/',
    'https://[fd20:ce::254]/',
    'https://[fd00:42::42]/',
    'https://168.63.129.16/',
    'https://192.0.0.192/',
    'https://[64:ff9b::a9fe:a9fe]/',
    'https://[64:ff9b::8.8.8.8]/',
    'https://[64:ff9b:1::169.254.169.254]/',
    'https://[2002:a9fe:a9fe::]/',
    'https://[2002:808:808::1]/',
    'https://[2001:0:4136:e378:8000:63bf:5601:5601]/',
    'https://[::169.254.169.254]/',
    'https://[::8.8.8.8]/',
    'https://[::ffff:0:169.254.169.254]/',
    'https://[2001:db8::5efe:169.254.169.254]/',
    'https://metadata.google.internal/',
    'https://metadata.google.internal./',
    'https://metadata/',
    'https://nat64-metadata.test/',
    'https://sixtofour.test/',
    'https://metadata.test/',
    'https://METADATA.test/',
  ])('is link-local, of a metadata service or nowhere, and refused whoever trusts it: %s', async (realm) => {
    for (const registry of ['public.test', 'private.test', 'http://127.0.0.1:5000'])
      await expect(check(registry, realm, [new URL(realm).host])).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      })
  })

  it.each([
    ['https://2130706433/', 'loopback'],
    ['https://0x7f.1/', 'loopback'],
    ['https://0177.0.0.1/', 'loopback'],
    ['https://[::ffff:7f00:1]/', 'loopback'],
    ['https://167772167/', 'private'],
    ['https://012.0.0.7/', 'private'],
  ])('is told in whatever form it is written: %s is %s', async (realm, kind) => {
    await expect(check('public.test', realm)).rejects.toMatchObject({
      message: expect.stringContaining(`at a ${kind} address`) as string,
    })
  })

  it.each([
    ['http://public.test/token', 'over plain HTTP'],
    ['https://user:pass@public.test/token', 'with a user'],
    ['file:///etc/passwd', 'not an http or https'],
    ['no url', 'not a URL'],
  ])('is refused for what it is, trusted or not: %s', async (realm, why) => {
    await expect(check('public.test', realm, ['public.test', 'http://public.test'])).rejects.toMatchObject({
      message: expect.stringContaining(why) as string,
    })
  })

  it('is looked at again when the connection is made: a name that leads elsewhere by then gets nothing', async () => {
    const spy = await spied()
    const { port } = new URL(spy.origin)
    zone.set('rebinding.test', ['192.0.2.7', '127.0.0.1'])
    const { target } = await naming(`http://rebinding.test:${port}/token`, NO_REALMS, true)
    await expect(target.tags()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('it resolves to a loopback, private or link-local address') as string,
    })
    expect(spy.log).toEqual([])
  })

  it('that is trusted by name gets the password, and no other one', async () => {
    const spy = await spied()
    const { port } = new URL(spy.origin)
    zone.set('trusted.test', ['127.0.0.1'])
    const realm = `http://trusted.test:${port}/token`
    const refused = await naming(realm, NO_REALMS, true)
    await expect(refused.target.tags()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(spy.log).toEqual([])
    const trusting = await naming(realm, { ...NO_REALMS, trusted: [`trusted.test:${port}`] }, true)
    await trusting.target.tags().catch(() => undefined)
    expect(spy.log.map(({ headers }) => headers.authorization?.split(' ')[0])).toContain('Basic')
  })

  it('that redirects to another origin is not followed', async () => {
    const spy = await spied()
    const { registry, target } = await opened({ auth: { kind: 'bearer', ...account } }, { credential })
    const headers = { location: `${spy.origin}/token` }
    registry.fault({ path: /^\/token/, fault: { kind: 'status', status: 307, headers } })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(spy.log).toEqual([])
  })
})

describe('S3: a token service that is another one than at login', () => {
  const pinned = (origin: string, trusted = false): KnownRealms => ({
    trusted: [],
    findPin: async () => ({ origin, trusted }),
  })

  it('gets no password, and the user is told what to do', async () => {
    const spy = await spied()
    const { registry, target } = await naming(`${spy.origin}/token`, pinned('https://auth.example'))
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      exit: 7,
      message: expect.stringContaining('not the one of the last login, https://auth.example') as string,
      hint: expect.stringMatching(/log in again with: wasmpack login .*--trusted-realm http:/) as string,
    })
    expect(spy.log).toEqual([])
    expect(registry.log.map(({ headers }) => headers.authorization)).toEqual([undefined])
  })

  it('gets it where it is the noted one, the registry itself, or trusted by name', async () => {
    const spy = await spied()
    const realm = `${spy.origin}/token`
    for (const realms of [pinned(spy.origin), { ...pinned('https://auth.example'), trusted: [spy.origin] }]) {
      const { target } = await naming(realm, realms)
      await target.tags().catch(() => undefined)
    }
    expect(spy.log).toHaveLength(2)
    const { registry, options } = await opened({ auth: { kind: 'bearer', ...account } }, { credential })
    const own = openRegistry(
      { kind: 'registry', registry: registry.host, repository: 'team/app' },
      { ...options, realms: pinned('https://auth.example') },
    )
    expect(await own.push(blobFrom('a module'))).toBe('pushed')
  })

  it('is asked for an anonymous token, which is no secret', async () => {
    const transport = new Transport()
    const named = { registry: 'public.test', origin: 'https://public.test', realm: 'https://192.0.2.9/token' }
    const realms = pinned('https://auth.example')
    await expect(checkRealm({ ...named, secret: false }, realms, transport)).resolves.toEqual(['public'])
    await expect(checkRealm({ ...named, secret: true }, realms, transport)).rejects.toThrow('last login')
  })

  it.each(['docker.io', 'index.docker.io', 'registry-1.docker.io'])(
    "is none of %s's: its passwords go to auth.docker.io without any login",
    async (registry) => {
      zone.set('registry-1.docker.io', ['192.0.2.1'])
      zone.set('auth.docker.io', ['192.0.2.2'])
      zone.set('auth.docker.io.evil.test', ['192.0.2.3'])
      const transport = new Transport()
      const named = { registry, origin: 'https://registry-1.docker.io', secret: true }
      await checkRealm({ ...named, realm: 'https://auth.docker.io/token' }, NO_REALMS, transport)
      await expect(
        checkRealm({ ...named, realm: 'https://auth.docker.io.evil.test/token' }, NO_REALMS, transport),
      ).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    },
  )

  it.each(['distribution', 'harbor', 'zot'] as const)(
    'is found out by login, as %s names it',
    async (like) => {
      const { registry, transport } = await opened({ auth: { kind: 'bearer', like, ...account } })
      const { realm } = await checkCredentials(registry.host, credential, { transport })
      expect(realm).toBe(`${registry.origin}/token`)
      expect(createPin(realm!, { ...NO_REALMS, trusted: [registry.host] })).toEqual({
        origin: registry.origin,
        trusted: true,
      })
    },
  )

  it('is noticed by the program itself: login notes it, and a push after it has moved sends no password', async () => {
    const home = createHome()
    onTestFinished(() => home.dispose())
    const spy = await spied()
    let realm = ''
    const { registry } = await opened({ auth: { kind: 'bearer', ...account } })
    const named = (): string => `Bearer realm="${realm}",service="s"`
    const path = /^\/v2\//
    const stdin = account.password
    const login = ['login', registry.host, '-u', account.username, '--password-stdin']
    expect(await runWasmpack(home, login, { stdin })).toMatchObject({ exit: 0 })
    realm = `${spy.origin}/token`
    registry.fault({ path, fault: { kind: 'status', status: 401, headers: { 'www-authenticate': named() } } })
    const reference = `${registry.host}/team/app:1`
    const run = await runWasmpack(home, ['pull', reference, '--insecure-ignore-signature', '-o', 'app.wasm'])
    expect(run).toMatchObject({ exit: 7, stdout: '' })
    expect(run.stderr).toContain(`not the one of the last login, ${registry.origin}`)
    expect(spy.log).toEqual([])
    const trusting = await runWasmpack(home, [
      'ls',
      `${registry.host}/team/app`,
      '--trusted-realm',
      spy.origin,
    ])
    expect(trusting.exit).toBe(7)
    expect(spy.log.map(({ headers }) => headers.authorization?.split(' ')[0])).toEqual(['Basic'])
  })

  it('at login is refused where it is inside of the own network, before anything is kept', async () => {
    zone.set('inside.test', ['10.0.0.9'])
    const auth = { kind: 'bearer', like: 'harbor', ...account, realm: 'http://inside.test/token' } as const
    const { registry, transport } = await opened({ auth })
    await expect(checkCredentials(registry.host, credential, { transport })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      hint: expect.stringContaining('--trusted-realm inside.test') as string,
    })
  })

  it('is known by a file that its owner alone may read, which keeps what else it holds', async () => {
    const path = join(await directory(), 'wasmpack', 'realms.json')
    await storePin(path, 'r.example', { origin: 'https://auth.example', trusted: false })
    await storePin(path, 's.example:5000', { origin: 'http://localhost:1', trusted: true })
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const realms = openKnownRealms(path)
    expect(await realms.findPin('r.example')).toEqual({ origin: 'https://auth.example', trusted: false })
    expect(await realms.findPin('s.example:5000')).toEqual({ origin: 'http://localhost:1', trusted: true })
    expect(await realms.findPin('R.example.:443')).toEqual(await realms.findPin('r.example'))
    for (const other of ['s.example', 'r.example:80', 'xr.example', '__proto__', 'constructor'])
      expect(await realms.findPin(other)).toBeUndefined()
    await storePin(path, 'r.example', undefined)
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      realms: { 's.example:5000': { origin: 'http://localhost:1', trusted: true } },
    })
  })

  it('is not known where there is no such file, nor where nobody may look; a damaged one is an error', async () => {
    const home = await directory()
    const path = join(home, 'realms.json')
    expect(await openKnownRealms(undefined).findPin('r.example')).toBeUndefined()
    expect(await openKnownRealms(path).findPin('r.example')).toBeUndefined()
    expect(await openKnownRealms(join('/dev/null', 'realms.json')).findPin('r.example')).toBeUndefined()
    for (const text of ['', '[]', '{"realms":[]}', '{"realms":{"r.example":"https://auth.example"}}']) {
      await writeFile(path, text)
      await expect(openKnownRealms(path).findPin('r.example')).rejects.toMatchObject({
        code: 'CREDENTIALS_INVALID',
      })
    }
    await chmod(path, 0o600)
    await expect(
      storePin(join('/dev/null', 'wasmpack', 'realms.json'), 'r.example', {
        origin: 'https://a',
        trusted: false,
      }),
    ).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' })
  })
})
