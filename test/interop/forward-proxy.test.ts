import { describe, expect, test } from 'vitest'

import { type CertificateFiles, writeCertificates } from '../stack/certificate-files.ts'
import { type RegistryEndpoint, startRegistry } from '../stack/registries.ts'
import { BEHIND_SQUID, FORBIDDEN, PROXY_ACCOUNT, type RunningSquid, startSquid } from '../stack/squid.ts'
import { transcript } from '../support/child.ts'
import { until } from '../support/time.ts'
import { freshRepository, generateKeyPair, writeModule } from './artifacts.ts'
import { largeModule } from './modules.ts'
import { needsPeers } from './peer.ts'
import { type Served, useServed } from './served.ts'
import { registry, useWorkbench, type Workbench } from './workbench.ts'

// Only squid knows the registries by this name, so whatever reaches one has gone through it.

interface Proxied extends Served {
  readonly squid: RunningSquid
  readonly certificates: CertificateFiles
  readonly plain: RegistryEndpoint
  readonly secure: RegistryEndpoint
}

/** A registry that asks who is there, over HTTP and over HTTPS, behind squid. */
const useProxied = ({
  guarded,
  tls = false,
}: {
  readonly guarded: boolean
  readonly tls?: boolean
}): (() => Proxied) =>
  useServed(['distribution', 'squid'], async (directory) => {
    const certificates = writeCertificates(directory)
    const [plain, secure, squid] = await Promise.all([
      startRegistry('distribution-basic', directory),
      startRegistry('distribution-basic', `${directory}/secure`, undefined, {
        certificate: certificates.server,
      }),
      startSquid({ guarded, ...(tls ? { certificate: certificates.server } : {}) }),
    ])
    const behind = ({ endpoint }: typeof plain): RegistryEndpoint => ({
      ...endpoint,
      host: endpoint.host.replace('localhost', BEHIND_SQUID),
    })
    return {
      squid,
      certificates,
      plain: behind(plain),
      secure: behind(secure),
      stop: async () => {
        await Promise.all([squid.stop(), plain.process.kill(), secure.process.kill()])
      },
    }
  })

/** What squid wrote down of requests that have these words, a line each. It writes when a request or a tunnel has ended. */
const seen = ({ squid }: Proxied, words: string): readonly string[] =>
  squid
    .log()
    .split('\n')
    .filter((line) => line.includes(words))

/** A process of wasmpack that goes through this squid. */
const through = ({ host }: RunningSquid, account = ''): Readonly<Record<string, string>> => ({
  HTTPS_PROXY: `http://${account}${host}`,
  HTTP_PROXY: `http://${account}${host}`,
})

const basic = ({ username, password }: { readonly username: string; readonly password: string }): string =>
  Buffer.from(`${username}:${password}`).toString('base64')

/** What wasmpack prints in that environment; throws with all it said unless it ends with 0. */
async function succeeded(
  bench: Workbench,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const run = await bench.attempt(args, { env })
  if (run.exit !== 0) throw new Error(`wasmpack ${args.join(' ')}: ${transcript(run)}`)
  return run.stdout
}

