import { Readable, pipeline } from 'node:stream'

import { WasmpackError } from '../errors.ts'

/** In bytes, of a file tree when it is unpacked: what Istio and Envoy Gateway take. */
const TREE_SIZE_LIMIT = 256 * 1024 * 1024

/**
 * The module in a layer that is a file tree, packed as its first bytes say: tar, or tar in gzip. It is the file called
 * `plugin.wasm`, in whatever directory, else the only `*.wasm`. A layer that is a module in spite of its type is given back
 * as it is: oras labels every file so. Nothing is written anywhere. Throws ARTIFACT_MALFORMED.
 */
export async function* extractModule(
  chunks: AsyncIterable<Uint8Array>,
  limit: number = TREE_SIZE_LIMIT,
): AsyncGenerator<Uint8Array> {
  const { head, all } = await peek(chunks)
  switch (packing(head)) {
    case 'wasm':
      yield* all
      return
    case 'zstd':
      throw malformed(
        'is packed with zstd, which is not supported',
        'pack it with gzip, or push the module with wasmpack',
      )
    case 'gzip': {
      const inner = await peek(limited(gunzip(all), limit))
      yield* packing(inner.head) === 'wasm' ? inner.all : moduleInTar(inner.all)
      return
    }
    case 'other':
      yield* moduleInTar(limited(all, limit))
  }
}

const MAGIC = [
  ['wasm', [0x00, 0x61, 0x73, 0x6d]],
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
] as const

function packing(head: Uint8Array): 'wasm' | 'gzip' | 'zstd' | 'other' {
  for (const [name, magic] of MAGIC) if (magic.every((byte, at) => head[at] === byte)) return name
  return 'other'
}

/** The first bytes, at least four if there are so many, and the whole from its start. */
async function peek(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ readonly head: Uint8Array; readonly all: AsyncIterable<Uint8Array> }> {
  const source = chunks[Symbol.asyncIterator]()
  let head: Uint8Array = new Uint8Array()
  while (head.length < 4) {
    const next = await source.next()
    if (next.done) break
    head = Buffer.concat([head, next.value])
  }
  return {
    head,
    all: (async function* () {
      if (head.length > 0) yield head
      yield* { [Symbol.asyncIterator]: () => source }
    })(),
  }
}

async function* limited(chunks: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > limit)
      throw malformed(
        `unpacks to more than ${limit} bytes`,
        'no module is that large; it was not read further',
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
    if (await done) throw malformed('has bytes behind its gzip', DAMAGED)
  } catch (error) {
    throw error instanceof Error &&
      'errno' in error &&
      String((error as NodeJS.ErrnoException).code).startsWith('Z_')
      ? malformed(`is not gzip throughout: ${error.message}`, DAMAGED, error)
      : error
  }
}

async function* moduleInTar(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let hasPlugin = false
  let others = 0
  let names = ''
  let candidate: Uint8Array[] = []
  for await (const { header, content } of entriesOf(chunks)) {
    const name = header.name.slice(header.name.lastIndexOf('/') + 1)
    if (!name.endsWith('.wasm') || header.type === 'directory') continue
    const shown = JSON.stringify(header.name.slice(0, 80))
    if (header.type !== 'file' && header.type !== 'contiguous-file')
      throw malformed(`holds ${shown}, which is no plain file`, AMBIGUOUS)
    if (name === 'plugin.wasm') {
      if (hasPlugin) throw malformed('holds plugin.wasm twice', AMBIGUOUS)
      hasPlugin = true
      candidate = []
      yield* content
    } else if (!hasPlugin) {
      others += 1
      if (others <= 4) names += ` ${shown}`
      if (others === 1) candidate = await held(content, shown)
      else candidate = []
    }
  }
  if (hasPlugin) return
  if (others === 0)
    throw malformed('holds no file that ends in .wasm', 'check the reference: it may name a container image')
  if (others > 1) throw malformed(`holds ${others} modules:${names}`, AMBIGUOUS)
  yield* candidate
}

/** In bytes, of a module under another name than `plugin.wasm`: it is held until no second one has come up. */
const HELD_LIMIT = 64 * 1024 * 1024

async function held(content: AsyncIterable<Uint8Array>, shown: string): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of content) {
    size += chunk.length
    if (size > HELD_LIMIT)
      throw malformed(
        `holds ${shown} with more than ${HELD_LIMIT} bytes`,
        'pack a module of that size as plugin.wasm',
      )
    chunks.push(chunk)
  }
  return chunks
}

interface TarEntry {
  readonly header: { readonly name: string; readonly type?: string | null | undefined }
  readonly content: AsyncIterable<Uint8Array>
}

/** Every entry in order; content that was not read is passed over. */
async function* entriesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const { default: tar } = await import('tar-stream')
  const extract = tar.extract()
  const source = Readable.from(chunks, { objectMode: false })
  source.on('error', (error) => extract.destroy(error))
  source.pipe(extract)
  const failure = (error: unknown): unknown =>
    source.errored ?? malformed(`is not a file tree: ${(error as Error).message}`, DAMAGED, error)
  const contentOf = async function* (entry: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of entry) yield chunk as Uint8Array
    } catch (error) {
      throw failure(error)
    }
  }
  const entries = extract[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await entries.next().catch((error) => Promise.reject(failure(error)))
      if (next.done) return
      const entry = next.value
      yield { header: entry.header, content: contentOf(entry as unknown as AsyncIterable<unknown>) }
      entry.resume()
    }
  } finally {
    source.destroy()
    extract.destroy()
  }
}

const DAMAGED = 'the layer was not written by a conforming tool'
const AMBIGUOUS = 'two readers could take two different modules from it; pack one plugin.wasm'

const malformed = (problem: string, hint: string, cause?: unknown): WasmpackError =>
  new WasmpackError('ARTIFACT_MALFORMED', `the layer that should hold the module ${problem}`, { hint, cause })
