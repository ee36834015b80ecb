import { createHash, randomBytes } from 'node:crypto'
import { type RequestListener, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { describe, expect, it, onTestFinished, vi } from 'vitest'

import type { HttpResponse } from '../../src/http/response.ts'
import { Transport, type TransportOptions } from '../../src/http/transport.ts'
import { impatientClock, opened } from '../support/registry/opened.ts'
import { startRegistry } from '../support/registry/registry.ts'
import { TEST_AUTHORITY } from '../support/registry/tls.ts'
import { passTime, stopTime, until } from '../support/time.ts'

interface Served {
  readonly origin: string
  readonly seen: { readonly url: string; readonly headers: Readonly<Record<string, unknown>> }[]
}

async function serve(listener: RequestListener): Promise<Served> {
  const seen: Served['seen'] = []
  const server = createServer((request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers })
    listener(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

function transport(options: TransportOptions = {}): Transport {
  const created = new Transport({ clock: impatientClock(), ...options })
  onTestFinished(() => created.close())
  return created
}

async function text(response: HttpResponse): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const chunk of response.body) parts.push(chunk)
  return Buffer.concat(parts).toString()
}

describe('redirects', () => {
  const secret = {
    authorization: 'Bearer canary-token',
    cookie: 'canary=1',
    'x-api-key': 'canary',
    accept: 'a/b',
  }

  it('S4: carry everything within an origin and nothing secret to another port', async () => {
    const other = await serve((_, response) => response.end('there'))
    const own = await serve((request, response) => {
      const location = request.url === '/start' ? '/next?a=%2B|' : `${other.origin}/end`
      response.writeHead(307, { location }).end()
    })
    const response = await transport().send({ method: 'GET', url: `${own.origin}/start`, headers: secret })
    expect(await text(response)).toBe('there')
    expect(response.url).toBe(`${other.origin}/end`)
    expect(own.seen.map(({ url }) => url)).toEqual(['/start', '/next?a=%2B|'])
    expect(own.seen[1]!.headers).toMatchObject(secret)
    expect(other.seen[0]!.headers).toMatchObject({ accept: 'a/b' })
    expect(JSON.stringify(other.seen)).not.toContain('canary')
  })

  it('end after five', async () => {
    const own = await serve((_, response) => response.writeHead(302, { location: '/again' }).end())
    await expect(transport().send({ method: 'GET', url: `${own.origin}/` })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('more than 5 times') as string,
    })
    expect(own.seen).toHaveLength(6)
  })

  it('send a body again after 307 and refuse to after 302', async () => {
    const bodies: string[] = []
    const own = await serve((request, response) => {
      let body = ''
      request.on('data', (chunk) => (body += String(chunk)))
      request.on('end', () => {
        bodies.push(body)
        if (request.url === '/end') response.end()
        else response.writeHead(request.url === '/307' ? 307 : 302, { location: '/end' }).end()
      })
    })
    const body = {
      size: 4,
      async *open() {
        yield Buffer.from('wasm')
      },
    }
    await (await transport().send({ method: 'PUT', url: `${own.origin}/307`, body })).discard()
    expect(bodies).toEqual(['wasm', 'wasm'])
    await expect(transport().send({ method: 'PUT', url: `${own.origin}/302`, body })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
  })

  it.each(['http://169.254.169.254/latest', 'http://[fe80::1]/', 'ftp://127.0.0.1/', 'http://192.0.2.1/'])(
    'to %s are refused',
    async (location) => {
      const own = await serve((_, response) => response.writeHead(307, { location }).end())
      await expect(transport().send({ method: 'GET', url: `${own.origin}/` })).rejects.toMatchObject({
        code: 'UNAVAILABLE',
      })
    },
  )

  it('to a metadata service are refused even where plain http is allowed', async () => {
    const own = await serve((_, response) =>
      response.writeHead(307, { location: 'http://2852039166/latest' }).end(),
    )
    await expect(
      transport({ plainHttp: true }).send({ method: 'GET', url: `${own.origin}/` }),
    ).rejects.toMatchObject({ details: { reason: 'ADDRESS_REFUSED' } })
  })

  it('S4: to another origin are refused for requests that are secret', async () => {
    const other = await serve((_, response) => response.end())
    const own = await serve((_, response) => response.writeHead(307, { location: other.origin }).end())
    await expect(
      transport().send({ method: 'GET', url: `${own.origin}/`, redirect: 'same-origin' }),
    ).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(other.seen).toEqual([])
  })
})

describe('repetition', () => {
  it.each([408, 425, 429, 500])('repeats after %i up to five times', async (status) => {
    const own = await serve((_, response) => response.writeHead(status).end())
    const response = await transport().send({ method: 'GET', url: own.origin })
    expect(response.status).toBe(status)
    expect(own.seen).toHaveLength(5)
  })

  it.each([400, 401, 403, 404, 409, 412, 413, 501])('does not repeat after %i', async (status) => {
    const own = await serve((_, response) => response.writeHead(status).end())
    await transport().send({ method: 'GET', url: own.origin })
    expect(own.seen).toHaveLength(1)
  })

  it('repeats after a dropped connection, and says so when it stays so', async () => {
    const own = await serve((request) => request.socket.destroy())
    await expect(transport().send({ method: 'GET', url: own.origin })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/closed the connection; gave up after 10 attempts$/) as string,
    })
    expect(own.seen).toHaveLength(10)
  })

  it('does not repeat what must be sent once only', async () => {
    const own = await serve((_, response) => response.writeHead(503).end())
    await transport().send({ method: 'PUT', url: own.origin, retry: false })
    expect(own.seen).toHaveLength(1)
  })

  it('waits exponentially with jitter, or as long as the server asks in seconds or by date', async () => {
    const headers: Record<string, string>[] = [
      {},
      {},
      { 'retry-after': '3' },
      { 'retry-after': 'Thu, 01 Jan 1970 00:01:30 GMT' },
    ]
    const own = await serve((_, response) => {
      const next = headers.shift()
      response.writeHead(next === undefined ? 200 : 503, next).end()
    })
    const clock = { ...impatientClock(), now: () => 30_000 }
    await transport({ clock }).send({ method: 'GET', url: own.origin })
    expect(clock.waits).toEqual([125, 250, 3000, 60_000])
  })

  it('does not wait for hours', async () => {
    const own = await serve((_, response) => response.writeHead(429, { 'retry-after': '7200' }).end())
    expect((await transport().send({ method: 'GET', url: own.origin })).status).toBe(429)
    expect(own.seen).toHaveLength(1)
  })

  it('ends at once with the reason of an aborted signal', async () => {
    const abort = new AbortController()
    const reason = new Error('enough')
    const own = await serve(() => abort.abort(reason))
    const sent = transport().send({ method: 'GET', url: own.origin, signal: abort.signal })
    await expect(sent).rejects.toBe(reason)
    await expect(transport({ signal: abort.signal }).send({ method: 'GET', url: own.origin })).rejects.toBe(
      reason,
    )
  })
})

