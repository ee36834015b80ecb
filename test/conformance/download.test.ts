import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { describe, expect, it, onTestFinished } from 'vitest'

import { Transport, type TransportOptions } from '../../src/http/transport.ts'
import { collect } from '../../src/oci/descriptor.ts'
import { openRegistry } from '../../src/oci/registry/registry-target.ts'
import type { Target } from '../../src/oci/target.ts'
import { blobFrom } from '../oci/artifacts.ts'
import { startForwardProxy } from '../support/forward-proxy.ts'
import { always, impatientClock, opened } from '../support/registry/opened.ts'
import type { Switches } from '../support/registry/registry.ts'
import { serve } from '../support/serve.ts'
import { hurryStalls } from '../support/time.ts'

const TEXT = 'wasm'.repeat(256 * 1024)
const BYTES = Buffer.from(TEXT)
const { descriptor, open } = blobFrom(TEXT)
const SIZE = descriptor.size

const read = async (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> =>
  Buffer.from(await collect(chunks, 1 << 24, 'blob'))

/** A registry that holds the blob. */
async function stocked(switches: Switches = {}, options: TransportOptions = {}) {
  const scene = await opened(switches, options)
  await scene.target.push({ descriptor, open })
  scene.registry.log.length = 0
  const ranges = (): readonly (string | undefined)[] =>
    scene.registry.log.filter(({ method }) => method === 'GET').map(({ headers }) => headers.range)
  return { ...scene, ranges, fetched: () => read(scene.target.fetch(descriptor)) }
}

/** A server of the test's own where the blob should be; it hears how many requests came before. */
async function crude(
  answer: (request: IncomingMessage, response: ServerResponse, before: number) => void,
): Promise<{ readonly target: Target; readonly asked: IncomingMessage[]; readonly debug: string[] }> {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    answer(request, response, asked.length - 1)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const debug: string[] = []
  const transport = new Transport({ clock: impatientClock(), debug: (line) => debug.push(line) })
  onTestFinished(() => {
    transport.close()
    server.closeAllConnections()
    server.close()
  })
  const registry = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const options = { transport, credentials: always(undefined) }
  return {
    target: openRegistry({ kind: 'registry', registry, repository: 'team/app' }, options),
    asked,
    debug,
  }
}

/** Where a Range begins; 0 without one. */
const startOf = ({ headers }: IncomingMessage): number =>
  Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)

const rest = (from: number): string => `bytes ${from}-${SIZE - 1}/${SIZE}`

