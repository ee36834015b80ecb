import { describe, expect, it, onTestFinished } from 'vitest'

import { Transport } from '../../src/http/transport.ts'
import type { Blob, UnhashedBlob } from '../../src/oci/descriptor.ts'
import { openRegistry } from '../../src/oci/registry/registry-target.ts'
import { blobFrom } from '../oci/artifacts.ts'
import { AUTHORITY, SERVER_CERTIFICATE, SERVER_KEY } from '../support/certificates.ts'
import { startForwardProxy } from '../support/forward-proxy.ts'
import { always, impatientClock, opened } from '../support/registry/opened.ts'
import type { Registry } from '../support/registry/registry.ts'
import { TEST_AUTHORITY } from '../support/registry/tls.ts'
import { serve } from '../support/serve.ts'

const LARGE = 'wasm'.repeat(256 * 1024)
const large = blobFrom(LARGE)
const inPieces = (blob: Blob, size = 10_000): Blob => ({
  descriptor: blob.descriptor,
  async *open() {
    for await (const bytes of blob.open())
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  },
})

/** Content whose digest is found out on its way, as a large layer's is. */
const source = (text = LARGE): UnhashedBlob => ({
  size: text.length,
  async *open() {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000)
  },
})
const stored = (registry: Registry): string | undefined =>
  registry.store.repository('team/app').blobs.get(large.descriptor.digest)?.toString()
const methods = (registry: Registry): readonly string[] =>
  [...registry.log, ...registry.storage.log].map(({ method }) => method)

