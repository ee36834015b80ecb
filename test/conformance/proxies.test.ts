import { describe, expect, it, onTestFinished } from 'vitest'

import { formatAttempts } from '../../src/http/attempts.ts'
import type { ProxySettings } from '../../src/http/proxy.ts'
import { Transport, type TransportOptions } from '../../src/http/transport.ts'
import { AUTHORITY, SERVER_CERTIFICATE, SERVER_KEY } from '../support/certificates.ts'
import { type ForwardProxy, type ProxySwitches, startForwardProxy } from '../support/forward-proxy.ts'
import { impatientClock } from '../support/registry/opened.ts'
import { type Served, serve } from '../support/serve.ts'
import { passTime, stopTime, until } from '../support/time.ts'

const TLS = { cert: SERVER_CERTIFICATE, key: SERVER_KEY }
const USER = 'proxy-user'
const PASSWORD = 'canary p@ss:word'
const GET = { method: 'GET' } as const

async function proxy(switches: ProxySwitches = {}): Promise<ForwardProxy> {
  const started = await startForwardProxy(switches)
  onTestFinished(() => started.close())
  return started
}

/** `registry.example` over TLS, known to the proxies of these tests by that name. */
const registry = (): Promise<Served> => serve((_, response) => response.end('content'), TLS)

/** The setting that HTTPS_PROXY and HTTP_PROXY make of it. */
const through = (
  { url }: { readonly url: string },
  account?: readonly [user: string, password: string],
): ProxySettings => {
  const user = account === undefined ? '' : `${account.map(encodeURIComponent).join(':')}@`
  const named = url.replace('://', `://${user}`)
  return { https: { variable: 'HTTPS_PROXY', url: named }, http: { variable: 'HTTP_PROXY', url: named } }
}

interface Sent {
  readonly transport: Transport
  readonly debug: readonly string[]
  readonly waits: readonly number[]
}

function open(proxies: ProxySettings, options: TransportOptions = {}): Sent {
  const clock = impatientClock()
  const debug: string[] = []
  const transport = new Transport({
    ca: AUTHORITY,
    clock,
    debug: (line) => debug.push(line),
    proxies,
    ...options,
  })
  onTestFinished(() => transport.close())
  return { transport, debug, waits: clock.waits }
}

async function text(transport: Transport, url: string): Promise<string> {
  const { body } = await transport.send({ ...GET, url, headers: { authorization: 'Bearer registry-canary' } })
  const parts: Uint8Array[] = []
  for await (const chunk of body) parts.push(chunk)
  return Buffer.concat(parts).toString()
}

describe('credentials of a forward proxy', () => {
  it('S26: go to that proxy alone as Proxy-Authorization, and are not printed', async () => {
    const secure = await registry()
    const plain = await serve((_, response) => response.end('plain'))
    const hosts = { 'registry.example': secure.port, 'plain.example': plain.port }
    const [one, other] = [
      await proxy({ account: `${USER}:${PASSWORD}`, hosts }),
      await proxy({ account: 'other:canary-other', hosts }),
    ]
    const settings = {
      https: through(one, [USER, PASSWORD]).https,
      http: through(other, ['other', 'canary-other']).http,
    }
    const { transport, debug } = open(settings, { plainHttp: true })
    expect(await text(transport, 'https://registry.example/v2/')).toBe('content')
    expect(await text(transport, 'http://plain.example/v2/')).toBe('plain')

    expect(one.log.map(({ method, url }) => `${method} ${url}`)).toEqual(['CONNECT registry.example:443'])
    expect(other.log.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET http://plain.example/v2/'])
    expect(JSON.stringify(one.log)).not.toContain('registry-canary')
    for (const { headers } of [...secure.seen, ...plain.seen]) {
      expect(headers['proxy-authorization']).toBeUndefined()
      expect(headers.authorization).toBe('Bearer registry-canary')
    }
    const secrets = [`${USER}:${PASSWORD}`, 'other:canary-other'].map((account) => btoa(account))
    for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), 'canary-other', ...secrets])
      expect(debug.join('\n')).not.toContain(secret)
  })

  it('S26: after a redirect neither the proxy nor the other server gets the Authorization for the registry', async () => {
    const storage = await serve((_, response) => response.end('stored'), TLS)
    const own = await serve(
      (_, response) => response.writeHead(307, { location: 'https://storage.example/blob' }).end(),
      TLS,
    )
    const between = await proxy({
      account: `${USER}:${PASSWORD}`,
      hosts: { 'registry.example': own.port, 'storage.example': storage.port },
    })
    const { transport } = open(through(between, [USER, PASSWORD]))
    expect(await text(transport, 'https://registry.example/v2/')).toBe('stored')
    expect(between.log.map(({ url }) => url)).toEqual(['registry.example:443', 'storage.example:443'])
    expect(storage.seen[0]!.headers.authorization).toBeUndefined()
    expect(storage.seen[0]!.headers['proxy-authorization']).toBeUndefined()
  })

  it('F60: missing or refused (407) are an error that says where to set them, without a retry', async () => {
    const secure = await registry()
    const between = await proxy({
      account: `${USER}:${PASSWORD}`,
      hosts: { 'registry.example': secure.port, 'plain.example': secure.port },
    })
    for (const [account, message] of [
      [undefined, 'requires authentication, and HTTPS_PROXY has no credentials'],
      [[USER, 'canary-wrong'], 'rejected the credentials in HTTPS_PROXY'],
    ] as const) {
      const { transport, waits } = open(through(between, account), { plainHttp: true })
      await expect(transport.send({ ...GET, url: 'https://registry.example/' })).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
        exit: 7,
        message: `proxy ${new URL(between.url).host} ${message}`,
        hint: expect.stringContaining('HTTPS_PROXY') as string,
      })
      await expect(transport.send({ ...GET, url: 'http://plain.example/' })).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
        hint: expect.stringContaining('HTTP_PROXY') as string,
      })
      expect(waits).toEqual([])
    }
    expect(between.log).toHaveLength(4)
    expect(secure.seen).toEqual([])
  })

  it('F60: of another scheme than Basic are an error that names the scheme', async () => {
    const between = await proxy({ account: 'a:b', challenge: 'Negotiate, NTLM' })
    const { transport } = open(through(between))
    await expect(transport.send({ ...GET, url: 'https://registry.example/' })).rejects.toMatchObject({
      hint: expect.stringContaining(
        'the proxy asks for Negotiate, NTLM, and wasmpack supports Basic only',
      ) as string,
    })
  })
})

