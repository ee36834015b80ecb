import { gzipSync } from 'node:zlib'

import tar from 'tar-stream'
import { describe, expect, it } from 'vitest'

import { extractModule } from '../../src/artifact/extract-module.ts'
import { createBlob, collect, verifyWhileReading } from '../../src/oci/descriptor.ts'
import { computeDigest } from '../../src/oci/digest.ts'

const module = (name: string): string => `\0asm\u0001\0\0\0${name}`

type Entry = string | (Parameters<tar.Pack['entry']>[0] & { readonly content?: string })

/** A tar of files that hold a module with their own name in it, or of entries as they are given. */
async function tree(...entries: readonly Entry[]): Promise<Buffer> {
  const pack = tar.pack()
  for (const entry of entries)
    if (typeof entry === 'string') pack.entry({ name: entry }, module(entry))
    else if (entry.content === undefined) pack.entry(entry)
    else pack.entry(entry, entry.content)
  pack.finalize()
  const parts: Buffer[] = []
  for await (const part of pack as unknown as AsyncIterable<Buffer>) parts.push(part)
  return Buffer.concat(parts)
}

async function* pieces(bytes: Uint8Array, length = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

const read = async (bytes: Uint8Array, length?: number, limit?: number): Promise<string> =>
  Buffer.from(await collect(extractModule(pieces(bytes, length), limit), 1 << 20, 'module')).toString()

const malformed = (message: RegExp): object => ({
  code: 'ARTIFACT_MALFORMED',
  message: expect.stringMatching(message),
  hint: expect.any(String),
})

describe('moduleInTree', () => {
  it.each([
    ['plugin.wasm', ['plugin.wasm']],
    ['plugin.wasm among others', ['a.wasm', 'plugin.wasm', 'b.wasm']],
    ['plugin.wasm in a directory', [{ name: 'opt', type: 'directory' as const }, 'opt/plugin.wasm']],
    ['plugin.wasm beside its configuration', ['plugin.wasm', { name: 'runtime-config.json', content: '{}' }]],
  ])('finds %s', async (_, entries) => {
    const name = entries.find((entry) => typeof entry === 'string' && entry.endsWith('plugin.wasm')) as string
    expect(await read(await tree(...entries))).toBe(module(name))
    expect(await read(gzipSync(await tree(...entries)))).toBe(module(name))
  })

  it('finds the only module under whatever name', async () => {
    const bytes = await tree({ name: 'README.md', content: '# Hello' }, 'sleep.wasm', {
      name: 'etc/empty',
      content: '',
    })
    expect(await read(bytes)).toBe(module('sleep.wasm'))
  })

  it.each([1, 2, 3, 7, 511, 512, 513])('reads pieces of %i bytes', async (length) => {
    const bytes = await tree({ name: 'x', content: 'x'.repeat(700) }, 'plugin.wasm')
    expect(await read(bytes, length)).toBe(module('plugin.wasm'))
    expect(await read(gzipSync(bytes), length)).toBe(module('plugin.wasm'))
  })

  it('gives back a layer that is a module in spite of its type', async () => {
    expect(await read(Buffer.from(module('raw')), 3)).toBe(module('raw'))
    expect(await read(gzipSync(module('raw')))).toBe(module('raw'))
  })

  it.each<[string, readonly Entry[], RegExp]>([
    ['no module', [{ name: 'README.md', content: 'x' }], /holds no file that ends in .wasm/],
    ['nothing', [], /holds no file that ends in .wasm/],
    ['several modules', ['a.wasm', 'b.wasm', 'c.wasm'], /holds 3 modules: "a.wasm" "b.wasm" "c.wasm"/],
    ['one module twice', ['a.wasm', 'a.wasm'], /holds 2 modules/],
    ['plugin.wasm twice', ['plugin.wasm', 'opt/plugin.wasm'], /holds plugin.wasm twice/],
    ['a symbolic link', [{ name: 'plugin.wasm', type: 'symlink', linkname: '/etc/passwd' }], /no plain file/],
    ['a hard link', ['a.wasm', { name: 'plugin.wasm', type: 'link', linkname: 'a.wasm' }], /no plain file/],
  ])('S8: refuses a tree with %s', async (_, entries, message) => {
    await expect(read(await tree(...entries))).rejects.toMatchObject(malformed(message))
  })

  it('refuses zstd by its name', async () => {
    await expect(read(Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]))).rejects.toMatchObject(
      malformed(/with zstd/),
    )
  })

  it.each([
    ['text', Buffer.from('hello '.repeat(100))],
    ['nothing', Buffer.alloc(0)],
    ['three bytes', Buffer.from('abc')],
    ['an announcement of gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 9, 9, 9])],
    ['half a gzip stream', gzipSync(Buffer.alloc(4096, 'x')).subarray(0, 20)],
  ])('refuses %s', async (_, bytes) => {
    await expect(read(bytes)).rejects.toMatchObject({ code: 'ARTIFACT_MALFORMED' })
  })

  it('refuses a tree that ends within a file', async () => {
    const bytes = await tree({ name: 'plugin.wasm', content: 'x'.repeat(5000) })
    await expect(read(bytes.subarray(0, 2000))).rejects.toMatchObject(malformed(/is not a file tree/))
  })

  it('S13: stops at the size limit, packed or not', async () => {
    const bytes = await tree({ name: 'zeros', content: '\0'.repeat(1 << 20) }, 'plugin.wasm')
    for (const packed of [bytes, gzipSync(bytes)]) {
      await expect(read(packed, 1024, 100_000)).rejects.toMatchObject(
        malformed(/unpacks to more than 100000 bytes/),
      )
      expect(await read(packed, 1024, 2 << 20)).toBe(module('plugin.wasm'))
    }
  })

  it('passes on an error of the layer', async () => {
    const damaged = async function* (bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      yield bytes
      throw new Error('the connection broke')
    }
    const bytes = await tree('plugin.wasm')
    for (const packed of [bytes, gzipSync(bytes), Buffer.from(module('raw'))])
      await expect(collect(extractModule(damaged(packed)), 1 << 20, 'module')).rejects.toThrow(
        'the connection broke',
      )
  })

  it('reads the layer to its end, so that its digest is checked', async () => {
    const bytes = await tree('plugin.wasm', { name: 'rest', content: 'x'.repeat(100_000) })
    for (const layer of [bytes, gzipSync(bytes), Buffer.concat([gzipSync(bytes), Buffer.from('trailing')])]) {
      const wrong = { digest: computeDigest(Buffer.from('other')), size: layer.length, mediaType: 'a/b' }
      const chunks = verifyWhileReading(createBlob(layer, wrong).open(), wrong)
      await expect(collect(extractModule(chunks), 1 << 20, 'module')).rejects.toMatchObject({
        code: 'DIGEST_MISMATCH',
      })
    }
  })

  it('closes the layer when its reader stops early', async () => {
    let closed = false
    const bytes = gzipSync(await tree('plugin.wasm', { name: 'rest', content: 'x'.repeat(100_000) }))
    const chunks = (async function* () {
      try {
        yield* pieces(bytes, 10)
      } finally {
        closed = true
      }
    })()
    for await (const chunk of extractModule(chunks)) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    await new Promise((resolve) => setImmediate(resolve))
    expect(closed).toBe(true)
  })
})