describe('time', () => {
  it('a server that never answers is given up', async () => {
    stopTime()
    const own = await serve(() => undefined)
    const sent = transport({ retries: 0 }).send({ method: 'GET', url: own.origin })
    await until(() => own.seen.length > 0)
    await expect(passTime(sent)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      details: { reason: 'HEADERS_TIMEOUT' },
    })
  })

  it('a body that stalls is given up', async () => {
    stopTime()
    const own = await serve((_, response) => void response.writeHead(200).write('one'))
    const response = await transport({ retries: 0 }).send({ method: 'GET', url: own.origin })
    await expect(passTime(text(response))).rejects.toMatchObject({ details: { reason: 'BODY_TIMEOUT' } })
  })

  it('a reader that takes its time is not given up', async () => {
    stopTime()
    let end = (): void => undefined
    const own = await serve((_, response) => {
      response.writeHead(200).write('one')
      end = () => void response.end('two')
    })
    const response = await transport({ retries: 0 }).send({ method: 'GET', url: own.origin })
    let read = ''
    for await (const chunk of response.body) {
      read += Buffer.from(chunk).toString()
      vi.advanceTimersByTime(120_000)
      end()
    }
    expect(read).toBe('onetwo')
  })
})

describe('schemes and certificates', () => {
  it('S21: originFor chooses plain http for loopback hosts only', () => {
    const usual = new Transport()
    expect(usual.resolveOrigin('localhost:5000')).toBe('http://localhost:5000')
    expect(usual.resolveOrigin('127.8.9.1')).toBe('http://127.8.9.1')
    expect(usual.resolveOrigin('[::1]:5000')).toBe('http://[::1]:5000')
    for (const host of [
      '10.0.0.1:5000',
      '192.168.1.1',
      '172.16.0.1',
      '[fd00::1]',
      'a.localhost',
      'localhost.example.com',
      '127.example.com',
    ])
      expect(usual.resolveOrigin(host)).toBe(`https://${host}`)
    expect(new Transport({ plainHttp: true }).resolveOrigin('10.0.0.1')).toBe('http://10.0.0.1')
    expect(new Transport({ plainHttp: false }).resolveOrigin('localhost')).toBe('https://localhost')
    expect(new Transport({ ca: TEST_AUTHORITY }).resolveOrigin('localhost')).toBe('https://localhost')
    expect(new Transport({ insecure: true }).resolveOrigin('localhost')).toBe('https://localhost')
  })

  it('S21: plain http to another machine needs to be allowed', async () => {
    await expect(transport().send({ method: 'GET', url: 'http://registry.example/' })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      hint: expect.stringContaining('--plain-http') as string,
    })
  })

  it('F60: an unknown authority is refused with a hint, a given one is trusted, and so is any with insecure', async () => {
    const registry = await startRegistry({ tls: true })
    onTestFinished(() => registry.close())
    const url = `${registry.origin}/v2/`
    await expect(transport().send({ method: 'GET', url })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      hint: expect.stringContaining('--ca-file') as string,
    })
    expect(registry.log).toEqual([])
    for (const options of [{ ca: TEST_AUTHORITY }, { insecure: true }])
      expect((await transport(options).send({ method: 'GET', url })).status).toBe(200)
  })

  it('authorities that are no certificates are refused at once', () => {
    expect(() => new Transport({ ca: 'not a certificate' })).toThrow(
      expect.objectContaining({ code: 'KEY_INVALID' }),
    )
  })

  it('TLS towards a plain server is explained', async () => {
    const registry = await startRegistry()
    onTestFinished(() => registry.close())
    const url = `https://${registry.host}/v2/`
    await expect(transport().send({ method: 'GET', url })).rejects.toMatchObject({
      hint: expect.stringContaining('--plain-http') as string,
    })
  })

  it('F60: a refused connection is explained, after 30 seconds in which the server might have come back', async () => {
    const registry = await startRegistry()
    await registry.close()
    const clock = impatientClock()
    await expect(transport({ clock }).send({ method: 'GET', url: registry.origin })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: `${registry.host} refused the connection; gave up after 10 attempts`,
      details: { reason: 'ECONNREFUSED' },
    })
    expect(clock.now()).toBe(30_000)
  })
})