describe('squid that asks nobody', () => {
  const proxied = useProxied({ guarded: false })

  describe('before a registry over HTTPS', () => {
    const secure = (): RegistryEndpoint => proxied().secure
    const bench = useWorkbench(secure)
    const trusting = (): readonly string[] => ['--ca-file', proxied().certificates.authority]
    const run = (...args: readonly string[]): Promise<string> =>
      succeeded(bench, [...args, ...trusting()], through(proxied().squid))

    test('push --key, verify, pull and copy go through tunnels, of which squid sees host and port and nothing else', async () => {
      const repository = freshRepository(secure())
      await generateKeyPair(bench, 'signer')
      await writeModule(bench, 'app.wasm')
      await run('push', `${repository}:1`, 'app.wasm', '--key', 'signer.key')
      await run('verify', `${repository}:1`, '--key', 'signer.pub')
      await run('pull', `${repository}:1`, '-o', 'pulled.wasm', '--key', 'signer.pub')
      expect(bench.read('pulled.wasm')).toEqual(bench.read('app.wasm'))
      await run('copy', `${repository}:1`, `${repository}-promoted`, '--verify', '--key', 'signer.pub')
      await run('verify', `${repository}-promoted:1`, '--key', 'signer.pub')

      await until(() => seen(proxied(), secure().host).length > 4)
      for (const line of seen(proxied(), secure().host)) expect(line).toContain(`TCP_TUNNEL/200 `)
      const { username, password } = secure().credentials!
      for (const secret of [password, basic({ username, password }), 'uthorization', '/test/'])
        expect(proxied().squid.log()).not.toContain(secret)
    })

    test('a large module travels both ways', async () => {
      const reference = `${freshRepository(secure())}:1`
      await writeModule(bench, 'large.wasm', largeModule(65 * 1024 * 1024))
      await run('push', reference, 'large.wasm')
      await run('pull', reference, '-o', 'again.wasm', '--insecure-ignore-signature')
      expect(bench.read('again.wasm').equals(bench.read('large.wasm'))).toBe(true)
    })

    describe('beside oras', () => {
      needsPeers('oras')

      test('which goes the same way and sees the same artifact', async () => {
        const repository = freshRepository(secure())
        await writeModule(bench, 'app.wasm')
        const pushed = await run('push', `${repository}:1`, 'app.wasm')
        const env = through(proxied().squid)
        const resolve = ['resolve', `${repository}:1`, ...trusting()]
        const { stdout } = await bench.attemptPeer('oras', resolve, { env })
        expect(pushed.trim()).toBe(`${repository}@${stdout.trim()}`)
      })
    })

    test('copy brings here what stays on plain HTTP on this machine, where NODE_EXTRA_CA_CERTS names the authority', async () => {
      const local = `${freshRepository(registry('distribution'))}:1`
      const reference = `${freshRepository(secure())}:1`
      await writeModule(bench, 'app.wasm')
      const env = {
        ...through(proxied().squid),
        NODE_EXTRA_CA_CERTS: proxied().certificates.authority,
      }
      await succeeded(bench, ['push', local, 'app.wasm'], env)
      await succeeded(bench, ['copy', local, reference], env)
      await succeeded(bench, ['pull', reference, '-o', 'brought.wasm', '--insecure-ignore-signature'], env)
      expect(bench.read('brought.wasm')).toEqual(bench.read('app.wasm'))
      expect(seen(proxied(), registry('distribution').host)).toEqual([])
    })

    test('the certificate of a registry behind a tunnel is held to the authorities', async () => {
      const args = ['resolve', `${freshRepository(secure())}:1`]
      const doubting = await bench.attempt(args, { env: through(proxied().squid) })
      expect(doubting).toMatchObject({ exit: 9, stdout: '' })
      expect(doubting.stderr).toContain(
        `error: ${secure().host} presented a certificate that no trusted authority signed`,
      )
    })
  })

  describe('before a registry over plain HTTP', () => {
    const plain = (): RegistryEndpoint => proxied().plain
    const bench = useWorkbench(plain)
    const run = (...args: readonly string[]): Promise<string> =>
      succeeded(bench, [...args, '--plain-http'], through(proxied().squid))

    test('push --key, verify, pull and copy go in absolute form, of which squid sees all', async () => {
      const repository = freshRepository(plain())
      await generateKeyPair(bench, 'signer')
      await writeModule(bench, 'app.wasm')
      await run('push', `${repository}:1`, 'app.wasm', '--key', 'signer.key')
      await run('verify', `${repository}:1`, '--key', 'signer.pub')
      await run('pull', `${repository}:1`, '-o', 'pulled.wasm', '--key', 'signer.pub')
      expect(bench.read('pulled.wasm')).toEqual(bench.read('app.wasm'))
      await run('copy', `${repository}:1`, `${repository}-promoted`, '--verify', '--key', 'signer.pub')

      const name = repository.slice(plain().host.length)
      const put = `PUT http://${plain().host}/v2${name}/manifests/1 `
      await until(() => seen(proxied(), plain().host).some((line) => line.includes(put)))
      expect(proxied().squid.log()).toContain(`Authorization: Basic ${basic(plain().credentials!)}`)
      expect(proxied().squid.log()).not.toContain(`CONNECT ${plain().host}`)
    })

    test('a large module travels both ways', async () => {
      const reference = `${freshRepository(plain())}:1`
      await writeModule(bench, 'large.wasm', largeModule(65 * 1024 * 1024))
      await run('push', reference, 'large.wasm')
      await run('pull', reference, '-o', 'again.wasm', '--insecure-ignore-signature')
      expect(bench.read('again.wasm').equals(bench.read('large.wasm'))).toBe(true)
    })
  })

  describe('without a registry behind it', () => {
    const bench = useWorkbench()
    const attempt = (host: string, ...flags: readonly string[]) =>
      bench.attempt(['resolve', `${host}/test/absent:1`, '--retries', '0', ...flags], {
        env: through(proxied().squid),
      })

    test.each([
      ['a port where nobody listens', `${BEHIND_SQUID}:1`, ':1', 'cannot reach'],
      ['a name that nobody knows', 'registry.invalid', ':443', 'cannot reach'],
      ['a host that a rule forbids', FORBIDDEN, ':443', 'refused to connect to'],
    ])('%s is exit 9 and says that it was the proxy', async (_, host, port, found) => {
      for (const flags of [[], ['--plain-http']]) {
        const run = await attempt(host, ...flags)
        expect(run).toMatchObject({ exit: 9, stdout: '' })
        const target = flags.length === 0 && !host.endsWith(port) ? host + port : host
        expect(run.stderr).toContain(`error: proxy ${proxied().squid.host} ${found} ${target} (`)
        expect(run.stderr).toContain('NO_PROXY')
      }
    })

    test.each([
      ['NO_PROXY', BEHIND_SQUID, '/test/past-it'],
      ['no_proxy', '.example,10.0.0.0/8', '/test/past-it-too'],
    ])('what %s names never comes to it', async (variable, value, name) => {
      const resolve = ['resolve', `${BEHIND_SQUID}:1${name}:1`, '--retries', '0', '--plain-http']
      const env = through(proxied().squid)
      const past = await bench.attempt(resolve, { env: { ...env, [variable]: value } })
      expect(past).toMatchObject({ exit: 9, stdout: '' })
      expect(past.stderr).not.toContain('proxy')
      // Had it come, it would stand before this one.
      await bench.attempt(resolve, { env })
      await until(() => seen(proxied(), `${name}/`).length > 0)
      expect(seen(proxied(), `${name}/`)).toHaveLength(1)
    })
  })
})