describe('push of a blob', () => {
  it.each(['relative', 'absolute', 'other-origin'] as const)(
    'F1 F2 F3: follows a Location that is %s, with its query byte for byte',
    async (location) => {
      const { registry, target } = await opened({ location })
      expect(await target.push(blobFrom('a module'))).toBe('pushed')
      const put = [...registry.log, ...registry.storage.log].find(({ method }) => method === 'PUT')!
      if (location !== 'relative')
        expect(put.url).toContain('?_state=secret-state%2Ba%3D%3D&x=|&digest=sha256')
      else expect(put.url).toMatch(/uploads\/[a-f0-9-]+\?digest=sha256/)
    },
  )

  it.each(['relative', 'absolute', 'other-origin'] as const)(
    'F1 F2 F3: follows the Location of POST and of PATCH, each once, where they are %s',
    async (location) => {
      const { registry, target } = await opened({ location })
      expect(await target.pushUnhashed(source())).toBe(large.descriptor.digest)
      const all = [...registry.log, ...registry.storage.log]
      const [patch, put] = ['PATCH', 'PUT'].map((asked) => all.find(({ method }) => method === asked)!.url)
      if (location !== 'relative') {
        expect(patch).toMatch(/\?_state=secret-state%2Ba%3D%3D&x=\|$/)
        expect(put).toContain(`?_state=secret-state%2Ba%3D%3D&x=|&at=${LARGE.length}&digest=sha256`)
      }
      expect(stored(registry)).toBe(LARGE)
    },
  )

  it('F7: keeps the upload URL when the answer to a PATCH has no Location', async () => {
    const { registry, target } = await opened()
    registry.fault({ method: 'PATCH', fault: { kind: 'headers', headers: { location: undefined } } })
    expect(await target.pushUnhashed(source())).toBe(large.descriptor.digest)
    expect(methods(registry)).toEqual(['POST', 'PATCH', 'PUT'])
  })

  it.each([
    ['a status that passes', { kind: 'status', status: 502 }],
    ['a dropped connection', { kind: 'drop' }],
    ['a connection that drops in the middle', { kind: 'drop-upload', after: 200_000 }],
    ['a lost session', { kind: 'status', status: 404 }],
  ] as const)('F15 F16: opens a new session after %s', async (_, fault) => {
    const { registry, target } = await opened()
    registry.fault({ method: 'PUT', times: 2, fault })
    expect(await target.push(inPieces(large))).toBe('pushed')
    const puts = registry.log.filter(({ method }) => method === 'PUT').map(({ url }) => url)
    expect(new Set(puts).size).toBe(3)
    expect(registry.store.repository('team/app').blobs.get(large.descriptor.digest)).toHaveLength(
      LARGE.length,
    )
  })

  it('waits as long as the registry asks for', async () => {
    const { registry, target, waits } = await opened()
    registry.fault({
      method: 'PUT',
      times: 1,
      fault: { kind: 'status', status: 429, headers: { 'retry-after': '7' } },
    })
    await target.push(blobFrom('a module'))
    expect(waits).toEqual([7000])
  })

  it('gives up after five sessions', async () => {
    const { registry, target } = await opened()
    registry.fault({ method: 'PUT', fault: { kind: 'status', status: 500 } })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(registry.log.filter(({ method }) => method === 'PUT')).toHaveLength(5)
  })

  it('F17: reads a refusal that arrives while the body is still being sent', async () => {
    const { registry, target } = await opened()
    const body = '<html><head><title>413 Request Entity Too Large</title></head></html>'
    registry.fault({ method: 'PUT', fault: { kind: 'early-status', status: 413, body } })
    const huge = blobFrom('wasm'.repeat(4 * 1024 * 1024))
    await expect(target.push(inPieces(huge, 100_000))).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: expect.stringContaining('413 Request Entity Too Large') as string,
    })
    expect(registry.log.filter(({ method }) => method === 'PUT')).toHaveLength(1)
  })

  it.each([
    ['by PUT', false],
    ['by PUT over TLS', true],
    ['by PATCH over TLS', true],
  ])('F17: reports the body size limit of a proxy, sent %s', async (way, tls) => {
    const size = 16 * 1024 * 1024
    const { registry, target } = await opened(
      { bodyLimit: 1024 * 1024, tls },
      { ca: TEST_AUTHORITY, plainHttp: !tls },
    )
    const text = 'wasm'.repeat(size / 4)
    const sent = way.startsWith('by PUT')
      ? target.push(inPieces(blobFrom(text), 100_000))
      : target.pushUnhashed(source(text))
    await expect(sent).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      exit: 8,
      message: expect.stringContaining(`limits the size of uploads, and ${size} bytes exceed it`) as string,
      hint: expect.stringContaining('client_max_body_size') as string,
    })
    expect(registry.log.filter(({ method }) => method === 'PUT' || method === 'PATCH')).toHaveLength(1)
  })

  it('F7 F25: names an exceeded quota, and a missing Location', async () => {
    const full = await opened({ quota: 4 })
    await expect(full.target.push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      exit: 8,
      message: expect.stringContaining('the storage quota of the project is exceeded') as string,
      hint: expect.stringContaining('larger quota') as string,
    })
    expect(methods(full.registry)).toEqual(['POST', 'PUT', 'DELETE'])
    const mute = await opened({ location: 'none' })
    await expect(mute.target.push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('Location') as string,
    })
  })
})

