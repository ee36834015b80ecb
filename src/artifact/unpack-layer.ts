import { Readable, pipeline } from 'node:stream'

import { WasmpackError } from '../errors.ts'
import { BLOCK, looksLikeTarHeader } from '../tar/header.ts'

/** In bytes, of all layers of an artifact when they are unpacked: what Istio and Envoy Gateway accept. */
export const UNPACKED_SIZE_LIMIT = 256 * 1024 * 1024

/** What a layer holds, by its first bytes; its media type is not believed. */
export interface UnpackedLayer {
  readonly kind: 'module' | 'tree' | 'other'
  /** Without gzip. */
  readonly bytes: AsyncIterable<Uint8Array>
}

/** The bytes that the layers of one artifact may still unpack to. */
export interface UnpackBudget {
  readonly limit: number
  used: number
}

/** Opens a layer: a module, or a tar, each as it is or in gzip. Throws ARTIFACT_MALFORMED for other compressions. */
export async function unpackLayer(
  chunks: AsyncIterable<Uint8Array>,
  budget: UnpackBudget,
): Promise<UnpackedLayer> {
  const { head, all } = await peek(chunks, BLOCK)
  const packing = findPacking(head)
  if (packing === 'gzip') {
    const inner = await peek(limited(gunzip(all), budget), BLOCK)
    return { kind: findKind(inner.head), bytes: inner.all }
  }
  if (packing !== undefined)
    throw malformedLayer(
      `is packed with ${packing}, which is not supported`,
      'pack it with gzip, or push the module with wasmpack',
    )
  const kind = findKind(head)
  return { kind, bytes: kind === 'module' ? all : limited(all, budget) }
}

/** `\0asm`. https://webassembly.github.io/spec/core/binary/modules.html#binary-module */
export const startsModule = (head: Uint8Array): boolean =>
  head[0] === 0 && head[1] === 0x61 && head[2] === 0x73 && head[3] === 0x6d

function findKind(head: Uint8Array): UnpackedLayer['kind'] {
  const isTree = startsTree(head)
  if (!startsModule(head)) return isTree ? 'tree' : 'other'
  if (isTree) throw malformedLayer('is a module and a file tree at once', AMBIGUOUS)
  return 'module'
}

/** The first block of a tar: a header, or the end of an empty one. */
const startsTree = (head: Uint8Array): boolean =>
  head.length >= BLOCK &&
  (looksLikeTarHeader(head.subarray(0, BLOCK)) || head.subarray(0, BLOCK).every((byte) => byte === 0))

/** Whether a blob is a module, a tar or packed, by its first {@link BLOCK} bytes, whatever else it is too. */
export const startsContents = (head: Uint8Array): boolean =>
  startsModule(head) || startsTree(head) || findPacking(head) !== undefined

const PACKINGS = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
] as const

function findPacking(head: Uint8Array): (typeof PACKINGS)[number][0] | undefined {
  // A frame that readers skip may come first: https://www.rfc-editor.org/rfc/rfc8878#section-3.1.2
  const isSkipped = head[0]! >> 4 === 5 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18
  if (isSkipped) return 'zstd'
  return PACKINGS.find(([, magic]) => magic.every((byte, at) => head[at] === byte))?.[0]
}

/** The first bytes, fewer than `length` only if there are no more, and all bytes from the start. */
export async function peek(
  chunks: AsyncIterable<Uint8Array>,
  length: number,
): Promise<{ readonly head: Uint8Array; readonly all: AsyncIterable<Uint8Array> }> {
  const source = chunks[Symbol.asyncIterator]()
  let head: Uint8Array = new Uint8Array()
  while (head.length < length) {
    const next = await source.next()
    if (next.done) break
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value])
  }
  return {
    head: head.subarray(0, length),
    all: (async function* () {
      if (head.length > 0) yield head
      yield* { [Symbol.asyncIterator]: () => source }
    })(),
  }
}

async function* limited(chunks: AsyncIterable<Uint8Array>, budget: UnpackBudget): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    budget.used += chunk.length
    if (budget.used > budget.limit)
      throw malformedLayer(
        `exceeds the limit of ${budget.limit} unpacked bytes for all layers`,
        'use smaller layers, or push the module with wasmpack',
      )
    yield chunk
  }
}

/** Zeros behind the packed bytes end Node's gunzip before the layer's end, where its digest is checked: they are refused. */
async function* gunzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { createGunzip } = await import('node:zlib')
  const unpacked = createGunzip()
  const done = new Promise<unknown>((resolve) =>
    pipeline(Readable.from(chunks, { objectMode: false }), unpacked, resolve),
  )
  try {
    yield* unpacked
    if (await done) throw malformedLayer('has data after its gzip stream', DAMAGED)
  } catch (error) {
    throw error instanceof Error &&
      'errno' in error &&
      String((error as NodeJS.ErrnoException).code).startsWith('Z_')
      ? malformedLayer(`is not valid gzip: ${error.message}`, DAMAGED, error)
      : error
  }
}

export const DAMAGED = 'the layer was not written by a conforming tool'
export const AMBIGUOUS =
  'readers may run different content; rebuild the image with exactly one module and without such entries'

export const malformedLayer = (problem: string, hint: string, cause?: unknown): WasmpackError =>
  new WasmpackError('ARTIFACT_MALFORMED', `a layer of the artifact ${problem}`, { hint, cause })
