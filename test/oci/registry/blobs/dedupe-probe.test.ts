import { describe, expect, test } from 'vitest'

import type { UnhashedBlob } from '../../../../src/oci/descriptor.ts'
import { Digester } from '../../../../src/oci/digest.ts'
import { emptyConfig, manifestOf } from '../../artifacts.ts'
import { impatientClock, opened } from '../../../support/registry/opened.ts'
import type { Registry } from '../../../support/registry/registry.ts'

const MEBIBYTE = 1024 * 1024
const SIZE = 64 * MEBIBYTE
const CHUNK = Buffer.alloc(MEBIBYTE, 'wasm')
const CONTENT = Buffer.alloc(SIZE, 'wasm')
const digest = new Digester().update(CONTENT).digest()

/** The content, and how often it was opened and let go again. */
function source(
  then?: (opening: number) => void,
): UnhashedBlob & { readonly openings: number; readonly stillOpen: number } {
  let [openings, stillOpen] = [0, 0]
  return {
    size: SIZE,
    async *open() {
      const opening = ++openings
      stillOpen++
      try {
        for (let at = 0; at < SIZE; at += MEBIBYTE) {
          yield CHUNK
          then?.(opening)
        }
      } finally {
        stillOpen--
      }
    },
    get openings() {
      return openings
    },
    get stillOpen() {
      return stillOpen
    },
  }
}

const has = (registry: Registry): unknown => registry.store.repository('team/app').blobs.set(digest, CONTENT)
const methods = ({ log }: Registry): readonly string[] => log.map(({ method }) => method)
const received = ({ log }: Registry): number => log.reduce((sum, { received }) => sum + received, 0)

/** The registry takes no more than the first of it before it is asked in that way. */
const slow = (registry: Registry, until: string): void =>
  registry.fault({ method: 'PATCH', times: 1, fault: { kind: 'hold-upload', after: 4 * MEBIBYTE, until } })

describe('a large source that is sent slowly', () => {
  test('is given up where the repository has it', async () => {
    const { registry, target, debug } = await opened()
    has(registry)
    slow(registry, 'DELETE')
    const content = source()
    expect(await target.pushUnhashed(content)).toBe(digest)
    expect(methods(registry)).toEqual(['POST', 'PATCH', 'HEAD', 'DELETE'])
    expect(registry.store.uploads.size).toBe(0)
    expect(received(registry)).toBeLessThan(SIZE / 2)
    expect(debug.join('\n')).toContain(`already has blob ${digest}; upload cancelled`)
    expect([content.openings, content.stillOpen]).toEqual([2, 0])
  })

  test('is sent to its end, each byte once, where the repository does not have it', async () => {
    const { registry, target } = await opened()
    slow(registry, 'HEAD')
    expect(await target.pushUnhashed(source())).toBe(digest)
    expect(methods(registry)).toEqual(['POST', 'PATCH', 'HEAD', 'PUT'])
    expect(received(registry)).toBe(SIZE)
    expect(registry.store.repository('team/app').blobs.get(digest)).toHaveLength(SIZE)
  })

  test.each([403, 405, 500, 503])('is sent to its end where the question is answered %i', async (status) => {
    const { registry, target } = await opened()
    has(registry)
    slow(registry, status === 405 ? 'GET' : 'HEAD')
    registry.fault({ method: 'HEAD', fault: { kind: 'status', status } })
    registry.fault({ method: 'GET', fault: { kind: 'status', status } })
    expect(await target.pushUnhashed(source())).toBe(digest)
    const asked = status === 405 ? ['HEAD', 'GET'] : ['HEAD']
    expect(methods(registry)).toEqual(['POST', 'PATCH', ...asked, 'PUT'])
  })

  test('is sent after all where the registry has not what it said', async () => {
    const { registry, target } = await opened()
    slow(registry, 'DELETE')
    registry.fault({ method: 'HEAD', times: 1, fault: { kind: 'status', status: 200 } })
    await target.push(emptyConfig)
    expect(await target.pushUnhashed(source())).toBe(digest)
    expect(registry.store.repository('team/app').blobs.has(digest)).toBe(false)
    const layer = { mediaType: 'application/wasm', digest, size: SIZE }
    await target.pushManifest(manifestOf({ layers: [layer] }), '1')
    expect(registry.store.repository('team/app').blobs.get(digest)).toHaveLength(SIZE)
  })

  test('is no other for a second reader that fails', async () => {
    const { registry, target } = await opened()
    has(registry)
    const changing = source((opening) => {
      if (opening === 2) throw new Error('the file changed')
    })
    expect(await target.pushUnhashed(changing)).toBe(digest)
    expect(methods(registry)).toEqual(['POST', 'PATCH', 'PUT'])
  })

  test('is refused where it was read to its end and the second reader finds something else', async () => {
    const { registry, target } = await opened()
    has(registry)
    registry.fault({
      method: 'PATCH',
      times: 1,
      fault: { kind: 'hold-upload', after: SIZE - MEBIBYTE, until: 'DELETE' },
    })
    let openings = 0
    const other = Buffer.alloc(MEBIBYTE, 'msaw')
    const changing: UnhashedBlob = {
      size: SIZE,
      async *open() {
        const chunk = ++openings === 1 ? other : CHUNK
        for (let at = 0; at < SIZE; at += MEBIBYTE) yield chunk
      },
    }
    const heard: string[] = []
    const hashed = (found: string): void => void heard.push(found)
    await expect(target.pushUnhashed(changing, { onDigest: hashed })).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    })
    expect(heard).toHaveLength(1)
    expect(heard).not.toContain(digest)
    expect(registry.store.uploads.size).toBe(0)
  })

  test('ends with the reason of the caller, and nothing reads it any more', async () => {
    const { registry, target } = await opened()
    has(registry)
    slow(registry, 'DELETE')
    const abort = new AbortController()
    const reason = new Error('enough')
    const content = source((opening) => {
      if (opening === 2) abort.abort(reason)
    })
    await expect(target.pushUnhashed(content, { signal: abort.signal })).rejects.toBe(reason)
    expect(methods(registry)).toEqual(['POST', 'PATCH', 'DELETE'])
    expect(content.stillOpen).toBe(0)
  })
})

test('a large source that gets on is read once, and nothing is asked', async () => {
  let sent = 0
  let later = (): void => undefined
  const moment = new Promise<void>((resolve) => (later = resolve))
  const clock = { ...impatientClock(), sleep: () => moment }
  const { registry, target } = await opened({}, { clock })
  has(registry)
  const progress = (bytes: number): void => {
    sent += bytes
    if (sent > SIZE / 4) later()
  }
  const content = source()
  expect(await target.pushUnhashed(content, { progress })).toBe(digest)
  expect(methods(registry)).toEqual(['POST', 'PATCH', 'PUT'])
  expect(content.openings).toBe(1)
})