describe('an upload that is given up', () => {
  const cancelled = (registry: Registry): void => {
    expect(registry.requests().at(-1)).toBe('DELETE /v2/team/app/blobs/uploads/*')
    expect(registry.store.uploads.size).toBe(0)
  }
  const reason = new Error('enough')

  it.each(['relative', 'absolute'] as const)(
    'is cancelled when it is aborted, where the Location is %s',
    async (location) => {
      const { registry, target } = await opened({ location })
      const abort = new AbortController()
      const progress = (): void => abort.abort(reason)
      await expect(target.push(inPieces(large), { signal: abort.signal, progress })).rejects.toBe(reason)
      cancelled(registry)
    },
  )

  it('is cancelled when the whole run is ended, with the token it has', async () => {
    const account = { username: 'alice', password: 'secret' }
    const abort = new AbortController()
    const { registry, target } = await opened(
      { auth: { kind: 'bearer', ...account } },
      { credential: { kind: 'basic', ...account }, signal: abort.signal },
    )
    const progress = (): void => abort.abort(reason)
    await expect(target.push(inPieces(large), { progress })).rejects.toBe(reason)
    cancelled(registry)
  })

  it('is cancelled when it is aborted between two attempts', async () => {
    const abort = new AbortController()
    const clock = {
      ...impatientClock(),
      async sleep() {
        abort.abort(reason)
        throw reason
      },
    }
    const { registry, target } = await opened({}, { clock })
    registry.fault({ method: 'PUT', fault: { kind: 'status', status: 503 } })
    await expect(target.push(blobFrom('a module'), { signal: abort.signal })).rejects.toBe(reason)
    expect(methods(registry)).toEqual(['POST', 'PUT', 'DELETE'])
    cancelled(registry)
  })

  it('is cancelled when its source fails, with the error of the source', async () => {
    const { registry, target } = await opened()
    const broken: Blob = {
      descriptor: large.descriptor,
      async *open() {
        yield Buffer.from('wasm')
        throw reason
      },
    }
    await expect(target.push(broken)).rejects.toBe(reason)
    cancelled(registry)
  })

  it('is cancelled when it was refused, with every session that it took', async () => {
    const { registry, target } = await opened()
    registry.fault({ method: 'PUT', fault: { kind: 'status', status: 500 } })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(methods(registry).filter((method) => method === 'DELETE')).toHaveLength(5)
    cancelled(registry)
  })

  it('is cancelled at its latest Location, where another one is refused', async () => {
    const { registry, target } = await opened()
    registry.fault({ method: 'PUT', fault: { kind: 'status', status: 403 } })
    registry.fault({ method: 'DELETE', times: 1, fault: { kind: 'status', status: 416 } })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({ exit: 7 })
    expect(methods(registry)).toEqual(['POST', 'PUT', 'DELETE', 'GET', 'DELETE'])
    cancelled(registry)
  })

  it.each([
    ['405', { kind: 'status', status: 405 }, 1],
    ['416 every time', { kind: 'status', status: 416 }, 3],
    ['503', { kind: 'status', status: 503 }, 1],
    ['a closed connection', { kind: 'drop' }, 1],
    ['nothing', { kind: 'stall' }, 1],
  ] as const)('ends with its own error where a DELETE is answered with %s', async (_, fault, times) => {
    const { registry, target, waits } = await opened()
    registry.fault({ method: 'PUT', fault: { kind: 'status', status: 403 } })
    registry.fault({ method: 'DELETE', fault })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({
      exit: 7,
      message: expect.stringContaining('upload of blob') as string,
    })
    expect(methods(registry).filter((method) => method === 'DELETE')).toHaveLength(times)
    expect(waits).toEqual([])
  })

  it('is not cancelled where nobody answers any more', async () => {
    const { registry, target } = await opened()
    registry.fault({ method: 'PUT', fault: { kind: 'drop' } })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(methods(registry)).not.toContain('DELETE')
  })
})

