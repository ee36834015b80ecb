import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { Transport } from '../../src/http/transport.ts'
import { collect } from '../../src/oci/descriptor.ts'
import { parseManifest } from '../../src/oci/manifest.ts'
import { blobFrom, pushThing } from '../oci/artifacts.ts'
import { impatientClock, opened } from '../support/registry/opened.ts'
import { hurryStalls, passTime, stopTime, until } from '../support/time.ts'

const LARGE = 'wasm'.repeat(100_000)
const large = blobFrom(LARGE)

async function holding(options: Parameters<typeof opened>[1] = {}) {
  const scene = await opened({}, options)
  scene.registry.store.repository('team/app').blobs.set(large.descriptor.digest, Buffer.from(LARGE))
  const read = (): Promise<Uint8Array> => collect(scene.target.fetch(large.descriptor), 1 << 20, 'blob')
  return { ...scene, read }
}

describe('an answer', () => {
  it.each(['chunked', 'until-close'] as const)(
    'F39: without a length is read to its end (%s)',
    async (kind) => {
      const { registry, read } = await holding()
      registry.fault({ path: /\/blobs\//, fault: { kind } })
      expect(Buffer.from(await read()).toString() === LARGE).toBe(true)
    },
  )

  it('F41: that does not begin times out and is requested again', async () => {
    const { registry, read } = await holding()
    hurryStalls(registry)
    registry.fault({ path: /\/blobs\//, times: 2, fault: { kind: 'stall' } })
    expect(await read()).toHaveLength(LARGE.length)
    expect(registry.log.filter(({ url }) => url.includes('/blobs/'))).toHaveLength(3)
  })

  it('F41: that stalls is resumed where it stalled', async () => {
    const { registry, read } = await holding()
    hurryStalls(registry)
    registry.fault({ path: /\/blobs\//, times: 1, fault: { kind: 'stall', after: 100_000 } })
    expect(await read()).toHaveLength(LARGE.length)
    expect(registry.log.at(-1)!.headers['range']).toBe('bytes=100000-')
  })

  it('F42: that trickles in byte by byte times out like one that stalls', async () => {
    const { registry, read } = await holding()
    registry.fault({ path: /\/blobs\//, fault: { kind: 'drip', every: 1000 } })
    stopTime()
    const reading = read()
    await until(() => registry.log.length > 0)
    await expect(passTime(reading)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('too slowly') as string,
      details: { reason: 'BODY_TOO_SLOW' },
    })
  })

  it('F42: does not time out because its reader is slow', async () => {
    const { target } = await holding({ timeouts: { pace: { bytes: 2 * LARGE.length, within: 60_000 } } })
    stopTime()
    let size = 0
    for await (const chunk of target.fetch(large.descriptor)) {
      size += chunk.length
      vi.advanceTimersByTime(60_000)
    }
    expect(size).toBe(LARGE.length)
  })
})

describe('a registry that asks to wait', () => {
  it.each([
    ['seconds', '7', 7000],
    ['a date', 'Thu, 01 Jan 1970 00:00:09 GMT', 9000],
  ])('F59: is waited for as long as Retry-After says, in %s', async (_, header, wait) => {
    const { registry, read, waits } = await holding()
    const headers = { 'retry-after': header }
    registry.fault({ path: /\/blobs\//, times: 1, fault: { kind: 'status', status: 429, headers } })
    expect(await read()).toHaveLength(LARGE.length)
    expect(waits).toEqual([wait])
  })

  it('F59: for more than two minutes fails at once', async () => {
    const { registry, read, waits, debug } = await holding()
    const headers = { 'retry-after': '86400' }
    registry.fault({ path: /\/blobs\//, fault: { kind: 'status', status: 429, headers } })
    await expect(read()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      hint: expect.stringContaining('86400') as string,
    })
    expect(waits).toEqual([])
    expect(debug.join('\n')).toContain('is too long')
  })

  it('F59: for longer than --timeout leaves fails at once', async () => {
    const { registry, read, waits } = await holding({ deadline: 60_000 })
    const headers = { 'retry-after': '90' }
    registry.fault({ path: /\/blobs\//, fault: { kind: 'status', status: 503, headers } })
    await expect(read()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(waits).toEqual([])
  })

  it("F59: with Docker Hub's bare line feeds is asked again", async () => {
    let asked = 0
    const server = createServer((socket) => {
      socket.once('data', () => {
        asked++
        socket.end(
          asked === 1
            ? 'HTTP/1.1 429 Too Many Requests\nRetry-After: 60\nContent-Type: text/plain\n\nHAP429'
            : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}',
        )
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const transport = new Transport({ clock: impatientClock() })
    const { port } = server.address() as AddressInfo
    const response = await transport.send({ method: 'GET', url: `http://127.0.0.1:${port}/` })
    expect(response.status).toBe(200)
    expect(asked).toBe(2)
    transport.close()
  })

  it('F59: again and again is waited for five minutes at most in all', async () => {
    const { registry, read, waits } = await holding()
    const headers = { 'retry-after': '110' }
    registry.fault({ path: /\/blobs\//, fault: { kind: 'status', status: 503, headers } })
    await expect(read()).rejects.toMatchObject({ code: 'UNAVAILABLE', exit: 9 })
    expect(waits).toEqual([110_000, 110_000])
  })

  it('F59: has each attempt logged under --debug, with its reason and its wait', async () => {
    const { registry, read, debug } = await holding()
    const headers = { 'retry-after': '7' }
    registry.fault({ path: /\/blobs\//, times: 1, fault: { kind: 'status', status: 429, headers } })
    registry.fault({ path: /\/blobs\//, times: 1, fault: { kind: 'drop' } })
    await read()
    expect(debug.filter((line) => line.includes('attempt'))).toEqual([
      expect.stringMatching(/^\* 429 .*: attempt 1 of 5 failed; retrying in 7000 ms$/),
      expect.stringMatching(/^\* .* closed the connection: attempt 2 failed; retrying in \d+ ms$/),
    ])
  })

  it('F59: is asked no more often than --retries says', async () => {
    const { registry, read } = await holding({ retries: 1 })
    registry.fault({ path: /\/blobs\//, fault: { kind: 'status', status: 503 } })
    await expect(read()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(registry.log.filter(({ url }) => url.includes('/blobs/'))).toHaveLength(2)
  })
})

describe('what stderr says of failed attempts', () => {
  it('F59: a line for each wait of more than a second, and none for a shorter one', async () => {
    const notes: string[] = []
    const { registry, read, waits } = await holding({ note: (line) => notes.push(line) })
    const passing = { path: /\/blobs\//, times: 1 }
    registry.fault({ ...passing, fault: { kind: 'status', status: 503, headers: { 'retry-after': '3' } } })
    registry.fault({ ...passing, fault: { kind: 'status', status: 503, headers: { 'retry-after': '1' } } })
    registry.fault({ ...passing, fault: { kind: 'drop' } })
    expect(await read()).toHaveLength(LARGE.length)
    expect(waits).toEqual([3000, 1000, 500])
    expect(notes).toEqual([`${registry.host} answered 503 Service Unavailable (attempt 1); retrying in 3 s`])
  })

  it('F41: a line for an attempt that itself took long', async () => {
    const notes: string[] = []
    let now = 0
    const { registry, read } = await holding({
      clock: { ...impatientClock(), now: () => now },
      note: (line) => notes.push(line),
      debug: () => (now += 30_000),
    })
    hurryStalls(registry)
    registry.fault({ path: /\/blobs\//, times: 1, fault: { kind: 'stall' } })
    expect(await read()).toHaveLength(LARGE.length)
    expect(notes).toEqual([
      `${registry.host} accepted the connection, but did not respond in time (attempt 1 of 5); retrying now`,
    ])
  })

  it.each([
    ['an answer', { kind: 'status', status: 503 }],
    ['a break', { kind: 'drop' }],
    ['a break in the middle', { kind: 'truncate', after: 10 }],
  ] as const)('F59: the number of attempts in the final error, for %s', async (_, fault) => {
    const { registry, read } = await holding({ retries: 2 })
    registry.fault({ path: /\/blobs\//, fault })
    await expect(read()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/; gave up after 3 attempts$/) as string,
      details: { attempts: 3 },
    })
    expect(registry.log.filter(({ url }) => url.includes('/blobs/'))).toHaveLength(3)
  })

  it.each([
    ['a blob', /\/blobs\//, '1'],
    ['a manifest under its digest', /\/manifests\//, undefined],
    ['a manifest under a tag', /\/manifests\//, '1'],
  ])('F59: the number of attempts where %s is pushed', async (_, path, tag) => {
    const { registry, target } = await opened({}, { retries: 2 })
    registry.fault({ method: 'PUT', path, fault: { kind: 'drop' } })
    await expect(pushThing(target, 'a module', tag)).rejects.toMatchObject({
      message: `${registry.host} closed the connection; gave up after 3 attempts`,
      details: { attempts: 3 },
    })
  })

  it('F59: nothing of attempts where there was one', async () => {
    const { registry, read } = await holding({ retries: 0 })
    registry.fault({ path: /\/blobs\//, fault: { kind: 'drop' } })
    await expect(read()).rejects.toMatchObject({ message: `${registry.host} closed the connection` })
  })
})

describe('a size', () => {
  it('S7: that is huge allocates nothing', async () => {
    const { registry, target } = await holding()
    const size = 2 ** 53 - 1
    const before = process.memoryUsage().arrayBuffers
    await expect(collect(target.fetch({ ...large.descriptor, size }), size, 'blob')).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024)
    expect(registry.log.length).toBeLessThan(10)
  })

  it.each(['4611686018427387904', '-1', '1.5', '"1"', '1e400'])('S7: of %s is refused', (size) => {
    const digest = large.descriptor.digest
    const config = `{"mediaType":"application/vnd.oci.empty.v1+json","digest":"${digest}","size":2}`
    const layer = `{"mediaType":"application/wasm","digest":"${digest}","size":${size}}`
    const text = `{"schemaVersion":2,"config":${config},"layers":[${layer}]}`
    expect(() => parseManifest(Buffer.from(text), undefined)).toThrow('size')
  })
})
