import { execFileSync } from 'node:child_process'
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

import { afterAll, describe, expect, it } from 'vitest'

import { WasmpackError } from '../../../src/errors.ts'
import { type ArchiveTarget, openArchive } from '../../../src/oci/archive/archive.ts'
import { createBlob, collect } from '../../../src/oci/descriptor.ts'
import { computeDigest } from '../../../src/oci/digest.ts'
import { openLayout } from '../../../src/oci/layout/layout.ts'
import type { ReadOnlyTarget, Target } from '../../../src/oci/target.ts'
import { blobFrom, indexOf, pushThing, referrerOf } from '../artifacts.ts'
import { describeTargetContract } from '../target-contract.ts'
import {
  configEntry,
  index,
  layer,
  layerEntry,
  manifestEntry,
  marker,
  pax,
  tarOf,
  type TarEntry,
  thing,
  whole,
  writeTar,
} from './tars.ts'

const root = await mkdtemp(join(tmpdir(), 'wasmpack-archive-'))
afterAll(() => rm(root, { recursive: true }))

let count = 0
const fresh = (): string => join(root, `${count++}`, 'archive.tar')

async function tar(entries: readonly TarEntry[], end?: number): Promise<string> {
  const path = fresh()
  await mkdir(dirname(path))
  await writeTar(path, entries, end)
  return path
}

const read = (path: string): Promise<ArchiveTarget> => openArchive(path, { create: false })

/** All that a reader would ask of the thing in an archive. */
async function carry(path: string): Promise<string> {
  const target = await read(path)
  const manifest = await target.manifest('v1')
  if (manifest.kind === 'index') throw new Error('an index')
  return Buffer.from(await collect(target.fetch(manifest.layers[0]!), 1024, 'layer')).toString()
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (failure instanceof WasmpackError) return `${failure.code} ${failure.message} (${failure.hint})`
  throw new Error('was not refused', { cause: failure })
}

describeTargetContract('openArchive', () => openArchive(fresh(), { create: true }))

describeTargetContract('openArchive, committed after each call', async () => {
  const path = fresh()
  const written = async <T>(work: (target: ArchiveTarget) => Promise<T>): Promise<T> => {
    const target = await openArchive(path, { create: true })
    try {
      const result = await work(target)
      await target.commit()
      return result
    } finally {
      await target.discard()
    }
  }
  const again = (): Promise<Target> => openArchive(path, { create: true })
  return {
    name: (await again()).name,
    resolve: async (...call) => (await again()).resolve(...call),
    manifest: async (...call) => (await again()).manifest(...call),
    async *fetch(...call) {
      yield* (await again()).fetch(...call)
    },
    exists: async (...call) => (await again()).exists(...call),
    referrers: async (...call) => (await again()).referrers(...call),
    tags: async (...call) => (await again()).tags(...call),
    push: (...call) => written((target) => target.push(...call)),
    pushUnhashed: (...call) => written((target) => target.pushUnhashed(...call)),
    pushManifest: (...call) => written((target) => target.pushManifest(...call)),
  }
})

