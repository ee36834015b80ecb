import {
  appendFile,
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'

import { WasmpackError } from '../../../src/errors.ts'
import { createBlob, collect } from '../../../src/oci/descriptor.ts'
import { type Digest, getDigestHex, computeDigest, formatReferrersTag } from '../../../src/oci/digest.ts'
import { describeManifest } from '../../../src/oci/manifest.ts'
import { openLayout } from '../../../src/oci/layout/layout.ts'
import type { DeletableTarget, Target } from '../../../src/oci/target.ts'
import { blobFrom, emptyConfig, indexOf, manifestOf, pushThing, referrerOf } from '../artifacts.ts'
import { describeDeletionContract } from '../deletion-contract.ts'
import { describeTargetContract } from '../target-contract.ts'

const root = await mkdtemp(join(tmpdir(), 'wasmpack-layout-'))
afterAll(() => rm(root, { recursive: true }))

let count = 0
const fresh = (): string => join(root, `layout-${count++}`)

async function created(): Promise<{ path: string; target: Target }> {
  const path = fresh()
  return { path, target: await openLayout(path, { create: true }) }
}

const blobPath = (path: string, { descriptor }: ReturnType<typeof blobFrom>): string =>
  join(path, 'blobs', 'sha256', getDigestHex(descriptor.digest))

const readIndex = async (
  path: string,
): Promise<{ manifests: Record<string, unknown>[]; [key: string]: unknown }> =>
  JSON.parse(await readFile(join(path, 'index.json'), 'utf8'))

const fetched = (target: Target, { descriptor }: ReturnType<typeof blobFrom>): Promise<Uint8Array> =>
  collect(target.fetch(descriptor), 1024, 'blob')

describeTargetContract('openLayout', () => openLayout(fresh(), { create: true }))
describeDeletionContract('openLayout', () => openLayout(fresh(), { create: true }))

describeTargetContract('openLayout for each call', async () => {
  const { path, target } = await created()
  const again = async (): Promise<Target> => openLayout(path, { create: false })
  return {
    name: target.name,
    resolve: async (...call) => (await again()).resolve(...call),
    manifest: async (...call) => (await again()).manifest(...call),
    async *fetch(...call) {
      yield* (await again()).fetch(...call)
    },
    exists: async (...call) => (await again()).exists(...call),
    referrers: async (...call) => (await again()).referrers(...call),
    tags: async (...call) => (await again()).tags(...call),
    push: async (...call) => (await again()).push(...call),
    pushUnhashed: async (...call) => (await again()).pushUnhashed(...call),
    pushManifest: async (...call) => (await again()).pushManifest(...call),
  }
})

describe('openLayout', () => {
  it('writes the files that the specification asks for, and no others', async () => {
    const { path, target } = await created()
    await pushThing(target, 'thing', 'v1')
    expect((await readdir(path)).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
    expect(await readFile(join(path, 'oci-layout'), 'utf8')).toBe('{"imageLayoutVersion":"1.0.0"}')
    const files = await readdir(join(path, 'blobs', 'sha256'))
    expect(files).toHaveLength(3)
    for (const file of files)
      expect(computeDigest(await readFile(join(path, 'blobs/sha256', file)))).toBe(`sha256:${file}`)
  })

  it('leaves a layout as it is when it is created again', async () => {
    const { path, target } = await created()
    await pushThing(target, 'thing', 'v1')
    const before = await readFile(join(path, 'index.json'), 'utf8')
    expect(await (await openLayout(path, { create: true })).tags()).toEqual(['v1'])
    expect(await readFile(join(path, 'index.json'), 'utf8')).toBe(before)
  })

  it('is named as the user wrote it', async () => {
    const { path, target } = await created()
    expect(target.name).toBe(`oci-layout:${path}`)
  })

  it.each(['', 'empty'])('throws NOT_FOUND where there is no layout (%s)', async (directory) => {
    const path = fresh()
    await mkdir(join(path, 'empty'), { recursive: true })
    await expect(openLayout(join(path, directory || 'absent'), { create: false })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining(`oci-layout:${join(path, directory || 'absent')}`),
    })
  })

  it('throws FILE_UNREADABLE with the path where a file is in the way', async () => {
    const path = fresh()
    await writeFile(path, 'a file')
    await expect(openLayout(join(path, 'layout'), { create: true })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    })
    const { path: other, target } = await created()
    await writeFile(join(other, 'blobs'), 'a file')
    await expect(target.push(blobFrom('blob'))).rejects.toMatchObject({
      code: 'ARTIFACT_MALFORMED',
      message: expect.stringContaining(join(other, 'blobs')),
    })
  })

  it.runIf(process.platform === 'linux')(
    'throws FILE_UNWRITABLE where the system makes no directories',
    async () => {
      await expect(openLayout('/proc/layout', { create: true })).rejects.toMatchObject({
        code: 'FILE_UNWRITABLE',
        message: expect.stringContaining('cannot write file /proc/layout'),
      })
    },
  )

  it('makes the directories above it', async () => {
    const path = join(fresh(), 'a', 'b')
    await openLayout(path, { create: true })
    expect((await readdir(path)).sort()).toEqual(['index.json', 'oci-layout'])
  })

  it.each([
    ['{"imageLayoutVersion":"2.0.0"}', 'has the version "2.0.0"'],
    ['{}', 'has the version undefined'],
    ['<html>', 'is HTML, not JSON'],
    ['x'.repeat(5000), 'is larger than 4096 bytes'],
  ])('throws ARTIFACT_MALFORMED for an oci-layout file with %.40s', async (text, problem) => {
    const { path } = await created()
    await writeFile(join(path, 'oci-layout'), text)
    await expect(openLayout(path, { create: true })).rejects.toMatchObject({
      code: 'ARTIFACT_MALFORMED',
      message: expect.stringContaining(problem),
    })
  })

  it.each([
    ['', 'is not JSON'],
    ['[]', 'is not a JSON object'],
    ['{"schemaVersion":2,"manifests":{}}', 'has manifests that is not a list'],
    [
      '{"schemaVersion":2,"manifests":[{"digest":"sha256:../../x","size":1,"mediaType":"a/b"}]}',
      'not a digest',
    ],
    ['{"schemaVersion":2,"manifests":[],"manifests":[]}', 'twice'],
  ])('throws ARTIFACT_MALFORMED for the index.json %s', async (text, problem) => {
    const { path, target } = await created()
    await writeFile(join(path, 'index.json'), text)
    const malformed = { code: 'ARTIFACT_MALFORMED', message: expect.stringContaining(problem) }
    await expect(target.tags()).rejects.toMatchObject(malformed)
    await expect(target.resolve('v1')).rejects.toMatchObject(malformed)
    await expect(target.referrers(computeDigest(new Uint8Array()))).rejects.toMatchObject(malformed)
    await expect(pushThing(target, 'thing', 'v1')).rejects.toMatchObject(malformed)
    expect(await readFile(join(path, 'index.json'), 'utf8')).toBe(text)
  })

  it('throws ARTIFACT_MALFORMED where index.json is missing', async () => {
    const { path, target } = await created()
    await rm(join(path, 'index.json'))
    await expect(target.tags()).rejects.toMatchObject({ code: 'ARTIFACT_MALFORMED' })
  })

  it('reads a layout in which nothing can be written', async () => {
    const { path, target } = await created()
    const thing = await pushThing(target, 'thing', 'v1')
    const directories = [path, join(path, 'blobs'), join(path, 'blobs', 'sha256')]
    for (const directory of directories) await chmod(directory, 0o555)
    try {
      const reader = await openLayout(path, { create: false })
      expect((await reader.resolve('v1')).digest).toBe(thing.digest)
      expect(await reader.referrers(thing.digest)).toEqual([])
      expect(await fetched(reader, emptyConfig)).toHaveLength(2)
      if (process.getuid?.() !== 0)
        await expect(reader.push(blobFrom('new'))).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' })
    } finally {
      for (const directory of directories) await chmod(directory, 0o755)
    }
  })
})

