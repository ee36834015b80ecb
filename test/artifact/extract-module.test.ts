import { gzipSync } from 'node:zlib'

import tar from 'tar-stream'
import { describe, expect, it } from 'vitest'

import { extractModule } from '../../src/artifact/extract-module.ts'
import { createBlob, collect, type Descriptor, verifyWhileReading } from '../../src/oci/descriptor.ts'
import { computeDigest } from '../../src/oci/digest.ts'
import { pax, tarOf } from '../oci/archive/tars.ts'

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

const IMAGE = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar'

/** The module of an artifact with these layers and this image config. */
function extract(
  layers: readonly AsyncIterable<Uint8Array>[],
  config: object = {},
  limit?: number,
): AsyncIterable<Uint8Array> {
  const blobs = [pieces(Buffer.from(JSON.stringify(config))), ...layers]
  const [configDescriptor, ...descriptors] = blobs.map((_, at) => ({
    mediaType: at === 0 ? IMAGE : LAYER,
    digest: computeDigest(Buffer.from([at])),
    size: 1,
  }))
  const open = ({ digest }: Descriptor): AsyncIterable<Uint8Array> =>
    blobs[[configDescriptor!, ...descriptors].findIndex((one) => one.digest === digest)]!
  return extractModule({ config: configDescriptor!, layers: descriptors }, open, limit)
}

const text = async (chunks: AsyncIterable<Uint8Array>): Promise<string> =>
  Buffer.from(await collect(chunks, 1 << 20, 'module')).toString()

const read = (bytes: Uint8Array, length?: number, limit?: number): Promise<string> =>
  text(extract([pieces(bytes, length)], {}, limit))

const readImage = (layers: readonly Uint8Array[], config?: object): Promise<string> =>
  text(
    extract(
      layers.map((layer) => pieces(layer)),
      config,
    ),
  )

const malformed = (message: RegExp): object => ({
  code: 'ARTIFACT_MALFORMED',
  message: expect.stringMatching(message),
  hint: expect.any(String),
})