describe('squid that asks who is there', () => {
  const proxied = useProxied({ guarded: true })
  const right = `${PROXY_ACCOUNT.username}:${PROXY_ACCOUNT.password}@`
  const wrong = `${PROXY_ACCOUNT.username}:wrong-canary@`

  describe.each([
    ['over HTTPS', 'secure', 'HTTPS_PROXY'],
    ['over plain HTTP', 'plain', 'HTTP_PROXY'],
  ] as const)('before a registry %s', (_, which, variable) => {
    const endpoint = (): RegistryEndpoint => proxied()[which]
    const bench = useWorkbench(endpoint)
    const flags = (): readonly string[] =>
      which === 'secure' ? ['--ca-file', proxied().certificates.authority] : ['--plain-http']

    test.each([variable, variable.toLowerCase(), 'ALL_PROXY'])(
      'push and pull with the user and the password in %s',
      async (named) => {
        const reference = `${freshRepository(endpoint())}:1`
        const env = { [named]: `http://${right}${proxied().squid.host}` }
        await writeModule(bench, 'app.wasm')
        await succeeded(bench, ['push', reference, 'app.wasm', ...flags()], env)
        const pull = ['pull', reference, '-o', 'pulled.wasm', '--insecure-ignore-signature', ...flags()]
        await succeeded(bench, pull, env)
        expect(bench.read('pulled.wasm')).toEqual(bench.read('app.wasm'))
        const ofUser = (line: string): boolean => line.includes(` ${PROXY_ACCOUNT.username} `)
        await until(() => seen(proxied(), endpoint().host).some(ofUser))
        if (which === 'secure') expect(proxied().squid.log()).not.toContain(basic(endpoint().credentials!))
      },
    )

    test.each([
      ['without', '', `requires authentication, and ${variable} has no credentials`],
      ['with wrong ones', wrong, `rejected the credentials in ${variable}`],
    ])('%s it is exit 7, and no secret is printed', async (_name, account, found) => {
      const resolve = ['resolve', `${freshRepository(endpoint())}:1`, '--debug', ...flags()]
      const run = await bench.attempt(resolve, { env: through(proxied().squid, account) })
      expect(run).toMatchObject({ exit: 7, stdout: '' })
      expect(run.stderr).toContain(`error: proxy ${proxied().squid.host} ${found}`)
      expect(run.stderr).toContain(`hint: set ${variable}=http://`)
      for (const secret of [
        'wrong-canary',
        basic({ username: PROXY_ACCOUNT.username, password: 'wrong-canary' }),
      ])
        expect(run.stderr).not.toContain(secret)
    })
  })
})

describe('squid that speaks TLS itself', () => {
  const proxied = useProxied({ guarded: true, tls: true })
  const bench = useWorkbench(() => proxied().secure)
  const env = (): Readonly<Record<string, string>> => ({
    HTTPS_PROXY: `https://${PROXY_ACCOUNT.username}:${PROXY_ACCOUNT.password}@${proxied().squid.host}`,
  })

  test('push and pull go through it, and --insecure says nothing about it', async () => {
    const reference = `${freshRepository(proxied().secure)}:1`
    await writeModule(bench, 'app.wasm')
    const trusting = ['--ca-file', proxied().certificates.authority]
    await succeeded(bench, ['push', reference, 'app.wasm', ...trusting], env())
    const pull = ['pull', reference, '-o', 'pulled.wasm', '--insecure-ignore-signature']
    await succeeded(bench, [...pull, ...trusting], env())
    expect(bench.read('pulled.wasm')).toEqual(bench.read('app.wasm'))
    const doubting = await bench.attempt([...pull, '--insecure'], { env: env() })
    expect(doubting).toMatchObject({ exit: 9 })
    expect(doubting.stderr).toContain(
      `error: proxy ${proxied().squid.host} presented a certificate that no trusted authority signed`,
    )
  })
})