describe('a blob of a layout', () => {
  const blob = blobFrom('a blob')

  it('S22: is refused when it was changed on the disk', async () => {
    const { path, target } = await created()
    await target.push(blob)
    await writeFile(blobPath(path, blob), 'A BLOB')
    await expect(fetched(target, blob)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    await appendFile(blobPath(path, blob), 'more')
    await expect(fetched(target, blob)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  it('is written again when it was cut short', async () => {
    const { path, target } = await created()
    await target.push(blob)
    await truncate(blobPath(path, blob), 3)
    expect(await target.exists(blob.descriptor)).toBe(false)
    expect(await target.push(blob)).toBe('pushed')
    expect(await readFile(blobPath(path, blob), 'utf8')).toBe('a blob')
  })

  it('is written again when its bytes were changed, and then kept', async () => {
    const { path, target } = await created()
    await target.push(blob)
    await writeFile(blobPath(path, blob), 'A BLOB')
    expect(await target.push(blob)).toBe('pushed')
    expect(await readFile(blobPath(path, blob), 'utf8')).toBe('a blob')
    expect(await target.push(blob)).toBe('present')
  })

  it('is not written again because reading it was stopped', async () => {
    const { path, target } = await created()
    await target.push(blob)
    const stop = new AbortController()
    const unwanted = {
      descriptor: blob.descriptor,
      open() {
        throw new Error('was opened')
      },
    }
    const pushing = target.push(unwanted, { signal: stop.signal })
    stop.abort(new WasmpackError('INTERRUPTED', 'stop'))
    await expect(pushing).rejects.toThrow('stop')
    expect(await readFile(blobPath(path, blob), 'utf8')).toBe('a blob')
  })

  it('is named with its digest where it is not there', async () => {
    const { path, target } = await created()
    await expect(fetched(target, blob)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: `oci-layout:${path} has no blob ${blob.descriptor.digest}`,
      hint: expect.stringContaining('copy or push again'),
    })
  })

  it('S22: is refused when it is a symbolic link, even to the right bytes', async () => {
    const { path, target } = await created()
    await target.push(blob)
    await rename(blobPath(path, blob), join(path, 'elsewhere'))
    await symlink(join(path, 'elsewhere'), blobPath(path, blob))
    await expect(fetched(target, blob)).rejects.toMatchObject({
      code: 'ARTIFACT_MALFORMED',
      message: expect.stringContaining('not a regular file'),
    })
    expect(await target.exists(blob.descriptor)).toBe(false)
  })

  it.each([[['blobs']], [['blobs', 'sha256']]])(
    'S22: is neither read nor written nor removed through a link in place of %j',
    async (linked) => {
      const { path, target } = await created()
      const other = blobFrom('another blob')
      await target.push(blob)
      const elsewhere = join(await mkdtemp(join(root, 'elsewhere-')), 'directory')
      await rename(join(path, ...linked), elsewhere)
      await symlink(elsewhere, join(path, ...linked))
      const before = await readdir(elsewhere, { recursive: true })
      const refused = {
        code: 'ARTIFACT_MALFORMED',
        message: `${join(path, ...linked)} is not a directory, or is a link`,
      }
      const manifest = manifestOf({ layers: [blob.descriptor] })
      await expect(fetched(target, blob)).rejects.toMatchObject(refused)
      await expect(target.push(other)).rejects.toMatchObject(refused)
      await expect(target.push(blob)).rejects.toMatchObject(refused)
      await expect(target.pushUnhashed({ size: 6, open: blob.open })).rejects.toMatchObject({
        code: 'ARTIFACT_MALFORMED',
      })
      await expect(target.pushManifest(manifest, 'v1')).rejects.toMatchObject(refused)
      await expect((target as DeletableTarget).delete(blob.descriptor.digest)).rejects.toMatchObject(refused)
      expect(await readdir(elsewhere, { recursive: true })).toEqual(before)
    },
  )

  it('S22: is not written through a link that comes in place of its directory meanwhile', async () => {
    const { path, target } = await created()
    const elsewhere = await mkdtemp(join(root, 'elsewhere-'))
    const slow = {
      descriptor: blob.descriptor,
      async *open() {
        yield new TextEncoder().encode('a ')
        await rename(join(path, 'blobs', 'sha256'), join(path, 'moved'))
        await symlink(elsewhere, join(path, 'blobs', 'sha256'))
        yield new TextEncoder().encode('blob')
      },
    }
    await expect(target.push(slow)).rejects.toMatchObject({ code: 'ARTIFACT_MALFORMED' })
    expect(await readdir(elsewhere)).toEqual([])
    expect(await readdir(join(path, 'moved'))).toEqual([])
  })

  it('S22: a link in place of index.json is neither read nor followed by a write', async () => {
    const { path, target } = await created()
    const elsewhere = join(root, `index-${count++}.json`)
    await rename(join(path, 'index.json'), elsewhere)
    await symlink(elsewhere, join(path, 'index.json'))
    const before = await readFile(elsewhere)
    await expect(pushThing(target, 'thing', 'v1')).rejects.toMatchObject({ code: 'ARTIFACT_MALFORMED' })
    expect(await readFile(elsewhere)).toEqual(before)
  })

  it('S22: is refused when it is a directory', async () => {
    const { path, target } = await created()
    await mkdir(blobPath(path, blob), { recursive: true })
    await expect(fetched(target, blob)).rejects.toMatchObject({ code: 'ARTIFACT_MALFORMED' })
  })

  it('leaves no temporary file behind when its source fails', async () => {
    const { path, target } = await created()
    const failing = {
      descriptor: blob.descriptor,
      async *open() {
        yield new TextEncoder().encode('a b')
        throw new Error('the source broke')
      },
    }
    await expect(target.push(failing)).rejects.toThrow('the source broke')
    expect(await readdir(join(path, 'blobs', 'sha256'))).toEqual([])
  })

  it('tells a missing source from a missing layout', async () => {
    const { target } = await created()
    const missing = {
      descriptor: blob.descriptor,
      async *open() {
        yield await readFile(join(root, 'no such module.wasm'))
      },
    }
    await expect(target.push(missing)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('is read by a sha512 digest', async () => {
    const { target } = await created()
    const bytes = new TextEncoder().encode('long')
    const long = createBlob(bytes, { mediaType: 'a/b', digest: computeDigest(bytes, 'sha512'), size: 4 })
    await target.push(long)
    expect(await fetched(target, long)).toHaveLength(4)
  })
})

describe('index.json of a layout', () => {
  it('keeps the entries and fields of others', async () => {
    const { path, target } = await created()
    const foreign = await pushThing(target, 'foreign')
    const entry = {
      ...describeManifest(foreign),
      urls: ['https://example.com/x'],
      annotations: { 'org.opencontainers.image.ref.name': 'docker.io/library/foreign:1', 'com.example': 'x' },
      'com.example.field': { nested: true },
    }
    await writeFile(
      join(path, 'index.json'),
      JSON.stringify({ schemaVersion: 2, manifests: [entry], annotations: { mine: 'yes' }, 'x-field': [1] }),
    )
    await pushThing(target, 'thing', 'v1')
    const index = await readIndex(path)
    expect(index.manifests).toHaveLength(2)
    expect(index.manifests[0]).toEqual(entry)
    expect(index).toMatchObject({ annotations: { mine: 'yes' }, 'x-field': [1] })
    expect(await target.tags()).toEqual(['1', 'v1'])
  })

  it.each([
    ['localhost/app:1.0', '1.0'],
    ['registry.example.com:5000/team/app:1.0.0', '1.0.0'],
    [`docker.io/library/app:1.0.0@sha256:${'0'.repeat(64)}`, '1.0.0'],
  ])('finds and lists by its tag part what podman and BuildKit name %s', async (name, tag) => {
    const { path, target } = await created()
    const foreign = await pushThing(target, 'foreign')
    const entry = {
      ...describeManifest(foreign),
      annotations: { 'org.opencontainers.image.ref.name': name },
    }
    await writeFile(join(path, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }))
    expect(await target.tags()).toEqual([tag])
    expect(await target.resolve(tag)).toMatchObject({ digest: foreign.digest })
    await target.pushManifest(foreign, tag)
    expect((await readIndex(path)).manifests).toEqual([entry])
    const other = await pushThing(target, 'other', tag)
    expect(await target.resolve(tag)).toMatchObject({ digest: other.digest })
    expect((await readIndex(path)).manifests[0]).toEqual(entry)
  })

  it.each(['registry.example.com:5000/team/app', `team/app@sha256:${'0'.repeat(64)}`])(
    'finds no tag in the name %s',
    async (name) => {
      const { path, target } = await created()
      const foreign = await pushThing(target, 'foreign')
      const entry = {
        ...describeManifest(foreign),
        annotations: { 'org.opencontainers.image.ref.name': name },
      }
      await writeFile(join(path, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }))
      expect(await target.tags()).toEqual([])
    },
  )

  it('names an untagged entry in place and lists another for a second tag', async () => {
    const { path, target } = await created()
    const thing = await pushThing(target, 'thing')
    await target.pushManifest(thing, 'v1')
    await target.pushManifest(thing, 'v2')
    const names = (await readIndex(path)).manifests.map(({ annotations }) => annotations)
    expect(names).toEqual([
      { 'org.opencontainers.image.ref.name': 'v1' },
      { 'org.opencontainers.image.ref.name': 'v2' },
    ])
  })

  it('keeps what a moved tag named as an untagged entry, once', async () => {
    const { path, target } = await created()
    const things = [await pushThing(target, 'one', '1.0.0'), await pushThing(target, 'two', '2.0.0')]
    for (let turn = 0; turn < 4; turn++) await target.pushManifest(things[turn % 2]!, 'latest')
    expect((await readIndex(path)).manifests).toHaveLength(3)
    const lone = await pushThing(target, 'lone', 'latest')
    await target.pushManifest(things[0]!, 'latest')
    expect((await readIndex(path)).manifests.filter(({ digest }) => digest === lone.digest)).toEqual([
      { ...describeManifest(lone), artifactType: 'application/vnd.example.thing' },
    ])
    expect(await target.tags()).toEqual(['1.0.0', '2.0.0', 'latest'])
  })

  it('is not written when nothing changes', async () => {
    const { path, target } = await created()
    const thing = await pushThing(target, 'thing', 'v1')
    const before = await readFile(join(path, 'index.json'), 'utf8')
    await rename(join(path, 'index.json'), join(path, 'kept'))
    await cp(join(path, 'kept'), join(path, 'index.json'))
    await chmod(join(path, 'index.json'), 0o444)
    await target.pushManifest(thing, 'v1')
    await target.pushManifest(thing)
    expect(await readFile(join(path, 'index.json'), 'utf8')).toBe(before)
  })

  it('is refused where it gives one tag to two manifests, until the tag is written again', async () => {
    const { path, target } = await created()
    const [one, two] = [await pushThing(target, 'one', 'a'), await pushThing(target, 'two', 'b')]
    const index = await readFile(join(path, 'index.json'), 'utf8')
    await writeFile(join(path, 'index.json'), index.replace('"b"', '"a"'))
    await expect(target.resolve('a')).rejects.toMatchObject({
      code: 'ARTIFACT_MALFORMED',
      hint: expect.stringContaining(`${one.digest} or ${two.digest}`),
    })
    await target.pushManifest(two, 'a')
    expect((await target.resolve('a')).digest).toBe(two.digest)
    expect((await target.resolve(one.digest)).digest).toBe(one.digest)
  })
})

describe('a manifest of a layout', () => {
  it('is refused where something that it names is not there', async () => {
    const { path, target } = await created()
    await target.push(emptyConfig)
    const layer = blobFrom('absent')
    await expect(target.pushManifest(manifestOf({ layers: [layer.descriptor] }), 'v1')).rejects.toMatchObject(
      {
        code: 'NOT_FOUND',
        message: `oci-layout:${path} has no blob ${layer.descriptor.digest}`,
      },
    )
    expect(await target.tags()).toEqual([])
  })

  it('is found by its digest where only an index names it', async () => {
    const { path, target } = await created()
    const child = await pushThing(target, 'child')
    await target.pushManifest(indexOf([child]), 'all')
    const index = await readIndex(path)
    await writeFile(
      join(path, 'index.json'),
      JSON.stringify({
        ...index,
        manifests: index.manifests.filter(({ digest }) => digest !== child.digest),
      }),
    )
    expect((await target.manifest(child.digest)).digest).toBe(child.digest)
  })

  it('is read by its digest whatever index.json says of it', async () => {
    const { path, target } = await created()
    const thing = await pushThing(target, 'thing', 'v1')
    const index = await readFile(join(path, 'index.json'), 'utf8')
    await writeFile(join(path, 'index.json'), index.replace(/"size":[0-9]+/, '"size":1'))
    expect((await target.manifest(thing.digest)).digest).toBe(thing.digest)
    await expect(target.manifest('v1')).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  it('is said not to be there by its tag, with the tags that are', async () => {
    const { path, target } = await created()
    const absent = (tag: string): unknown =>
      target.manifest(tag).then(
        () => undefined,
        ({ code, message, hint }) => [code, message, hint],
      )
    const message = `oci-layout:${path} has no tag 9.9`
    expect(await absent('9.9')).toEqual(['NOT_FOUND', message, expect.stringContaining('use a digest')])
    const thing = await pushThing(target, 'thing', 'latest')
    await target.pushManifest(thing, '1.0')
    expect(await absent('9.9')).toEqual(['NOT_FOUND', message, 'existing tags: 1.0, latest'])
    for (const tag of ['2.0', '3.0', '4.0', '5.0']) await target.pushManifest(thing, tag)
    expect(await absent('9.9')).toEqual([
      'NOT_FOUND',
      message,
      'existing tags: 1.0, 2.0, 3.0, 4.0, 5.0 and 1 more',
    ])
  })

  it('is said not to be there by its digest', async () => {
    const { path, target } = await created()
    const child = manifestOf({ layers: [] })
    const message = `oci-layout:${path} has no manifest ${child.digest}`
    await expect(target.manifest(child.digest)).rejects.toMatchObject({ code: 'NOT_FOUND', message })
    await expect(target.pushManifest(indexOf([child]))).rejects.toMatchObject({ code: 'NOT_FOUND', message })
  })

  it('is not waited with for another writer when the wait is ended', async () => {
    const { path, target } = await created()
    const elsewhere = `.wasmpack-lock.1.00000000.1.0.${'0'.repeat(16)}`
    await writeFile(join(path, elsewhere), '')
    const thing = manifestOf({ layers: [] })
    await target.push(emptyConfig)
    for (const wait of [
      (signal: AbortSignal) => target.pushManifest(thing, 'v1', { signal }),
      async (signal: AbortSignal) => {
        await rm(join(path, 'index.json'))
        await rm(join(path, 'oci-layout'))
        await openLayout(path, { create: true, signal })
      },
    ]) {
      const stop = new AbortController()
      const waiting = wait(stop.signal)
      while ((await readdir(path)).filter((name) => name.startsWith('.wasmpack-lock')).length < 2)
        await setImmediate()
      stop.abort(new Error('stop'))
      await expect(waiting).rejects.toThrow('stop')
    }
  })

  it('is not looked for outside of the layout', async () => {
    const { target } = await created()
    for (const reference of ['../../etc/passwd', 'sha256:../../etc/passwd', `sha256:${'A'.repeat(64)}`])
      await expect(target.manifest(reference)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('is refused when it was changed on the disk', async () => {
    const { path, target } = await created()
    const thing = await pushThing(target, 'thing', 'v1')
    const file = join(path, 'blobs', 'sha256', getDigestHex(thing.digest))
    await writeFile(file, (await readFile(file, 'utf8')).replace('"schemaVersion": 2', '"schemaVersion": 3'))
    await expect(target.manifest('v1')).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    expect(await target.referrers(thing.digest)).toEqual([])
  })
})

describe('referrers of a layout', () => {
  it('are found through a fallback tag whose index alone names them', async () => {
    const { path, target } = await created()
    const thing = await pushThing(target, 'thing', 'v1')
    const stranger = await pushThing(target, 'stranger')
    const referrer = await referrerOf(target, thing, 'signed')
    await target.pushManifest(referrer)
    await target.pushManifest(indexOf([referrer, stranger]), formatReferrersTag(thing.digest))
    const index = await readIndex(path)
    await writeFile(
      join(path, 'index.json'),
      JSON.stringify({
        ...index,
        manifests: index.manifests.filter(({ digest }) => digest !== referrer.digest),
      }),
    )
    expect((await target.referrers(thing.digest)).map(({ digest }) => digest)).toEqual([referrer.digest])
  })

  const manifestPath = (path: string, digest: Digest): string =>
    join(path, 'blobs', 'sha256', getDigestHex(digest))

  it('are found beside a damaged one, which is given back as it is listed', async () => {
    const { path, target } = await created()
    const thing = await pushThing(target, 'thing', 'v1')
    const both = [await referrerOf(target, thing, 'damaged'), await referrerOf(target, thing, 'whole')]
    for (const referrer of both) await target.pushManifest(referrer)
    const [damaged, whole] = both.map(({ digest }) => digest)
    await writeFile(manifestPath(path, damaged!), 'x'.repeat(both[0]!.bytes.length))
    expect(await target.referrers(thing.digest)).toMatchObject([
      { ...describeManifest(both[0]!), artifactType: 'application/vnd.example.signature' },
      { digest: whole },
    ])
    await expect(target.manifest(damaged!)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  it('do not count a damaged artifact that is listed by the type of its config', async () => {
    const { path, target } = await created()
    const thing = await pushThing(target, 'thing', 'v1')
    const module = manifestOf({
      layers: thing.layers,
      artifactType: 'application/vnd.wasm.config.v0+json',
    })
    await target.pushManifest(module)
    await writeFile(manifestPath(path, module.digest), 'x'.repeat(module.bytes.length))
    expect(await target.referrers(thing.digest)).toEqual([])
  })

  it('do not count what is listed and no manifest', async () => {
    const { path, target } = await created()
    const thing = await pushThing(target, 'thing', 'v1')
    const page = blobFrom('<xml/>', 'application/xml')
    await target.push(page)
    const index = await readIndex(path)
    const manifests = [...index.manifests, page.descriptor]
    await writeFile(join(path, 'index.json'), JSON.stringify({ ...index, manifests }))
    expect(await target.referrers(thing.digest)).toEqual([])
  })

  it('are found beside a damaged list under the fallback tag', async () => {
    const { path, target } = await created()
    const thing = await pushThing(target, 'thing', 'v1')
    const referrer = await referrerOf(target, thing, 'signed')
    await target.pushManifest(referrer)
    const list = indexOf([referrer])
    await target.pushManifest(list, formatReferrersTag(thing.digest))
    await writeFile(manifestPath(path, list.digest), 'x'.repeat(list.bytes.length))
    expect((await target.referrers(thing.digest)).map(({ digest }) => digest)).toEqual([
      referrer.digest,
      list.digest,
    ])
  })

  it('are given back unread where the manifests are too many bytes', async () => {
    const { path, target } = await created()
    const thing = await pushThing(target, 'thing', 'v1')
    const unrelated = await pushThing(target, 'unrelated')
    const index = await readIndex(path)
    const [mediaType, size] = [unrelated.mediaType, 4 * 1024 * 1024]
    const large = Array.from({ length: 64 }, (_, count) => blobFrom(`${count}`).descriptor.digest)
    const manifests = [
      ...large.map((digest) => ({ mediaType, size, digest })),
      ...index.manifests.filter(({ digest }) => digest === unrelated.digest),
    ]
    await writeFile(join(path, 'index.json'), JSON.stringify({ ...index, manifests }))
    expect(await target.referrers(thing.digest)).toMatchObject([{ digest: unrelated.digest }])
  })

  it('are thrown for when reading was stopped, not taken for damaged', async () => {
    const { target } = await created()
    const thing = await pushThing(target, 'thing', 'v1')
    await target.pushManifest(await referrerOf(target, thing, 'signed'))
    const signal = AbortSignal.abort(new WasmpackError('INTERRUPTED', 'stop'))
    await expect(target.referrers(thing.digest, { signal })).rejects.toThrow('stop')
  })

  it('leave out what is listed and not there', async () => {
    const { path, target } = await created()
    const thing = await pushThing(target, 'thing', 'v1')
    const referrer = await referrerOf(target, thing, 'signed')
    await target.pushManifest(referrer)
    await rm(join(path, 'blobs', 'sha256', getDigestHex(referrer.digest)))
    expect(await target.referrers(thing.digest)).toEqual([])
  })
})
