import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { createBytesCursor } from '../../src/wasm/binary/bytes-cursor.ts'
import { inspectBinary } from '../../src/wasm/inspect-binary.ts'
import type { Inspection } from '../../src/wasm/types/inspection.ts'
import { type StreamReading, readWhileStreaming } from '../../src/wasm/read-stream.ts'
import { type Ranges, createRangeCursor } from '../../src/wasm/binary/range-cursor.ts'
import { fixtureNames, readFixture } from '../support/fixtures.ts'
import {
  component,
  componentImports,
  componentTypes,
  coreImport,
  coreImports,
  custom,
  func,
  functionDeclarations,
  instanceImport,
  instanceType,
  leb,
  module,
  MODULE_HEADER,
  name,
  section,
  types,
  vec,
} from '../support/wasm-builder.ts'
import { inspectBytes } from './inspecting.ts'

const inspecting = (source: AsyncIterable<Uint8Array>): StreamReading<Inspection> =>
  readWhileStreaming(source, inspectBinary)

const SAMPLES = fixtureNames().filter((name) => name.startsWith('edge/'))

/** Bytes behind random access, given in pieces of `most`. */
const ranges = (bytes: Uint8Array, most = Number.POSITIVE_INFINITY): Ranges => ({
  size: bytes.length,
  read: async (offset, length) => bytes.subarray(offset, offset + Math.min(length, most)),
})

/** Bytes, and a number of zeros where a number stands: large without taking memory. */
function sparse(parts: readonly (ArrayLike<number> | number)[]): Ranges {
  const sizes = parts.map((part) => (typeof part === 'number' ? part : part.length))
  const size = sizes.reduce((sum, part) => sum + part, 0)
  return {
    size,
    read: async (offset, length) => {
      const bytes = new Uint8Array(Math.min(length, size - offset))
      let at = 0
      for (const [index, part] of parts.entries()) {
        const start = Math.max(at, offset)
        const end = Math.min(at + sizes[index]!, offset + bytes.length)
        if (typeof part !== 'number' && start < end)
          bytes.set(Array.from(part).slice(start - at, end - at), start - offset)
        at += sizes[index]!
      }
      return bytes
    },
  }
}

/** Tells how many bytes were read, in how many calls. */
function counted(source: Ranges): Ranges & { total(): number; calls(): number } {
  let [total, calls] = [0, 0]
  return {
    size: source.size,
    async read(offset, length) {
      const part = await source.read(offset, length)
      calls++
      total += part.length
      return part
    },
    total: () => total,
    calls: () => calls,
  }
}

/** The bytes in buffers of their own that end at the given places. */
async function* cut(bytes: Uint8Array, places: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0
  for (const place of [...places].sort((a, b) => a - b)) {
    yield Buffer.from(bytes.subarray(from, place))
    from = place
  }
  yield Buffer.from(bytes.subarray(from))
}

/** All the bytes; each chunk is overwritten as soon as it was taken, as a consumer may do. */
async function drain(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) {
    parts.push(new Uint8Array(chunk))
    chunk.fill(0xaa)
  }
  return Buffer.concat(parts)
}

test.each(SAMPLES)('all cursors read %s alike, however it is cut', async (name) => {
  const bytes = readFixture(name)
  const expected = await inspectBytes(bytes)
  expect(await inspectBinary(createRangeCursor(ranges(bytes, 3)))).toEqual(expected)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 40 }), async (places) => {
      const stream = inspecting(cut(bytes, places))
      expect(Buffer.from(bytes).equals(await drain(stream.chunks))).toBe(true)
      expect(await stream.result).toEqual(expected)
    }),
    { numRuns: 20 },
  )
})

