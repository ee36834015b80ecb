import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { describe, expect, it, onTestFinished } from 'vitest'

import type { Clock } from '../../src/http/retry.ts'
import { Transport, type TransportOptions } from '../../src/http/transport.ts'
import { openRegistry } from '../../src/oci/registry/registry-target.ts'
import { blobFrom, pushThing } from '../oci/artifacts.ts'
import { always, opened } from '../support/registry/opened.ts'

/** A server that is away until the client's clock has passed `until`, in milliseconds. */
async function restarting(
  as: 502 | 503 | 504 | 'refused' | 'reset',
  until: number,
  options: TransportOptions = {},
  answer: RequestListener = (_, response) => response.end('back'),
) {
  const waits: number[] = []
  const now = (): number => waits.reduce((sum, wait) => sum + wait, 0)
  let asked = 0
  const server = createServer((request, response) => {
    asked++
    if (now() >= until) answer(request, response)
    else if (as === 'reset') request.socket.destroy()
    else response.writeHead(Number(as)).end()
  })
  const port = await listen(server, 0)
  if (as === 'refused') await close(server)
  onTestFinished(() => close(server))
  const clock: Clock = {
    now,
    random: () => 0.5,
    async sleep(milliseconds) {
      waits.push(milliseconds)
      if (as === 'refused' && now() >= until && !server.listening) await listen(server, port)
    },
  }
  const notes: string[] = []
  const transport = new Transport({ clock, note: (line) => notes.push(line), ...options })
  onTestFinished(() => transport.close())
  return { transport, notes, clock, host: `127.0.0.1:${port}`, asked: () => asked }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

const KINDS = [502, 503, 504, 'refused', 'reset'] as const

describe('a registry that restarts', () => {
  it.each(KINDS)('and is away for 29 seconds (%s) is waited for', async (as) => {
    const { transport, host, notes } = await restarting(as, 29_000)
    const response = await transport.send({ method: 'GET', url: `http://${host}/` })
    expect(response.status).toBe(200)
    await response.discard()
    expect(notes.at(-1)).toMatch(/ \(attempt \d\); retrying in \d+ s$/)
  })

  it.each(KINDS)('and is away for longer (%s) is given up after 30 seconds', async (as) => {
    const { transport, host, clock } = await restarting(as, 31_000)
    const asked = transport.send({ method: 'GET', url: `http://${host}/` })
    if (typeof as === 'number') expect((await asked).status).toBe(as)
    else await expect(asked).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(clock.now()).toBe(30_000)
  })

  it.each(KINDS)('is waited for as long as --timeout allows (%s)', async (as) => {
    const { transport, host } = await restarting(as, 280_000, { deadline: 300_000 })
    const response = await transport.send({ method: 'GET', url: `http://${host}/` })
    expect(response.status).toBe(200)
    await response.discard()
  })

  it.each(KINDS)('is not waited for beyond --timeout (%s)', async (as) => {
    const { transport, host, clock } = await restarting(as, 12_000, { deadline: 10_000 })
    const asked = transport.send({ method: 'GET', url: `http://${host}/` })
    if (typeof as === 'number') expect((await asked).status).toBe(as)
    else await expect(asked).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(clock.now()).toBeGreaterThan(9000)
    expect(clock.now()).toBeLessThan(10_000)
  })

  it('is asked as often as --retries says, if it is given', async () => {
    const { transport, host, asked } = await restarting(503, 60_000, { retries: 2 })
    expect((await transport.send({ method: 'GET', url: `http://${host}/` })).status).toBe(503)
    expect(asked()).toBe(3)
  })

  it('is not waited for where the content is at another location too', async () => {
    const { transport, host, asked } = await restarting(502, 60_000)
    const reference = { kind: 'registry', registry: host, repository: 'team/app' } as const
    const mirror = openRegistry(reference, {
      transport,
      credentials: always(undefined),
      hasAlternative: true,
    })
    await expect(mirror.manifest('1')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(asked()).toBe(5)
  })

  it('with its token service is waited for, and one waiting time serves both', async () => {
    const { transport, host, clock } = await restarting(502, 60_000)
    const { registry } = await opened({
      auth: { kind: 'bearer', username: 'ci', password: 'p', realm: `http://${host}/token` },
    })
    const reference = { kind: 'registry', registry: registry.host, repository: 'team/app' } as const
    const target = openRegistry(reference, { transport, credentials: always(undefined) })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      details: { attempts: 10 },
    })
    expect(clock.now()).toBe(30_000)
  })

  it('during an upload costs it no attempt for the look at what arrived', async () => {
    const { registry, target, waits } = await opened({})
    const blob = blobFrom('wasm'.repeat(20_000_000))
    registry.fault({ method: 'PATCH', times: 1, fault: { kind: 'drop-upload', after: 1_000_000 } })
    // Four of five attempts fail on each of the two requests.
    registry.fault({ method: 'GET', path: /\/uploads\//, times: 4, fault: { kind: 'status', status: 500 } })
    registry.fault({ method: 'PATCH', times: 3, fault: { kind: 'status', status: 500 } })
    expect(await target.push(blob)).toBe('pushed')
    expect(waits).toHaveLength(8)
  })
})

it('a module is pushed and pulled while each request fails for seconds first', async () => {
  const { registry, target } = await opened()
  for (const method of ['POST', 'PUT', 'HEAD', 'GET'])
    registry.fault({ method, times: 4, fault: { kind: 'status', status: 502 } })
  const manifest = await pushThing(target, 'a module', '1')
  expect((await target.manifest('1')).digest).toBe(manifest.digest)
})
