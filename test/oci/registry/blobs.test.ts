import { describe, expect, it } from 'vitest'

import type { Blob } from '../../../src/oci/descriptor.ts'
import { opened } from '../../support/registry/opened.ts'
import { blobFrom } from '../artifacts.ts'

const LARGE = 'wasm'.repeat(256 * 1024)
const large = blobFrom(LARGE)
const inPieces = (blob: Blob, size = 10_000): Blob => ({
  descriptor: blob.descriptor,
  async *open() {
    for await (const bytes of blob.open())
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  },
})

describe('push of a blob', () => {
  it.each(['relative', 'absolute', 'other-origin'] as const)(
    'follows a Location that is %s',
    async (location) => {
      const { registry, target } = await opened({ location })
      expect(await target.push(blobFrom('a module'))).toBe('pushed')
      const put = [...registry.log, ...registry.storage.log].find(({ method }) => method === 'PUT')!
      if (location !== 'relative')
        expect(put.url).toContain('?_state=secret-state%2Ba%3D%3D&x=|&digest=sha256')
      else expect(put.url).toMatch(/uploads\/[a-f0-9-]+\?digest=sha256/)
    },
  )

  it.each([
    ['a status that passes', { kind: 'status', status: 502 }],
    ['a dropped connection', { kind: 'drop' }],
    ['a connection that drops in the middle', { kind: 'drop-upload', after: 200_000 }],
    ['a lost session', { kind: 'status', status: 404 }],
  ] as const)('takes a fresh session after %s', async (_, fault) => {
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
    registry.fault({ method: 'PUT', fault: { kind: 'status', status: 503 } })
    await expect(target.push(blobFrom('a module'))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(registry.log.filter(({ method }) => method === 'PUT')).toHaveLength(5)
  })

  it('hears a refusal that comes while the body is still being sent', async () => {
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

  it('stops and cancels the session when it is aborted', async () => {
    const { registry, target } = await opened()
    const abort = new AbortController()
    const reason = new Error('enough')
    const progress = (): void => abort.abort(reason)
    await expect(target.push(inPieces(large), { signal: abort.signal, progress })).rejects.toBe(reason)
    expect(registry.requests().at(-1)).toBe('DELETE /v2/team/app/blobs/uploads/*')
    expect(registry.store.uploads.size).toBe(0)
  })

  it('hands on the error of its source and cancels the session', async () => {
    const { registry, target } = await opened()
    const reason = new Error('the file changed')
    const broken: Blob = {
      descriptor: large.descriptor,
      async *open() {
        yield Buffer.from('wasm')
        throw reason
      },
    }
    await expect(target.push(broken)).rejects.toBe(reason)
    expect(registry.requests().at(-1)).toBe('DELETE /v2/team/app/blobs/uploads/*')
  })

  it('says that a quota is one, and that a missing Location is missing', async () => {
    const full = await opened({ quota: 4 })
    await expect(full.target.push(blobFrom('a module'))).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' })
    const mute = await opened({ location: 'none' })
    await expect(mute.target.push(blobFrom('a module'))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('Location') as string,
    })
  })
})