describe('connections', () => {
  it('are used again after discarded, empty and read bodies', async () => {
    const { registry, transport } = await opened()
    for (const method of ['HEAD', 'GET', 'POST', 'PUT', 'GET'] as const) {
      const response = await transport.send({ method, url: `${registry.origin}/v2/none/manifests/x` })
      if (method === 'GET') await text(response)
      else await response.discard()
    }
    expect(registry.connections).toBe(1)
  })
})

describe('bodies', () => {
  it('that come in at the same time, one held while the next is read, keep their bytes', async () => {
    const content = (path: string): Buffer =>
      Buffer.alloc(3 * 1024 * 1024, `${path} ${'.'.repeat(path.length)}`)
    const own = await serve((request, response) => response.end(content(request.url!)))
    const shared = transport()
    const paths = ['/one', '/the/second', '/3', '/and/the/fourth']
    const bodies = await Promise.all(
      paths.map(async (path) => {
        const response = await shared.send({ method: 'GET', url: own.origin + path })
        const held: Uint8Array[] = []
        for await (const chunk of response.body) held.push(chunk)
        return held
      }),
    )
    for (const [at, held] of bodies.entries())
      expect(Buffer.concat(held).equals(content(paths[at]!))).toBe(true)
  })

  it('are sent and taken whole at every size of a piece', async () => {
    const own = await serve((request, response) => {
      const hash = createHash('sha256')
      request.on('data', (chunk: Buffer) => hash.update(chunk))
      request.on('end', () => response.end(hash.digest('hex')))
    })
    for (const size of [1, 64 * 1024, 64 * 1024 + 1, 5 * 1024 * 1024 + 7]) {
      const bytes = randomBytes(size)
      const body = {
        size,
        async *open() {
          for (let at = 0; at < size; at += 1_500_000) yield bytes.subarray(at, at + 1_500_000)
        },
      }
      const response = await transport().send({ method: 'PUT', url: own.origin, body })
      expect(await text(response)).toBe(createHash('sha256').update(bytes).digest('hex'))
    }
  })
})