describe('push of a blob to a bare HTTP server', () => {
  it.each([
    ['registry.example', 'https://registry.example:443'],
    ['registry.example:443', 'https://registry.example'],
    ['registry.example:443', 'https://REGISTRY.example:443'],
  ])('F4: treats a Location with the default port as the same origin: %s, %s', async (registry, origin) => {
    const server = await serve(
      ({ method, headers }, response) => {
        if (headers.authorization === undefined)
          response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end()
        else if (method === 'POST') response.writeHead(202, { location: `${origin}/v2/x?_state=a%2Fb` }).end()
        else response.writeHead(201).end()
      },
      { cert: SERVER_CERTIFICATE, key: SERVER_KEY },
    )
    const between = await startForwardProxy({ hosts: { 'registry.example': server.port } })
    const transport = new Transport({
      ca: AUTHORITY,
      proxies: { https: { variable: 'HTTPS_PROXY', url: between.url } },
    })
    onTestFinished(async () => {
      transport.close()
      await between.close()
    })
    const credentials = always({ kind: 'basic', username: 'alice', password: 'secret' })
    const reference = { kind: 'registry', registry, repository: 'team/app' } as const
    expect(await openRegistry(reference, { transport, credentials }).push(blobFrom('a module'))).toBe(
      'pushed',
    )
    expect(
      server.seen.map(({ method, headers }) => `${method} ${headers.authorization?.split(' ')[0]}`),
    ).toEqual(['POST undefined', 'POST Basic', 'PUT Basic'])
    expect(server.seen.at(-1)!.url).toMatch(/^\/v2\/x\?_state=a%2Fb&digest=sha256/)
  })

  it.each([
    ['whole', () => large],
    ['by PATCH', source],
  ] as const)('F6 S1: sends no credentials to a Location on another origin (%s)', async (_, content) => {
    const account = { username: 'alice', password: 'canary-password' }
    const { registry, target } = await opened(
      { location: 'other-origin', auth: { kind: 'basic', ...account } },
      { credential: { kind: 'basic', ...account } },
    )
    const blob = content()
    if ('descriptor' in blob) await target.push(blob)
    else await target.pushUnhashed(blob)
    expect(registry.storage.log.length).toBeGreaterThan(0)
    expect(registry.storage.log.some(({ headers }) => headers['authorization'] !== undefined)).toBe(false)
    expect(stored(registry)).toBe(LARGE)
  })

  it('F8: treats 201 with a Location as an opened session', async () => {
    const { registry, target } = await opened()
    registry.fault({
      method: 'POST',
      times: 1,
      fault: { kind: 'status', status: 201, headers: { location: '/v2/team/app/blobs/uploads/none' } },
    })
    expect(await target.push(large)).toBe('pushed')
    // It is sent to where the 201 points, which is nowhere, and after that to where a 202 does.
    expect(methods(registry)).toEqual(['HEAD', 'POST', 'PUT', 'HEAD', 'POST', 'PUT'])
    expect(registry.log[2]!.url).toMatch(/^\/v2\/team\/app\/blobs\/uploads\/none\?digest=/)
    expect(stored(registry)).toBe(LARGE)
  })
})

describe('a mount', () => {
  it.each([
    [201, 'mounted', ['POST']],
    [202, 'pushed', ['POST', 'PUT']],
    [400, 'pushed', ['POST', 'POST', 'PUT']],
    [401, 'pushed', ['POST', 'POST', 'PUT']],
    [404, 'pushed', ['POST', 'POST', 'PUT']],
    [405, 'pushed', ['POST', 'POST', 'PUT']],
  ] as const)('F9: answered %i ends as %s', async (mount, outcome, expected) => {
    const { registry, target } = await opened({ mount })
    registry.store.repository('team/base').blobs.set(large.descriptor.digest, Buffer.from(LARGE))
    expect(await target.push(large, { from: 'team/base' })).toBe(outcome)
    expect(methods(registry)).toEqual(expected)
    expect(stored(registry)).toBe(LARGE)
  })

  it('F9: of a large blob that is not mounted is followed by a HEAD, and a blob that exists is not uploaded', async () => {
    const { registry, target } = await opened({ mount: 202 })
    registry.store.repository('team/app').blobs.set(large.descriptor.digest, Buffer.from(LARGE))
    const huge = { ...large, descriptor: { ...large.descriptor, size: 65 * 1024 * 1024 } }
    expect(await target.push(huge, { from: 'team/base' })).toBe('present')
    expect(methods(registry)).toEqual(['POST', 'HEAD', 'DELETE'])
    expect(registry.store.uploads.size).toBe(0)
  })

  it('S19: is never requested from a repository that the user did not name', async () => {
    const { registry, target } = await opened({ dedupe: true })
    registry.store.repository('team/base').blobs.set(large.descriptor.digest, Buffer.from(LARGE))
    await target.push(blobFrom('small'))
    await target.pushUnhashed(source())
    expect(registry.log.filter(({ url }) => url.includes('mount='))).toEqual([])
  })

  it('S19: asks the token service for both repositories, and for no other', async () => {
    const account = { username: 'alice', password: 'secret' }
    const { registry, target } = await opened(
      { auth: { kind: 'bearer', ...account } },
      { credential: { kind: 'basic', ...account } },
    )
    registry.store.repository('team/base').blobs.set(large.descriptor.digest, Buffer.from(LARGE))
    expect(await target.push(large, { from: 'team/base' })).toBe('mounted')
    const { url } = registry.log.find((request) => request.url.startsWith('/token'))!
    expect(new URL(url, registry.origin).searchParams.getAll('scope')).toEqual([
      'repository:team/app:pull,push',
      'repository:team/base:pull',
    ])
  })
})