describe('of 50 MB rangeCursor reads less than a hundredth', () => {
  const SIZE = 50_000_000
  const IMPORTED = coreImport('wasi_snapshot_preview1', 'fd_write', 0x00, 0)
  const head = [...types(func([])), ...coreImports(IMPORTED)]
  const tail = custom('producers', vec([name('language'), vec([name('C'), name('11')].flat())].flat()))
  const headers = (id: number, start: readonly number[], size: number): number[] => [
    id,
    ...leb(start.length + size),
    ...start,
  ]
  const functions = 100_000
  const bodies = [
    ...section(3, leb(functions), new Uint8Array(functions)),
    ...headers(10, leb(functions), SIZE),
  ]

  test.each([
    ['code', [Uint8Array.from([...MODULE_HEADER, ...head, ...bodies]), SIZE, tail], 'module'],
    ['data', [module(head, headers(11, [1], SIZE)), SIZE, tail], 'module'],
    ['debugging', [module(head, headers(0, name('.debug_info'), SIZE)), SIZE, tail], 'module'],
    ['names', [module(head, headers(0, [...name('name'), 1, ...leb(SIZE)], SIZE)), SIZE, tail], 'module'],
    ['elements', [module(head, headers(9, [1], SIZE)), SIZE, tail], 'module'],
    [
      'a nested module',
      [
        component(
          componentTypes(instanceType(...functionDeclarations('exit'))),
          componentImports(instanceImport('wasi:cli/exit@0.2.0', 0)),
          headers(1, [...MODULE_HEADER, ...headers(0, name('code'), SIZE)], SIZE),
        ),
        SIZE,
        tail,
      ],
      'component',
    ],
  ] as const)('where %s fill it', async (_, parts, kind) => {
    const file = counted(sparse(parts))
    const inspection = await inspectBinary(createRangeCursor(file))
    expect(inspection).toMatchObject({
      kind,
      size: file.size,
      imports: [{ name: kind === 'module' ? 'fd_write' : 'wasi:cli/exit@0.2.0' }],
      producers: { language: { C: '11' } },
    })
    expect(file.size).toBeGreaterThan(SIZE)
    expect(file.total()).toBeLessThan(file.size / 100)
    expect(file.calls()).toBeLessThanOrEqual(3)
  })
})

test('rangeCursor refuses a file that shrinks while it is read', async () => {
  const bytes = module(types(func([]), func([])))
  const shrunk = { ...ranges(bytes.subarray(0, -2)), size: bytes.length }
  await expect(inspectBinary(createRangeCursor(shrunk))).rejects.toMatchObject({ code: 'MODULE_MALFORMED' })
})

test('cursors tell how far they could skip', async () => {
  for (const cursor of [createBytesCursor(new Uint8Array(5)), createRangeCursor(ranges(new Uint8Array(5)))]) {
    expect(await cursor.skip(3)).toBe(3)
    expect(await cursor.skip(3)).toBe(2)
    expect((await cursor.take(1)).length).toBe(0)
    expect(cursor.offset).toBe(5)
  }
})

describe('reading', () => {
  const good = module(custom('x', new Uint8Array(100)), types(func([])), custom('y', new Uint8Array(100)))
  const bad = module(section(14), new Uint8Array(1000))

  test('pulls one chunk for each that its consumer takes', async () => {
    let pulled = 0
    async function* source(): AsyncGenerator<Uint8Array> {
      for (const byte of good) {
        pulled++
        yield Uint8Array.of(byte)
      }
    }
    const { chunks, result: inspection } = inspecting(source())
    let taken = 0
    for await (const _ of chunks) expect(pulled).toBe(++taken)
    expect((await inspection).size).toBe(good.length)
  })

  test('stops a malformed stream and its source before the wrong bytes pass', async () => {
    let closed = false
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (const byte of bad) yield Uint8Array.of(byte)
      } finally {
        closed = true
      }
    }
    const { chunks, result: inspection } = inspecting(source())
    let taken = 0
    const consume = async (): Promise<void> => {
      for await (const _ of chunks) taken++
    }
    await expect(consume()).rejects.toMatchObject({ code: 'MODULE_MALFORMED' })
    await expect(inspection).rejects.toMatchObject({ code: 'MODULE_MALFORMED' })
    expect(taken).toBeLessThan(12)
    expect(closed).toBe(true)
  })

  test('fails at the end of a stream that is cut short', async () => {
    const { chunks } = inspecting(cut(good.subarray(0, -1), [50]))
    await expect(drain(chunks)).rejects.toMatchObject({ code: 'MODULE_MALFORMED' })
  })

  test('passes on the failure of its source', async () => {
    async function* source(): AsyncGenerator<Uint8Array> {
      yield good.slice(0, 20)
      throw new Error('connection lost')
    }
    const { chunks, result: inspection } = inspecting(source())
    await expect(drain(chunks)).rejects.toThrow('connection lost')
    await expect(inspection).rejects.toThrow('connection lost')
  })

  test('settles when its consumer breaks off', async () => {
    const { chunks, result: inspection } = inspecting(cut(good, [10, 20]))
    for await (const _ of chunks) break
    await expect(inspection).rejects.toThrow('the stream was not read to its end')
  })

  test('leaves no rejection unhandled', async () => {
    const unhandled: unknown[] = []
    const listen = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', listen)
    await drain(inspecting(cut(bad, [9])).chunks).catch(() => {})
    for await (const _ of inspecting(cut(good, [9])).chunks) break
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
  })

  test('accepts empty chunks and refuses an empty stream', async () => {
    const stream = inspecting(cut(good, [0, 0, 9, 9]))
    await drain(stream.chunks)
    expect((await stream.result).kind).toBe('module')
    await expect(drain(inspecting(cut(new Uint8Array(), [])).chunks)).rejects.toMatchObject({
      code: 'MODULE_MALFORMED',
    })
  })
})