describe('a body that ends early', () => {
  it('F36: resumes by Range where it broke, and keeps the running hash', async () => {
    const { registry, target, ranges } = await stocked()
    let heard = 0
    registry.fault({ method: 'GET', times: 2, fault: { kind: 'truncate', after: 300_000 } })
    const bytes = await read(target.fetch(descriptor, { progress: (length) => (heard += length) }))
    expect(bytes.equals(BYTES)).toBe(true)
    expect(heard).toBe(SIZE)
    expect(ranges()).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/), expect.any(String)])
  })

  it('F36: resumes too where only the closed connection marks the end', async () => {
    const { target, asked } = await crude((request, response) => {
      const from = startOf(request)
      response.shouldKeepAlive = false
      response.removeHeader('transfer-encoding')
      response.useChunkedEncodingByDefault = false
      if (from > 0) response.writeHead(206, { 'content-range': rest(from) })
      response.end(BYTES.subarray(from, from + 400_000))
    })
    expect((await read(target.fetch(descriptor))).equals(BYTES)).toBe(true)
    expect(asked.map(startOf)).toEqual([0, 400_000, 800_000])
  })

  it('F36: is a digest mismatch where the registry has no more bytes', async () => {
    const { target, asked } = await crude((request, response) => {
      if (startOf(request) > 0) response.writeHead(416, { 'content-range': 'bytes */400000' }).end()
      else response.writeHead(200, { 'content-length': 400_000 }).end(BYTES.subarray(0, 400_000))
    })
    await expect(read(target.fetch(descriptor))).rejects.toMatchObject({ code: 'DIGEST_MISMATCH', exit: 5 })
    expect(asked).toHaveLength(1)
    const chunked = await crude((request, response) => {
      if (startOf(request) > 0) response.writeHead(416, { 'content-range': 'bytes */400000' }).end()
      else {
        response.write(BYTES.subarray(0, 400_000))
        response.end()
      }
    })
    await expect(read(chunked.target.fetch(descriptor))).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: expect.stringContaining(`ends after 400000 of ${SIZE} bytes`) as string,
    })
    expect(chunked.asked.map(startOf)).toEqual([0, 400_000, 0])
  })

  it('F36: fails after five breaks without progress, and never while it makes progress', async () => {
    const stuck = await stocked()
    stuck.registry.fault({ method: 'GET', fault: { kind: 'truncate', after: 10 } })
    await expect(stuck.fetched()).rejects.toMatchObject({ code: 'UNAVAILABLE', exit: 9 })
    expect(stuck.ranges()).toHaveLength(5)

    const text = 'wasm'.repeat(3 * 1024 * 1024)
    const whole = Buffer.from(text)
    const { target, asked } = await crude((request, response) => {
      const from = startOf(request)
      const length = whole.length - from
      const range = { 'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}` }
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': length, ...(from > 0 ? range : {}) })
      if (length <= 1_100_000) response.end(whole.subarray(from))
      else
        response.write(whole.subarray(from, from + 1_100_000), () => setImmediate(() => response.destroy()))
    })
    expect((await read(target.fetch(blobFrom(text).descriptor))).equals(whole)).toBe(true)
    expect(asked.length).toBeGreaterThan(8)
  })

  it('F36: fails where it stalls every time', async () => {
    const { registry, fetched, ranges } = await stocked()
    hurryStalls(registry)
    registry.fault({ method: 'GET', fault: { kind: 'stall', after: 10 } })
    await expect(fetched()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('stalled') as string,
    })
    expect(ranges()).toHaveLength(5)
  })
})

describe('a body with wrong bytes', () => {
  it('F37: that is too long is refused by its Content-Length, or at the first byte too many', async () => {
    let progress = 0
    const more = Buffer.concat([BYTES, BYTES])
    const announced = await crude((_, response) => {
      response.setHeader('content-length', more.length)
      response.end(more)
    })
    const operation = { progress: (bytes: number) => (progress += bytes) }
    await expect(read(announced.target.fetch(descriptor, operation))).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: expect.stringContaining(`has ${more.length} bytes, expected`) as string,
    })
    expect(progress).toBe(0)

    const endless = await crude((_, response) => {
      const pump = (): void => {
        while (!response.destroyed && response.write(BYTES));
        if (!response.destroyed) response.once('drain', pump)
      }
      pump()
    })
    await expect(read(endless.target.fetch(descriptor))).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: expect.stringContaining('is longer than its') as string,
    })
  })

  it('F38: of the right length is refused by its digest', async () => {
    const { registry, fetched } = await stocked()
    registry.fault({ method: 'GET', fault: { kind: 'flip' } })
    await expect(fetched()).rejects.toMatchObject({ code: 'DIGEST_MISMATCH', exit: 5 })
  })

  it('F38: in the resumed part is refused too', async () => {
    const { registry, fetched } = await stocked()
    registry.fault({ method: 'GET', times: 1, fault: { kind: 'truncate', after: 300_000 } })
    registry.fault({ method: 'GET', fault: { kind: 'flip' } })
    await expect(fetched()).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })
})

describe('a body that a proxy has compressed', () => {
  const gzip = { 'content-encoding': 'gzip', 'content-length': undefined }

  it('F40: is refused with a reason, and compression was never requested', async () => {
    const { registry, fetched } = await stocked()
    registry.fault({ method: 'GET', fault: { kind: 'headers', headers: gzip } })
    await expect(fetched()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('Content-Encoding "gzip"') as string,
      hint: expect.stringContaining('proxy') as string,
    })
    expect(registry.log.at(-1)!.headers['accept-encoding']).toBe('identity')
  })

  it('F40: is told from a wrong Content-Encoding on bytes that are right', async () => {
    const { registry, fetched } = await stocked()
    registry.fault({ method: 'GET', fault: { kind: 'headers', headers: { 'content-encoding': 'gzip' } } })
    expect((await fetched()).equals(BYTES)).toBe(true)
  })
})