describe('requests through a forward proxy', () => {
  it('S26: hosts in NO_PROXY and loopback hosts are reached without a proxy', async () => {
    const between = await proxy()
    const here = await serve((_, response) => response.end('here'))
    const { transport } = open({ ...through(between), none: 'direct.invalid' })
    expect(await text(transport, here.origin)).toBe('here')
    await expect(transport.send({ ...GET, url: 'https://direct.invalid/' })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('direct.invalid') as string,
    })
    expect(between.log).toEqual([])
  })

  it('a tunnel is kept and used again, by requests with a body too', async () => {
    const secure = await serve(
      (request, response) => request.resume().on('end', () => response.setHeader('content-length', 0).end()),
      TLS,
    )
    const between = await proxy({ hosts: { 'registry.example': secure.port } })
    const { transport } = open(through(between))
    const body = {
      size: 4,
      open: async function* () {
        yield Buffer.from('wasm')
      },
    }
    for (const method of ['GET', 'PUT', 'HEAD', 'POST'] as const)
      await (
        await transport.send({
          method,
          url: 'https://registry.example/v2/',
          ...(method === 'PUT' ? { body } : {}),
        })
      ).discard()
    expect(secure.seen.map(({ method }) => method)).toEqual(['GET', 'PUT', 'HEAD', 'POST'])
    expect(between.log).toHaveLength(1)
    expect(secure.connections).toBe(1)
  })

  it('a proxy that speaks TLS is held to the authorities, whatever is accepted of the server behind it', async () => {
    const secure = await registry()
    const between = await proxy({ tls: true, hosts: { 'registry.example': secure.port } })
    expect(await text(open(through(between)).transport, 'https://registry.example/')).toBe('content')
    const { transport } = open(through(between), { ca: undefined, insecure: true })
    await expect(transport.send({ ...GET, url: 'https://registry.example/' })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(
        `proxy ${new URL(between.url).host} presented a certificate`,
      ) as string,
    })
    expect(between.log).toHaveLength(1)
  })

  it('the server behind a tunnel is held to its certificate', async () => {
    const secure = await registry()
    const between = await proxy({ hosts: { 'registry.test': secure.port, 'registry.example': secure.port } })
    const { transport, waits } = open(through(between))
    await expect(transport.send({ ...GET, url: 'https://registry.test/' })).rejects.toMatchObject({
      message: 'registry.test presented a certificate for another host',
    })
    const doubting = open(through(between), { ca: undefined })
    await expect(doubting.transport.send({ ...GET, url: 'https://registry.example/' })).rejects.toMatchObject(
      {
        message: 'registry.example presented a certificate that no trusted authority signed',
        hint: expect.stringContaining('--ca-file') as string,
      },
    )
    expect([...waits, ...doubting.waits]).toEqual([])
    expect(secure.seen).toEqual([])
  })

  it('S26: redirects to link-local and metadata addresses are refused before the proxy is asked', async () => {
    const secure = await serve(
      (_, response) => response.writeHead(307, { location: 'https://169.254.169.254/latest' }).end(),
      TLS,
    )
    const between = await proxy({ hosts: { 'registry.example': secure.port } })
    const { transport } = open(through(between))
    await expect(transport.send({ ...GET, url: 'https://registry.example/' })).rejects.toMatchObject({
      details: { reason: 'ADDRESS_REFUSED' },
    })
    expect(between.log.map(({ url }) => url)).toEqual(['registry.example:443'])
  })

  it('a proxy of another kind is refused, and its password is not repeated', async () => {
    for (const url of ['socks5://user:canary@127.0.0.1:1080', 'http://', 'http://user:canary@[::1'])
      await expect(
        open({ https: { variable: 'all_proxy', url } }).transport.send({
          ...GET,
          url: 'https://registry.example/',
        }),
      ).rejects.toMatchObject({
        code: 'USAGE',
        exit: 2,
        message: 'all_proxy is not the URL of an http or https proxy',
      })
  })

  it('a proxy without a scheme is an http proxy', async () => {
    const secure = await registry()
    const between = await proxy({ hosts: { 'registry.example': secure.port } })
    const url = between.url.replace('http://', '')
    const { transport } = open({ https: { variable: 'HTTPS_PROXY', url } })
    expect(await text(transport, 'https://registry.example/')).toBe('content')
  })
})