describe('an archive that others wrote', () => {
  it('is read in whatever order its entries come', async () => {
    expect(await carry(await tar(whole))).toBe('a module')
    expect(await carry(await tar(whole.toReversed()))).toBe('a module')
  })

  it('is read with ./ in front of its names, with directories, and with files that nobody needs', async () => {
    const dotted = whole.map((entry) => ({ ...entry, name: `./${entry.name}` }))
    const others = [{ name: './blobs/', type: '5' }, ...dotted, { name: 'manifest.json', content: '[]' }]
    expect(await carry(await tar(others))).toBe('a module')
  })

  it("is read with GNU's long names, and with names and sizes of PAX", async () => {
    const gnu = whole.flatMap((entry) => [
      { name: '././@LongLink', type: 'L', content: `${entry.name}\0` },
      { ...entry, name: 'cut off' },
    ])
    expect(await carry(await tar(gnu))).toBe('a module')
    const posix = whole.flatMap((entry) => [
      pax({ path: entry.name, mtime: '1.5', size: String(entry.content!.length) }),
      { ...entry, name: 'cut off' },
    ])
    expect(await carry(await tar([pax({ comment: 'git' }, 'g'), ...posix]))).toBe('a module')
  })

  it.each([['ustar'], ['gnu'], ['pax']])(
    'is read as tar --format %s writes it of a layout',
    async (format) => {
      const directory = join(root, `${count++}`)
      const layout = await openLayout(directory, { create: true })
      const pushed = await pushThing(layout, 'thing', 'v1')
      const path = `${directory}.tar`
      execFileSync('tar', ['-C', directory, `--format=${format}`, '-cf', path, '.'])
      expect((await (await read(path)).resolve('v1')).digest).toBe(pushed.digest)
    },
  )

  it('tells what is in it where a name is not', async () => {
    const path = await tar(whole)
    expect(await refusal((await read(path)).resolve('v2'))).toContain('existing tags: v1')
    const untagged = { ...index, content: String(index.content).replace('"v1"', '"localhost/app"') }
    const bare = await read(await tar([marker, untagged, ...whole.slice(2)]))
    expect(await refusal(bare.resolve('v1'))).toContain(thing.digest)
    expect(await bare.tags()).toEqual([])
    expect((await bare.resolve(thing.digest)).digest).toBe(thing.digest)
  })

  it('is found by the tag part of a whole reference, as podman save writes it', async () => {
    const named = { ...index, content: String(index.content).replace('"v1"', '"localhost/app:v1"') }
    const archive = await read(await tar([marker, named, ...whole.slice(2)]))
    expect(await archive.tags()).toEqual(['v1'])
    expect((await archive.resolve('v1')).digest).toBe(thing.digest)
  })

  it('is said to be missing, to be a directory, or to be no file', async () => {
    expect(await refusal(read(join(root, 'none.tar')))).toMatch(/^NOT_FOUND .*none.tar does not exist/)
    expect(await refusal(read(root))).toMatch(/^ARTIFACT_MALFORMED .*not a regular file \(.*oci-layout:/)
    expect(await refusal(read('/dev/null'))).toMatch(/^ARTIFACT_MALFORMED .*not a regular file/)
  })

  it('is refused where it is compressed, with what undoes that', async () => {
    const path = await tar(whole)
    await writeFile(path, gzipSync(tarOf(whole)))
    expect(await refusal(read(path))).toMatch(
      /^ARTIFACT_MALFORMED .* is compressed with gzip \(gunzip it first/,
    )
  })

  it('is refused where it is no tar, or a tar of something else', async () => {
    const path = await tar([])
    await writeFile(path, 'hello')
    expect(await refusal(read(path))).toMatch(/^ARTIFACT_MALFORMED .* is not a tar/)
    await writeFile(path, Buffer.alloc(4096, 'x'))
    expect(await refusal(read(path))).toMatch(/^ARTIFACT_MALFORMED .* is not a tar/)
    await writeFile(path, '')
    expect(await refusal(read(path))).toMatch(/^ARTIFACT_MALFORMED .* is not a tar/)
    expect(await refusal(read(await tar([{ name: 'manifest.json', content: '[]' }])))).toMatch(
      /^ARTIFACT_MALFORMED .* has no oci-layout \(it is not an OCI archive/,
    )
  })

  it('is told to have changed when another file came in its place', async () => {
    const path = await tar(whole)
    const target = await read(path)
    await writeTar(path, whole.toReversed())
    expect(await refusal(target.manifest('v1'))).toMatch(
      /^FILE_UNREADABLE .* changed while it was being read/,
    )
  })
})

describe('a hostile archive', () => {
  const without = (left: TarEntry): readonly TarEntry[] => whole.filter((entry) => entry !== left)

  it('S8: nothing is unpacked: an archive is read in place', async () => {
    const path = await tar(whole)
    expect(await carry(path)).toBe('a module')
    expect(await readdir(dirname(path))).toEqual([basename(path)])
  })

  it.each([
    ['x/../index.json', 'leads out of its directory'],
    ['../escaped', 'leads out of its directory'],
    ['/index.json', 'has the absolute name'],
    ['blobs/sha256/../../index.json', 'leads out of its directory'],
    ['./../index.json', 'leads out of its directory'],
    [String.raw`x\..\index.json`, 'readers understand differently'],
    ['.//index.json', 'is duplicated'],
    ['INDEX.JSON', 'some file systems take for index.json'],
    ['index.j\u017fon', 'some file systems take for index.json'],
    ['in\u200bdex.json', 'some file systems take for index.json'],
    ['index.json.', 'some file systems take for index.json'],
    ['index.json::$DATA', 'some file systems take for index.json'],
    [layerEntry.name.toUpperCase(), 'some file systems take for blobs/'],
    ['index.json/', 'a file with the name of a directory'],
    ['', 'readers understand differently'],
  ])(
    'S8: the name %j is refused wherever it stands, since another reader finds another file under it',
    async (name, said) => {
      const other = { name, content: 'harm' }
      const refused = new RegExp(`^ARTIFACT_MALFORMED .*${said.replaceAll('.', String.raw`\.`)}`)
      for (const entries of [
        [other, ...whole],
        [...whole, other],
        [pax({ path: name }), { name: 'a', content: 'harm' }, ...whole],
      ])
        expect(await refusal(read(await tar(entries)))).toMatch(
          name === '' && entries[0] !== other && entries.at(-1) !== other ? /^ARTIFACT_MALFORMED/ : refused,
        )
    },
  )

  it.each([
    ['1', 'a hard link'],
    ['2', 'a symbolic link'],
    ['3', 'a character device'],
    ['4', 'a block device'],
    ['6', 'a pipe'],
    ['5', 'a directory'],
    ['S', 'a sparse file'],
    ['M', 'the rest of a file'],
    ['Z', 'an entry of the type "Z"'],
  ])('S8: under a name that is needed, an entry of type %s is refused as %s', async (type, word) => {
    const odd = (name: string): TarEntry => ({ name, type, link: '/etc/passwd' })
    const said = new RegExp(`^ARTIFACT_MALFORMED .* (?:is|has) ${word}`)
    for (const needed of [marker, index, layerEntry])
      expect(await refusal(read(await tar([...without(needed), odd(needed.name)])))).toMatch(said)
  })

  it.each([['S'], ['M'], ['Z']])('S8: an entry of type %s is refused under any name', async (type) => {
    const refused = /^ARTIFACT_MALFORMED .* readers understand differently/
    expect(await refusal(read(await tar([...whole, { name: 'README', type }])))).toMatch(refused)
  })

  it('S8: a link in place of a directory is refused, before what is below it and behind', async () => {
    const said = /^ARTIFACT_MALFORMED .* as a directory and as something else/
    const link = (name: string): TarEntry => ({ name, type: '2', link: '.' })
    const below = { ...index, name: 'x/index.json' }
    for (const entries of [
      [link('blobs'), ...whole],
      [...whole, link('blobs/sha256')],
      [...whole, link('x'), below],
      [...whole, below, link('x')],
      [...whole, link('X'), { name: 'x/', type: '5' }],
      [...whole, { name: 'x/', type: '5' }, link('x')],
    ])
      expect(await refusal(read(await tar(entries)))).toMatch(said)
    expect(await refusal(read(await tar([link('./'), ...whole])))).toMatch(/in place of its directory/)
    expect(await carry(await tar([...whole, link('README'), { name: 'blobs/', type: '5' }]))).toBe('a module')
  })

  it('S8: a sparse file is refused under any name, by whatever record', async () => {
    for (const records of [
      { 'GNU.sparse.major': '1' },
      { 'GNU.sparse.name': 'index.json' },
      { 'SCHILY.realsize': '9' },
    ])
      for (const entries of [
        [...without(layerEntry), pax(records), layerEntry],
        [...whole, pax(records), { name: 'README', content: 'x' }],
      ])
        expect(await refusal(read(await tar(entries)))).toMatch(/^ARTIFACT_MALFORMED .* has a sparse file/)
  })

  it('S8: a name that is there twice is refused, whichever would count and whether it is needed', async () => {
    for (const entry of [...whole, { name: 'README' }]) {
      const twice = await tar([entry, ...whole, ...(whole.includes(entry) ? [] : [entry])])
      expect(await refusal(read(twice))).toMatch(/^ARTIFACT_MALFORMED .* is duplicated/)
      const dotted = await tar([...without(entry), entry, { ...entry, name: `././${entry.name}` }])
      expect(await refusal(read(dotted))).toMatch(/^ARTIFACT_MALFORMED .* is duplicated/)
    }
  })

  it('S8: two names or sizes of one entry, and content after the end, are refused', async () => {
    const long = { name: '././@LongLink', type: 'L', content: 'index.json\0' }
    const other = { name: 'README', content: 'x' }
    expect(await refusal(read(await tar([...whole, pax({ path: 'README' }), long, other])))).toMatch(
      /gives one entry two values of its path/,
    )
    expect(await refusal(read(await tar([...whole, pax({ size: '0' }), other])))).toMatch(/two sizes/)
    expect(
      await refusal(read(await tar([...whole, pax({ path: 'x' }), pax({ comment: 'c' }, 'g'), other]))),
    ).toMatch(/global PAX records before an entry/)
    expect(await refusal(read(await tar([...whole, long])))).toMatch(/a tar record that has no entry/)
    const path = await tar([])
    await writeFile(path, Buffer.concat([tarOf(whole, 512), tarOf([{ ...index, content: '{}' }])]))
    expect(await refusal(read(path))).toMatch(/content after the end of its archive/)
    await writeFile(path, tarOf(whole, 20 * 512))
    expect(await carry(path)).toBe('a module')
  })

  it('S8: a size that lies is found out by the end of the file, by the next header, or by the digest', async () => {
    const larger = await tar([...without(configEntry), { ...configEntry, size: 1e9 }])
    expect(await refusal(read(larger))).toMatch(/^ARTIFACT_MALFORMED .* is truncated at the entry/)
    const huge = await tar([pax({ size: '999999999999999' }), ...whole])
    expect(await refusal(read(huge))).toMatch(/^ARTIFACT_MALFORMED .* is truncated at the entry/)
    const swallowing = await tar([marker, index, manifestEntry, { ...layerEntry, size: 1024 }, configEntry])
    expect(await refusal(carry(swallowing))).toMatch(/^(?:ARTIFACT_MALFORMED|DIGEST_MISMATCH)/)
    const astray = await tar([marker, { ...index, size: 0 }, ...whole.slice(2)])
    expect(await refusal(read(astray))).toMatch(/^ARTIFACT_MALFORMED .* has no header at/)
    const shorter = await tar([...without(layerEntry), { ...layerEntry, size: 3 }])
    expect(await refusal(carry(shorter))).toMatch(/^DIGEST_MISMATCH/)
    const noNumber = await tar([pax({ size: '-1' }), ...whole])
    expect(await refusal(read(noNumber))).toMatch(/^ARTIFACT_MALFORMED .* invalid size/)
  })

  it('S8: bytes that are not those of their digest are refused', async () => {
    const forged = await tar([...without(layerEntry), { ...layerEntry, content: 'A MODULE' }])
    expect(await refusal(carry(forged))).toMatch(/^DIGEST_MISMATCH/)
  })

  it('S8: an archive that was cut off anywhere is refused', async () => {
    const path = await tar(whole)
    const { size } = await stat(path)
    for (let at = size - 1024; at > 0; at -= 256) {
      await truncate(path, at)
      expect(await refusal(read(path))).toMatch(/^ARTIFACT_MALFORMED .* (?:is truncated|is not a tar)/)
    }
  })

  it('S8: what stands before an entry is bounded in number and size, and so are entries', async () => {
    const long = { name: '././@LongLink', type: 'L', content: 'x' }
    const records = [pax({ mtime: '1' }), pax({ mtime: '1' })]
    expect(await refusal(read(await tar([...records, ...whole])))).toMatch(
      /^ARTIFACT_MALFORMED .* gives one entry PAX records twice/,
    )
    const large = { ...long, content: 'x'.repeat(65 * 1024) }
    expect(await refusal(read(await tar([large, ...whole])))).toMatch(
      /^ARTIFACT_MALFORMED .* has a tar record of more than 65536 bytes/,
    )
    const path = await tar([])
    const one = tarOf([{ name: 'nothing/', type: '5' }], 0)
    await writeFile(path, Buffer.concat([Buffer.alloc(one.length * 200_001, one), Buffer.alloc(1024)]))
    expect(await refusal(read(path))).toMatch(/^ARTIFACT_MALFORMED .* has more than 200000 entries/)
    expect(await refusal(read(await tar([{ name: 'a/'.repeat(40), type: '5' }, ...whole])))).toMatch(
      /nested deeper than 32/,
    )
    expect(
      await refusal(read(await tar([pax({ path: 'a'.repeat(1025) }), { name: 'a' }, ...whole]))),
    ).toMatch(/a name of more than 1024 characters/)
  })

  it('S8: PAX records that are none, or that hold for all entries, are refused', async () => {
    const broken = { name: 'pax', type: 'x', content: '99 path=x\n' }
    expect(await refusal(read(await tar([broken, ...whole])))).toMatch(
      /^ARTIFACT_MALFORMED .* damaged PAX records/,
    )
    const shared = pax({ path: 'index.json' }, 'g')
    expect(await refusal(read(await tar([shared, ...whole])))).toMatch(
      /^ARTIFACT_MALFORMED .* global PAX records/,
    )
  })
})

describe('an archive that is written', () => {
  const written = async (path: string, work: (target: ArchiveTarget) => Promise<unknown>): Promise<void> => {
    const target = await openArchive(path, { create: true })
    try {
      await work(target)
      await target.commit()
    } finally {
      await target.discard()
    }
  }
  const textOf = async (target: ReadOnlyTarget, text: string): Promise<string> =>
    Buffer.from(await collect(target.fetch(blobFrom(text).descriptor), 1024, 'blob')).toString()

  it('is there when it was committed and not before, with nothing beside it', async () => {
    const path = fresh()
    const target = await openArchive(path, { create: true })
    await pushThing(target, 'thing', 'v1')
    expect(await refusal(read(path))).toMatch(/^NOT_FOUND/)
    await target.commit()
    await target.discard()
    expect(await readdir(dirname(path))).toEqual([basename(path)])
    expect(await (await read(path)).tags()).toEqual(['v1'])
  })

  it('stays away, or as it was, when nothing was committed', async () => {
    const path = fresh()
    const target = await openArchive(path, { create: true })
    await pushThing(target, 'thing', 'v1')
    await target.discard()
    expect(await readdir(dirname(path))).toEqual([])
    await written(path, (one) => pushThing(one, 'thing', 'v1'))
    const before = await readFile(path)
    const other = await openArchive(path, { create: true })
    await pushThing(other, 'other', 'v2')
    await other.discard()
    expect(await readFile(path)).toEqual(before)
    expect(await readdir(dirname(path))).toEqual([basename(path)])
  })

  it('has the same bytes for the same content, in whatever order it came', async () => {
    const [one, other] = [fresh(), fresh()]
    await written(one, async (target) => {
      const pushed = await pushThing(target, 'first', 'v1')
      await target.pushManifest(await referrerOf(target, pushed, 'signature'))
      await pushThing(target, 'second', 'v2')
    })
    await written(other, (target) => pushThing(target, 'second', 'v2'))
    await written(other, async (target) => {
      const pushed = await pushThing(target, 'first')
      await target.pushManifest(await referrerOf(target, pushed, 'signature'))
      await target.pushManifest(pushed, 'v1')
    })
    expect(await readFile(other)).toEqual(await readFile(one))
  })

  it('keeps what it had, what others wrote meanwhile, and its mode; files of other tools go', async () => {
    const path = await tar([...whole, { name: 'manifest.json', content: '[]' }])
    await chmod(path, 0o600)
    const target = await openArchive(path, { create: true })
    await pushThing(target, 'mine', 'mine')
    await written(path, (one) => pushThing(one, 'theirs', 'theirs'))
    await target.commit()
    await target.discard()
    const after = await read(path)
    expect(await after.tags()).toEqual(['mine', 'theirs', 'v1'])
    expect(await Promise.all(['mine', 'theirs', 'a module'].map((text) => textOf(after, text)))).toEqual([
      'mine',
      'theirs',
      'a module',
    ])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(execFileSync('tar', ['-tf', path], { encoding: 'utf8' })).not.toContain('manifest.json')
  })

  it('loses nothing when several write to it at once', async () => {
    const path = fresh()
    const names = ['a', 'b', 'c', 'd']
    await Promise.all(names.map((name) => written(path, (target) => pushThing(target, name, name))))
    expect(await (await read(path)).tags()).toEqual(names)
  })

  it('is not touched where it had all of it', async () => {
    const path = await tar(whole)
    const before = await stat(path)
    await written(path, async (target) => {
      expect(await target.push(layer)).toBe('present')
      await target.pushManifest(thing, 'v1')
    })
    expect((await stat(path)).ino).toBe(before.ino)
  })

  it('has a blob that was damaged mended, and is not written anew with one that stays so', async () => {
    const forged = { ...layerEntry, content: 'A MODULE' }
    const path = await tar([...whole.filter((entry) => entry !== layerEntry), forged])
    const before = await readFile(path)
    expect(await refusal(written(path, (target) => pushThing(target, 'thing', 'v2')))).toMatch(
      /^DIGEST_MISMATCH/,
    )
    expect(await readFile(path)).toEqual(before)
    await written(path, (target) => target.push(layer))
    expect(await carry(path)).toBe('a module')
  })

  it('is written where a link leads, and the link stays', async () => {
    const path = await tar(whole)
    const link = join(dirname(path), 'link.tar')
    await symlink(basename(path), link)
    await written(link, (target) => pushThing(target, 'thing', 'v2'))
    expect(await (await read(path)).tags()).toEqual(['v1', 'v2'])
    expect(
      (await readdir(dirname(path), { withFileTypes: true })).filter((one) => one.isSymbolicLink()),
    ).toHaveLength(1)
  })

  it('holds indices and blobs by sha512, whose names take PAX records', async () => {
    const path = fresh()
    const bytes = Buffer.from('long')
    const digest = computeDigest(bytes, 'sha512')
    await written(path, async (target) => {
      const child = await pushThing(target, 'thing')
      await target.pushManifest(indexOf([child]), 'all')
      await target.push(createBlob(bytes, { mediaType: 'application/wasm', digest, size: bytes.length }))
    })
    const after = await read(path)
    expect((await after.manifest('all')).kind).toBe('index')
    const blob = { mediaType: 'application/wasm', digest, size: bytes.length }
    expect(Buffer.from(await collect(after.fetch(blob), 10, 'blob')).toString()).toBe('long')
    const listed = execFileSync('tar', ['-tvf', path], { encoding: 'utf8' }).trim().split('\n')
    expect(listed.map((line) => line.split(' ').at(-1))).toContain(`blobs/sha512/${digest.slice(7)}`)
    expect(listed.every((line) => line.startsWith('-rw-r--r-- 0/0'))).toBe(true)
  })
})