describe('the answer to a Range', () => {
  /** The download breaks once; the answers that follow have these headers. */
  async function resumed(headers: Readonly<Record<string, string | undefined>>, times?: number) {
    const scene = await stocked()
    scene.registry.fault({ method: 'GET', times: 1, fault: { kind: 'truncate', after: 300_000 } })
    scene.registry.fault({
      method: 'GET',
      ...(times === undefined ? {} : { times }),
      fault: { kind: 'headers', headers },
    })
    return scene
  }

  it.each([
    ['another start', `bytes 5-${SIZE - 1}/${SIZE}`],
    ['another size', `bytes 300000-${SIZE}/${SIZE + 1}`],
    ['no range', undefined],
    ['nonsense', 'bytes */*'],
  ])('F43: 206 with %s is ignored, and the whole blob is requested', async (_, range) => {
    const { fetched, ranges } = await resumed({ 'content-range': range }, 1)
    expect((await fetched()).equals(BYTES)).toBe(true)
    expect(ranges()).toEqual([undefined, expect.any(String), undefined])
  })

  it('F44: 200 starts over, and the bytes already received are skipped', async () => {
    const { registry, target, ranges } = await stocked({ ranges: false })
    let heard = 0
    registry.fault({ method: 'GET', times: 2, fault: { kind: 'truncate', after: 300_000 } })
    const bytes = await read(target.fetch(descriptor, { progress: (length) => (heard += length) }))
    expect(bytes.equals(BYTES)).toBe(true)
    expect(heard).toBe(SIZE)
    expect(ranges()).toHaveLength(3)
  })

  it('F44: 200 with other bytes than before is refused by the digest', async () => {
    const { target } = await crude((_, response, before) => {
      response.setHeader('content-length', SIZE)
      if (before === 0)
        response.write(BYTES.subarray(0, 300_000), () => setImmediate(() => response.destroy()))
      else response.end(Buffer.alloc(SIZE, 'x'))
    })
    await expect(read(target.fetch(descriptor))).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  it('F45: 416 to the rest requests the whole blob', async () => {
    const { target, asked } = await crude((request, response, before) => {
      if (startOf(request) > 0) {
        // Harbor's: the length of the whole, and a body that never comes.
        response.writeHead(416, { 'content-length': SIZE })
        response.write('{"errors":[{"code":"UNKNOWN"}]}')
        return
      }
      response.writeHead(200, { 'content-length': SIZE })
      if (before === 0)
        response.write(BYTES.subarray(0, 300_000), () => setImmediate(() => response.destroy()))
      else response.end(BYTES)
    })
    expect((await read(target.fetch(descriptor))).equals(BYTES)).toBe(true)
    expect(asked.map(({ headers }) => headers.range)).toEqual([undefined, expect.any(String), undefined])
  })

  it('F45: no Range is requested once all bytes are here, however the connection ends', async () => {
    const { target, asked } = await crude((_, response) => {
      // Chunked, and the chunk that would end it is missing.
      response.write(BYTES, () => setImmediate(() => response.destroy()))
    })
    expect((await read(target.fetch(descriptor))).equals(BYTES)).toBe(true)
    expect(asked).toHaveLength(1)
  })
})

describe('storage that a registry redirects to', () => {
  it('F46: gets no credentials, also when a download resumes there', async () => {
    const scene = await opened(
      { blobs: 'other-origin', auth: { kind: 'basic', username: 'alice', password: 'canary' } },
      { credential: { kind: 'basic', username: 'alice', password: 'canary' } },
    )
    await scene.target.push({ descriptor, open })
    const { registry, target } = scene
    registry.fault({ path: /X-Amz/, times: 1, fault: { kind: 'truncate', after: 300_000 } })
    expect((await read(target.fetch(descriptor))).equals(BYTES)).toBe(true)
    const seen = registry.storage.log.filter(({ method }) => method === 'GET')
    expect(seen.map(({ headers }) => headers.range)).toEqual([undefined, expect.any(String)])
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined])
  })

  it('F47: in a loop, or after more than five hops, is refused', async () => {
    const { target, asked } = await crude((_, response) =>
      response.writeHead(307, { location: '/again' }).end(),
    )
    await expect(read(target.fetch(descriptor))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(asked).toHaveLength(6)
  })

  it.each(['http://169.254.169.254/latest/meta-data/', 'http://192.0.2.1/blob', 'file:///etc/passwd'])(
    'F47: at %s is refused without a request',
    async (location) => {
      const { target, asked } = await crude((_, response) => response.writeHead(307, { location }).end())
      await expect(read(target.fetch(descriptor))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
      expect(asked).toHaveLength(1)
    },
  )

  it.each([
    ['a public registry', '192.0.2.7', 'http://10.0.0.7/blob'],
    ['a public registry', '192.0.2.7', 'http://192.168.1.7/blob'],
    ['a public registry', '192.0.2.7', 'http://[fd12::7]/blob'],
    ['a public registry', '192.0.2.7', 'http://127.0.0.1/blob'],
    ['a private registry', '10.0.0.8', 'http://127.0.0.1/blob'],
    ['a private registry', '10.0.0.8', 'http://169.254.169.254/blob'],
  ])('F47: from %s at %s to a more private network is refused: %s', async (_, host, location) => {
    const own = await serve((_, response) => response.writeHead(307, { location }).end())
    const proxy = await startForwardProxy({ hosts: { [host]: own.port } })
    onTestFinished(() => proxy.close())
    const transport = new Transport({
      clock: impatientClock(),
      plainHttp: true,
      proxies: { http: { variable: 'HTTP_PROXY', url: proxy.url } },
    })
    onTestFinished(() => transport.close())
    const options = { transport, credentials: always(undefined) }
    const target = openRegistry({ kind: 'registry', registry: host, repository: 'team/app' }, options)
    await expect(read(target.fetch(descriptor))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      details: { reason: 'ADDRESS_REFUSED' },
    })
    expect(proxy.log.map(({ url }) => url)).toEqual([`http://${host}/v2/team/app/blobs/${descriptor.digest}`])
  })

  it('F48: whose presigned URL has expired is reached by a new one from the registry when the download resumes', async () => {
    const scene = await stocked({ blobs: 'other-origin' })
    const { registry, fetched, ranges } = scene
    const expired = { kind: 'status', status: 403, body: '<Error><Code>AccessDenied</Code></Error>' } as const
    registry.fault({ path: /X-Amz/, times: 1, fault: { kind: 'truncate', after: 300_000 } })
    registry.fault({ path: /X-Amz/, times: 1, fault: expired })
    expect((await fetched()).equals(BYTES)).toBe(true)
    expect(ranges()).toEqual([undefined, expect.any(String), expect.any(String)])
  })

  it('F48: that refuses every URL is named in the error, and neither credentials nor signature are', async () => {
    const { registry, fetched, debug } = await stocked({ blobs: 'other-origin' })
    const body = '<Error><Code>SignatureDoesNotMatch</Code><StringToSign>canary</StringToSign></Error>'
    registry.fault({ path: /X-Amz/, fault: { kind: 'status', status: 403, body } })
    const { host } = new URL(registry.storage.origin)
    await expect(fetched()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      exit: 9,
      message: expect.stringMatching(
        new RegExp(`^storage ${host}.*403 Forbidden \\(SignatureDoesNotMatch\\)`),
      ) as string,
    })
    expect(registry.storage.log).toHaveLength(5)
    expect(debug.join('\n')).not.toMatch(/canary|presigned-secret/)
  })
})