describe('a blob that is hashed while it is uploaded', () => {
  it('F14: is sent in one PATCH, which as the last chunk may be of any size', async () => {
    const { registry, target } = await opened({ chunkMinLength: 1 << 30 })
    expect(await target.pushUnhashed(source())).toBe(large.descriptor.digest)
    expect(methods(registry)).toEqual(['POST', 'PATCH', 'PUT'])
    const patch = registry.log.find(({ method }) => method === 'PATCH')!
    expect(patch.headers).toMatchObject({ 'content-length': String(LARGE.length) })
    expect(patch.headers['content-range']).toBeUndefined()
  })

  it.each([201, 202, 204] as const)('F10: continues after a PATCH answered %i', async (patchStatus) => {
    const { registry, target } = await opened({ patchStatus })
    expect(await target.pushUnhashed(source())).toBe(large.descriptor.digest)
    expect(stored(registry)).toBe(LARGE)
  })

  it.each(['none', 'zero', 'stale', 'one-too-many'] as const)(
    'F11: ignores the Range in the answer to a PATCH (%s)',
    async (patchRange) => {
      const { registry, target } = await opened({ patchRange })
      expect(await target.pushUnhashed(source())).toBe(large.descriptor.digest)
      expect(stored(registry)).toBe(LARGE)
    },
  )

  it('F11: is uploaded again from the start where the registry lost the bytes of a PATCH', async () => {
    const { registry, target } = await opened()
    registry.fault({
      method: 'PUT',
      times: 1,
      fault: { kind: 'status', status: 400, body: '{"errors":[{"code":"DIGEST_INVALID"}]}' },
    })
    expect(await target.pushUnhashed(source())).toBe(large.descriptor.digest)
    expect(methods(registry)).toEqual(['POST', 'PATCH', 'PUT', 'HEAD', 'POST', 'PUT'])
    expect(stored(registry)).toBe(LARGE)
  })

  it('F12: resumes after a broken PATCH at the offset that the registry reports', async () => {
    const { registry, target } = await opened()
    registry.fault({ method: 'PATCH', times: 1, fault: { kind: 'drop-upload', after: 500_000 } })
    expect(await target.pushUnhashed(source())).toBe(large.descriptor.digest)
    expect(methods(registry)).toEqual(['POST', 'PATCH', 'GET', 'PATCH', 'PUT'])
    expect(registry.log.at(-2)!.headers['content-range']).toMatch(/^\d{6}-1048575$/)
    expect(stored(registry)).toBe(LARGE)
  })

  it.each([true, false])(
    'F11 F12: opens a new session where GET of the old one reports too many bytes every time (Content-Range checked: %s)',
    async (contentRange) => {
      const { registry, target } = await opened({ contentRange })
      registry.fault({ method: 'PATCH', times: 1, fault: { kind: 'drop-upload', after: 500_000 } })
      registry.fault({
        method: 'GET',
        path: /\/uploads\//,
        fault: { kind: 'headers', headers: { range: 'bytes=0-700000' } },
      })
      expect(await target.pushUnhashed(source())).toBe(large.descriptor.digest)
      expect(stored(registry)).toBe(LARGE)
      expect(methods(registry)).toEqual(
        contentRange
          ? ['POST', 'PATCH', 'GET', 'PATCH', 'GET', 'PATCH', 'HEAD', 'POST', 'PATCH', 'PUT']
          : ['POST', 'PATCH', 'GET', 'PATCH', 'PUT', 'HEAD', 'POST', 'PATCH', 'PUT'],
      )
    },
  )

  it.each([
    ['a status that passes', { kind: 'status', status: 502 }, ['GET', 'PUT']],
    ['a dropped connection', { kind: 'drop' }, ['GET', 'PUT']],
    ['an answer that was lost', { kind: 'drop-answer' }, ['GET', 'HEAD']],
  ] as const)('F15 F16: resends no byte after %s to the final PUT', async (_, fault, then) => {
    const { registry, target } = await opened()
    registry.fault({ method: 'PUT', times: 1, fault })
    expect(await target.pushUnhashed(source())).toBe(large.descriptor.digest)
    expect(methods(registry)).toEqual(['POST', 'PATCH', 'PUT', ...then])
    expect(stored(registry)).toBe(LARGE)
  })

  it('F12: resumes after a 416 to a PATCH at the offset that GET of the session reports', async () => {
    const { registry, target } = await opened()
    registry.fault({ method: 'PATCH', times: 1, fault: { kind: 'drop-upload', after: 500_000 } })
    registry.fault({ method: 'PATCH', times: 1, fault: { kind: 'status', status: 416 } })
    expect(await target.pushUnhashed(source())).toBe(large.descriptor.digest)
    expect(methods(registry)).toEqual(['POST', 'PATCH', 'GET', 'PATCH', 'GET', 'PATCH', 'PUT'])
    expect(stored(registry)).toBe(LARGE)
  })

  it.each([400, 404, 405] as const)(
    'F13: opens a new session where GET of the old one is answered %i',
    async (uploadStatus) => {
      const { registry, target } = await opened({ uploadStatus })
      registry.fault({ method: 'PATCH', times: 1, fault: { kind: 'drop-upload', after: 500_000 } })
      expect(await target.pushUnhashed(source())).toBe(large.descriptor.digest)
      expect(methods(registry)).toEqual(['POST', 'PATCH', 'GET', 'POST', 'PATCH', 'PUT'])
      expect(stored(registry)).toBe(LARGE)
    },
  )

  it.each([405, 415, 501])(
    'F10: is uploaded without PATCH where the registry answers %i to it',
    async (status) => {
      const { registry, target } = await opened()
      registry.fault({ method: 'PATCH', fault: { kind: 'status', status } })
      expect(await target.pushUnhashed(source())).toBe(large.descriptor.digest)
      expect(methods(registry)).toEqual(['POST', 'PATCH', 'HEAD', 'POST', 'PUT'])
    },
  )

  it('S23: is pushed under its sha256, whatever other algorithms the registry accepts', async () => {
    const { target } = await opened()
    expect(await target.pushUnhashed(source('wasm'))).toMatch(/^sha256:/)
  })

  it('ends without a blob when its source fails, and the session is cancelled', async () => {
    const { registry, target } = await opened()
    const reason = new Error('other bytes than were inspected')
    const failing: UnhashedBlob = {
      size: LARGE.length,
      async *open() {
        yield* source().open()
        throw reason
      },
    }
    await expect(target.pushUnhashed(failing)).rejects.toBe(reason)
    expect(registry.requests().at(-1)).toBe('DELETE /v2/team/app/blobs/uploads/*')
    expect(registry.store.repository('team/app').blobs.size).toBe(0)
  })
})

describe('Docker-Content-Digest in the answer to a blob', () => {
  const answering = async (digest: string | undefined) => {
    const scene = await opened()
    scene.registry.fault({
      method: 'PUT',
      path: /\/uploads\//,
      fault: { kind: 'headers', headers: { 'docker-content-digest': digest } },
    })
    return scene
  }

  it('F18: may be absent', async () => {
    const { target } = await answering(undefined)
    expect(await target.push(large)).toBe('pushed')
    expect(await target.pushUnhashed(source())).toBe(large.descriptor.digest)
  })

  it('F19: is an error when it differs', async () => {
    const { target } = await answering(`sha256:${'0'.repeat(64)}`)
    await expect(target.push(large)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    await expect(target.pushUnhashed(source())).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  it('S23: is ignored in another algorithm', async () => {
    const { target } = await answering(`sha512:${'0'.repeat(128)}`)
    expect(await target.push(large)).toBe('pushed')
  })
})