describe('extractModule', () => {
  it.each([
    ['plugin.wasm', ['plugin.wasm']],
    [
      'plugin.wasm among other files',
      [
        { name: 'a', content: 'a' },
        'plugin.wasm',
        { name: '._plugin.wasm', content: '\0\u0005\u0016\u0007' },
      ],
    ],
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
    ['no module', [{ name: 'README.md', content: 'x' }], /holds no module/],
    ['nothing', [], /holds no module/],
    [
      'several modules',
      ['a.wasm', 'plugin.wasm'],
      /holds a second module \("plugin.wasm"\) beside the first \("a.wasm"\)/,
    ],
    ['a module under another name', ['plugin.wasm', 'data.bin'], /second module \("data.bin"\)/],
    ['one module twice', ['a.wasm', 'a.wasm'], /holds "a.wasm" twice/],
    [
      'one name twice after normalisation',
      [
        { name: './etc//a', content: 'a' },
        { name: 'etc/a', content: 'b' },
      ],
      /holds "etc\/a" twice/,
    ],
    ['plugin.wasm twice', ['plugin.wasm', 'opt/plugin.wasm'], /second module/],
    [
      'a .wasm file that is not a module',
      ['a.wasm', { name: 'plugin.WASM', content: '(module)' }],
      /"plugin.WASM", which is not a WebAssembly module/,
    ],
    [
      'a symbolic link',
      [{ name: 'plugin.wasm', type: 'symlink', linkname: '/etc/passwd' }],
      /not a regular file/,
    ],
    [
      'a hard link',
      ['a.wasm', { name: 'plugin.wasm', type: 'link', linkname: 'a.wasm' }],
      /not a regular file/,
    ],
    [
      'a hard link to the module',
      ['opt/a.wasm', { name: 'b', type: 'link', linkname: './opt/a.wasm' }],
      /a link to the module/,
    ],
    [
      'a symbolic link to the module',
      ['opt/a.wasm', { name: 'opt/b', type: 'symlink', linkname: 'a.wasm' }],
      /a link to the module/,
    ],
    [
      'a file below a link',
      ['opt/a.wasm', { name: 'd', type: 'symlink', linkname: 'opt' }, { name: 'd/b', content: 'b' }],
      /"d\/b" below an entry that is not a directory/,
    ],
    ['a whiteout', ['a.wasm', { name: '.wh.b', content: '' }], /whiteout/],
    ["a file in AUFS's directory, which some readers ignore", ['.wh..wh.plnk/a.wasm'], /whiteout/],
    ['an absolute name', ['/a.wasm'], /absolute name "\/a.wasm"/],
    ['a name that leads out', ['b/../a.wasm'], /leads out of its directory/],
    [
      'a contiguous file',
      ['a.wasm', { name: 'b', type: 'contiguous-file', content: 'b' }],
      /understand differently/,
    ],
    [
      'a sparse file',
      [
        {
          name: 'data.bin',
          pax: { 'GNU.sparse.major': '1', 'GNU.sparse.name': 'plugin.wasm' },
          content: 'x',
        },
        'plugin.wasm',
      ],
      /sparse file/,
    ],
    [
      'an unknown PAX record',
      [{ name: 'a.wasm', pax: { hdrcharset: 'BINARY' }, content: module('a') }],
      /PAX record "hdrcharset"/,
    ],
    [
      'a PAX size beside another',
      [{ name: 'a.wasm', pax: { size: '4' }, content: module('a') }],
      /two sizes/,
    ],
  ])('S8: refuses a tree with %s', async (_, entries, message) => {
    await expect(read(await tree(...entries))).rejects.toMatchObject(malformed(message))
  })

  it('S8: refuses a tree with PAX records twice for one entry, of which Go forgets the first', async () => {
    const records = [pax({ path: 'plugin.wasm' }), pax({ mtime: '1' })]
    const bytes = tarOf([...records, { name: 'readme', content: module('a') }])
    await expect(read(bytes)).rejects.toMatchObject(malformed(/PAX records twice/))
  })

  it('S8: refuses a layer that is a module to one reader and a tree to another', async () => {
    const [hidden, other] = [await tree({ name: 'x', type: 'directory' }), await tree('evil.wasm')]
    hidden.write('\0asm\u0001\0\0\0', 0, 100, 'latin1')
    hidden.writeUInt8(0, 8)
    for (const signed of [false, true]) {
      if (signed) hidden.write('\u00ff', 157, 'latin1')
      const sum = hidden
        .subarray(0, 512)
        .reduce(
          (all, byte, at) => all + (at >= 148 && at < 156 ? 32 : signed && byte > 127 ? byte - 256 : byte),
          0,
        )
      hidden.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
      const bytes = Buffer.concat([hidden.subarray(0, 512), other])
      for (const packed of [bytes, gzipSync(bytes)])
        await expect(read(packed)).rejects.toMatchObject(malformed(/is a module and a file tree at once/))
    }
  })

  it('S8: refuses a tree with global PAX records', async () => {
    const pack = tar.pack()
    pack.entry({ name: 'x', type: 'pax-global-header' as 'file', pax: { path: 'b' } }, '')
    pack.entry({ name: 'plugin.wasm' }, module('a'))
    pack.finalize()
    const parts: Buffer[] = []
    for await (const part of pack as unknown as AsyncIterable<Buffer>) parts.push(part)
    const bytes = Buffer.concat(parts)
    await expect(read(bytes)).rejects.toMatchObject(malformed(/tar|PAX/))
  })

  it('refuses a tar with content after its end', async () => {
    const [one, other] = [await tree('a.wasm'), await tree('b.wasm')]
    await expect(read(Buffer.concat([one, other]))).rejects.toMatchObject(
      malformed(/after the end of its archive/),
    )
    expect(await read(Buffer.concat([one, Buffer.alloc(10_240)]))).toBe(module('a.wasm'))
  })

  it('finds the module in whatever layer', async () => {
    const [app, base] = [await tree('app.wasm'), await tree({ name: 'etc/passwd', content: 'root' })]
    expect(await readImage([app, base])).toBe(module('app.wasm'))
    expect(await readImage([base, gzipSync(app)])).toBe(module('app.wasm'))
  })

  it('refuses an image with a second module in another layer, whatever its name', async () => {
    const [app, other] = [await tree('app.wasm'), await tree('lib/data.bin')]
    for (const layers of [
      [app, other],
      [other, app],
      [app, gzipSync(other)],
      [app, Buffer.from(module('raw'))],
    ])
      await expect(readImage(layers)).rejects.toMatchObject(malformed(/second module/))
  })

  it('S8: refuses an image whose module another layer replaces', async () => {
    const [app, other] = [await tree('opt/app'), await tree({ name: 'opt/app', content: '(module)' })]
    await expect(readImage([app, other])).rejects.toMatchObject(malformed(/which another layer replaces/))
    const link = await tree({ name: 'opt', type: 'symlink', linkname: '/tmp' })
    await expect(readImage([app, link])).rejects.toMatchObject(
      malformed(/below an entry that is not a directory/),
    )
  })

  it.each([
    [{}],
    [{ config: null }],
    [{ config: { Entrypoint: null, Cmd: [] } }],
    [{ config: { Entrypoint: ['/opt/app.wasm'], Cmd: ['--serve'] } }],
    [{ config: { Cmd: ['opt/app.wasm#main'] } }],
    [{ config: { Entrypoint: ['./app.wasm'], WorkingDir: '/opt' } }],
    [{ config: { Entrypoint: ['app.wasm'], WorkingDir: '/opt', Cmd: ['--file', 'data.json'] } }],
    [{ config: { Entrypoint: ['/opt/app.wasm'], Cmd: ['/opt/app.wasm#main'] } }],
  ])('takes an image that starts its module: %j', async (config) => {
    expect(await readImage([await tree('opt/app.wasm')], config)).toBe(module('opt/app.wasm'))
  })

  it.each([
    [{ config: { Entrypoint: ['/other.wasm'] } }, /starts "\/other.wasm"/],
    [{ config: { Entrypoint: ['/opt/app.wasm'], Cmd: ['/other.wasm'] } }, /passes "\/other.wasm" as/],
    [{ config: { Entrypoint: ['/opt/app.wasm', '--preload=/opt/b.cwasm'] } }, /passes "--preload/],
    [{ config: { Entrypoint: ['/bin/sh', '/opt/app.wasm'] } }, /starts "\/bin\/sh"/],
    [{ config: { Cmd: ['/other.wasm#main'] } }, /starts/],
    [{ config: { Cmd: ['app.wasm'] } }, /starts/],
    [{ config: { Entrypoint: '/opt/app.wasm' } }, /not a list of strings/],
    [{ config: { entrypoint: ['/other.wasm'] } }, /Entrypoint/],
    [{ Config: { Entrypoint: ['/other.wasm'] } }, /config/],
  ])('refuses an image that starts something else: %j', async (config, message) => {
    await expect(readImage([await tree('opt/app.wasm')], config)).rejects.toMatchObject({
      code: 'ARTIFACT_MALFORMED',
      message: expect.stringMatching(message),
    })
  })

  it('refuses an image that starts a name which PATH could find elsewhere', async () => {
    const config = { config: { Entrypoint: ['app'], WorkingDir: '/opt' } }
    const other = { name: 'usr/bin/app', content: '\u007fELF' }
    expect(await readImage([await tree('opt/app')], config)).toBe(module('opt/app'))
    await expect(readImage([await tree('opt/app', other)], config)).rejects.toMatchObject(
      malformed(/starts "app", and several files have that name/),
    )
  })

  it.each(['plugin.wasm', 'B.WAT'])(
    'refuses a file %s beside the module that is no module',
    async (title) => {
      const layers = [title, 'README.md'].map((name, at) => ({
        mediaType: 'application/octet-stream',
        digest: computeDigest(Buffer.from([at])),
        size: 1,
        annotations: { 'org.opencontainers.image.title': name },
      }))
      const config = { mediaType: 'a/b', digest: computeDigest(Buffer.from('config')), size: 1 }
      const open = async function* ({ digest }: Descriptor): AsyncGenerator<Uint8Array> {
        yield Buffer.from(digest === layers[0]!.digest ? '(module)' : module('raw'))
      }
      expect(await text(extractModule({ config, layers: layers.slice(1) }, open))).toBe(module('raw'))
      await expect(text(extractModule({ config, layers }, open))).rejects.toMatchObject(
        malformed(/which is not a WebAssembly module/),
      )
    },
  )

  it('refuses an image that starts a name with a number sign where both readings name a file', async () => {
    const start = (program: string): object => ({ config: { Entrypoint: [program] } })
    expect(await readImage([await tree('app#main')], start('/app#main'))).toBe(module('app#main'))
    for (const [name, other] of [
      ['app', 'app#main'],
      ['app#main', 'app'],
    ] as const)
      await expect(
        readImage([await tree(name, { name: other, content: '(module)' })], start('/app#main')),
      ).rejects.toMatchObject(malformed(/starts "\/app#main", which is not the module/))
  })

  it('refuses a tar whose size begins with a zero byte, which readers understand differently', async () => {
    const bytes = await tree('plugin.wasm')
    bytes[124] = 0
    const sum = bytes.subarray(0, 512).reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 32 : byte), 0)
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    await expect(read(bytes)).rejects.toMatchObject(malformed(/damaged tar header|no tar header/))
  })

  it.each([
    ['', [0x28, 0xb5, 0x2f, 0xfd, 0, 0]],
    [', also behind a frame that readers skip', [0x5a, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]],
  ])('refuses zstd by its name%s', async (_, bytes) => {
    await expect(read(Buffer.from(bytes))).rejects.toMatchObject(malformed(/with zstd/))
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
    const bytes = await tree({ name: 'data', content: 'x'.repeat(5000) })
    await expect(read(bytes.subarray(0, 2000))).rejects.toMatchObject(
      malformed(/is not a file tree: it ends within/),
    )
  })

  it('S13: stops at the size limit, packed or not', async () => {
    const bytes = await tree({ name: 'zeros', content: '\0'.repeat(1 << 20) }, 'plugin.wasm')
    for (const packed of [bytes, gzipSync(bytes)]) {
      await expect(read(packed, 1024, 100_000)).rejects.toMatchObject(
        malformed(/exceeds the limit of 100000 unpacked bytes/),
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
      await expect(collect(extract([damaged(packed)]), 1 << 20, 'module')).rejects.toThrow(
        'the connection broke',
      )
  })

  it('reads the layer to its end, so that its digest is checked', async () => {
    const bytes = await tree('plugin.wasm', { name: 'rest', content: 'x'.repeat(100_000) })
    for (const layer of [bytes, gzipSync(bytes), Buffer.concat([gzipSync(bytes), Buffer.from('trailing')])]) {
      const wrong = { digest: computeDigest(Buffer.from('other')), size: layer.length, mediaType: 'a/b' }
      const chunks = verifyWhileReading(createBlob(layer, wrong).open(), wrong)
      await expect(collect(extract([chunks]), 1 << 20, 'module')).rejects.toMatchObject({
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
    for await (const chunk of extract([chunks])) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    await new Promise((resolve) => setImmediate(resolve))
    expect(closed).toBe(true)
  })
})