describe('failures of a forward proxy', () => {
  const url = 'https://registry.example/v2/'

  it.each([
    [
      '403 Forbidden',
      'refused to connect to registry.example:443 (403 Forbidden)',
      'ask its administrator',
      1,
    ],
    ['302 Found', 'refused to connect to registry.example:443 (302 Found)', 'check that HTTPS_PROXY', 1],
    [
      '500 Internal Server Error',
      'cannot reach registry.example:443 (500 Internal Server Error)',
      'the host',
      5,
    ],
    ['502 Bad Gateway', 'cannot reach registry.example:443 (502 Bad Gateway)', 'the host', 5],
    ['504 Gateway Timeout', 'cannot reach registry.example:443 (504 Gateway Timeout)', 'the host', 5],
  ])('F60: CONNECT answered with %s', async (status, message, hint, attempts) => {
    const between = await proxy({
      connect: { raw: `HTTP/1.1 ${status}\r\nlocation: http://portal.example/\r\n\r\n<html>` },
    })
    const { transport } = open(through(between))
    await expect(transport.send({ ...GET, url })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: `proxy ${new URL(between.url).host} ${message}${formatAttempts(attempts)}`,
      hint: expect.stringMatching(new RegExp(`${hint}.*NO_PROXY`)) as string,
    })
    expect(between.log).toHaveLength(attempts)
  })

  it.each([
    [403, 'refused to connect to plain.example (403 Forbidden)', 1],
    [503, 'cannot reach plain.example (503 Service Unavailable)', 5],
  ])(
    'F60: an answer of %i by the proxy itself to a request for an http URL',
    async (refusal, message, attempts) => {
      const between = await proxy({ refusal })
      const { transport } = open(through(between), { plainHttp: true })
      await expect(transport.send({ ...GET, url: 'http://plain.example/v2/' })).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: `proxy ${new URL(between.url).host} ${message}${formatAttempts(attempts)}`,
        hint: expect.stringContaining('NO_PROXY') as string,
      })
      expect(between.log).toHaveLength(attempts)
    },
  )

  it.each([
    ['is no HTTP', { raw: 'SSH-2.0-OpenSSH\r\n' }, 'HPE_INVALID_CONSTANT'],
    [
      'has more than 16 KiB of headers',
      { raw: `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(20_000)}\r\n\r\n` },
      'HPE_HEADER_OVERFLOW',
    ],
    ['does not come', 'close', 'ECONNRESET'],
    ['never comes', 'stall', 'HEADERS_TIMEOUT'],
  ] as const)(
    'F60: an answer to CONNECT that %s is reported as a failure of the proxy',
    async (_, connect, reason) => {
      const between = await proxy({ connect })
      const { transport } = open(through(between))
      stopTime()
      const failure = expect(transport.send({ ...GET, url })).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringMatching(new RegExp(`^proxy ${new URL(between.url).host} `)) as string,
        hint: expect.stringContaining('check HTTPS_PROXY') as string,
        details: { reason },
      })
      await until(() => between.log.length > 0)
      await passTime(failure)
    },
  )

  it('F60: a refused connection names the proxy, for http and https URLs', async () => {
    const between = await proxy()
    await between.close()
    for (const asked of [url, 'http://registry.example/']) {
      const { transport, waits } = open(through(between), { plainHttp: true })
      await expect(transport.send({ ...GET, url: asked })).rejects.toMatchObject({
        message: `proxy ${new URL(between.url).host} refused the connection; gave up after 10 attempts`,
      })
      expect(waits).toHaveLength(9)
    }
  })

  it('a run that is aborted while a proxy stalls ends at once', async () => {
    const between = await proxy({ connect: 'stall' })
    const { transport } = open(through(between))
    const abort = new AbortController()
    const reason = new Error('enough')
    const sent = transport.send({ ...GET, url, signal: abort.signal })
    await until(() => between.log.length > 0)
    abort.abort(reason)
    await expect(sent).rejects.toBe(reason)
  })
})
