import { describe, expect, it } from 'vitest'

import { type Blob, collect, type UnhashedBlob } from '../../src/oci/descriptor.ts'
import { describeManifest } from '../../src/oci/manifest.ts'
import type { Target } from '../../src/oci/target.ts'
import { blobFrom, emptyConfig, indexOf, pushThing, referrerOf } from './artifacts.ts'

const read = (target: Target, { descriptor }: Blob): Promise<Uint8Array> =>
  collect(target.fetch(descriptor), 1 << 20, 'blob')

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** The blob's announcement over other bytes. */
const forged = (blob: Blob, bytes: string): Blob => ({
  descriptor: blob.descriptor,
  async *open() {
    yield new TextEncoder().encode(bytes)
  },
})

/** The blob's bytes in small pieces, and then whatever `end` does. */
const sourceOf = (blob: Blob, end: () => void = () => undefined): UnhashedBlob => ({
  size: blob.descriptor.size,
  async *open() {
    for await (const bytes of blob.open())
      for (let at = 0; at < bytes.length; at += 999) yield bytes.subarray(at, at + 999)
    end()
  },
})

/**
 * What every target promises, wherever it keeps its content. `open` gives a fresh and empty repository each time; the
 * suite runs once for each implementation.
 */
export function describeTargetContract(name: string, open: () => Promise<Target>): void {
  describe(`${name} as a target`, () => {
    describe('blobs', () => {
      const blob = blobFrom('a blob')

      it('push writes a blob once and then finds it present', async () => {
        const target = await open()
        expect(await target.exists(blob.descriptor)).toBe(false)
        expect(await target.push(blob)).toBe('pushed')
        expect(await target.push(blob)).toBe('present')
        expect(await target.exists(blob.descriptor)).toBe(true)
        expect(text(await read(target, blob))).toBe('a blob')
      })

      it('push takes a blob in many chunks and tells its progress in bytes', async () => {
        const target = await open()
        const whole = blobFrom('0123456789'.repeat(1000))
        const chunked: Blob = {
          descriptor: whole.descriptor,
          async *open() {
            for await (const bytes of whole.open())
              for (let at = 0; at < bytes.length; at += 999) yield bytes.subarray(at, at + 999)
          },
        }
        let heard = 0
        await target.push(chunked, { progress: (bytes) => (heard += bytes) })
        expect(heard).toBe(10_000)
        expect(text(await read(target, whole))).toBe('0123456789'.repeat(1000))
      })

      it.each([
        ['other', 'A BLOB'],
        ['too few', 'a blo'],
        ['too many', 'a blob!'],
        ['no', ''],
      ])('push refuses %s bytes and stores nothing', async (_, bytes) => {
        const target = await open()
        await expect(target.push(forged(blob, bytes))).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
        expect(await target.exists(blob.descriptor)).toBe(false)
        expect(await target.push(blob)).toBe('pushed')
      })

      it('push stores nothing when the source fails', async () => {
        const target = await open()
        const broken: Blob = {
          descriptor: blob.descriptor,
          // oxlint-disable-next-line require-yield
          async *open() {
            throw new Error('the source broke')
          },
        }
        await expect(target.push(broken)).rejects.toThrow()
        expect(await target.exists(blob.descriptor)).toBe(false)
      })

      it('push does nothing when it was aborted', async () => {
        const target = await open()
        const signal = AbortSignal.abort()
        await expect(target.push(blob, { signal })).rejects.toThrow()
        expect(await target.exists(blob.descriptor)).toBe(false)
      })

      it('push writes one blob when two writers bring it at once', async () => {
        const target = await open()
        await Promise.all([target.push(blob), target.push(blob)])
        expect(text(await read(target, blob))).toBe('a blob')
      })

      it('push of a blob that another repository may hold writes it if it does not', async () => {
        const target = await open()
        expect(await target.push(blob, { from: 'team/other' })).toBe('pushed')
        expect(text(await read(target, blob))).toBe('a blob')
        expect(await target.push(blob, { from: 'team/other' })).toBe('present')
      })

      it('pushUnhashed writes content, gives its digest, and tells its progress in bytes', async () => {
        const target = await open()
        const whole = blobFrom('0123456789'.repeat(1000))
        let heard = 0
        const progress = (bytes: number): void => void (heard += bytes)
        expect(await target.pushUnhashed(sourceOf(whole), { progress })).toBe(whole.descriptor.digest)
        expect(heard).toBe(10_000)
        expect(text(await read(target, whole))).toBe('0123456789'.repeat(1000))
        expect(await target.pushUnhashed(sourceOf(whole))).toBe(whole.descriptor.digest)
        expect(await target.push(whole)).toBe('present')
      })

      it('pushUnhashed tells its digest at most once before it is done', async () => {
        const target = await open()
        const heard: string[] = []
        const hashed = (digest: string): void => void heard.push(digest)
        expect(await target.pushUnhashed(sourceOf(blob), { onDigest: hashed })).toBe(blob.descriptor.digest)
        expect([[], [blob.descriptor.digest]]).toContainEqual(heard)
      })

      it('pushUnhashed writes no bytes at all', async () => {
        const target = await open()
        const empty = blobFrom('')
        expect(await target.pushUnhashed(sourceOf(empty))).toBe(empty.descriptor.digest)
        expect(await target.exists(empty.descriptor)).toBe(true)
      })

      it.each([-1, 1])('pushUnhashed stores nothing when the size is wrong by %i', async (difference) => {
        const target = await open()
        const wrong = { ...sourceOf(blob), size: blob.descriptor.size + difference }
        await expect(target.pushUnhashed(wrong)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
        expect(await target.exists(blob.descriptor)).toBe(false)
      })

      it('pushUnhashed throws what its source throws, also in place of its end, and stores nothing', async () => {
        const target = await open()
        const reason = new Error('it is not what was looked at')
        const source = sourceOf(blob, () => {
          throw reason
        })
        await expect(target.pushUnhashed(source)).rejects.toBe(reason)
        expect(await target.exists(blob.descriptor)).toBe(false)
        expect(await target.pushUnhashed(sourceOf(blob))).toBe(blob.descriptor.digest)
      })

      it('pushUnhashed does nothing when it was aborted', async () => {
        const target = await open()
        const signal = AbortSignal.abort()
        await expect(target.pushUnhashed(sourceOf(blob), { signal })).rejects.toThrow()
        expect(await target.exists(blob.descriptor)).toBe(false)
      })

      it.each([-1, 1])('fetch refuses a size that is wrong by %i', async (difference) => {
        const target = await open()
        await target.push(blob)
        const descriptor = { ...blob.descriptor, size: blob.descriptor.size + difference }
        await expect(collect(target.fetch(descriptor), 1024, 'blob')).rejects.toMatchObject({
          code: 'DIGEST_MISMATCH',
        })
      })

      it('fetch throws NOT_FOUND for a blob that is not there', async () => {
        await expect(read(await open(), blob)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      })
    })

    describe('manifests', () => {
      it('resolve and manifest find what a tag and a digest name', async () => {
        const target = await open()
        const thing = await pushThing(target, 'thing', 'v1')
        for (const reference of ['v1', thing.digest]) {
          expect(await target.resolve(reference)).toMatchObject(describeManifest(thing))
          expect(await target.manifest(reference)).toMatchObject({
            kind: 'manifest',
            digest: thing.digest,
            layers: thing.layers,
          })
        }
        expect(await target.exists(describeManifest(thing))).toBe(true)
      })

      it('manifest gives back the very bytes that were pushed', async () => {
        const target = await open()
        const thing = await pushThing(target, 'thing', 'v1')
        expect(text((await target.manifest('v1')).bytes)).toBe(text(thing.bytes))
      })

      it('pushManifest without a tag is found by digest only', async () => {
        const target = await open()
        const thing = await pushThing(target, 'thing')
        expect((await target.manifest(thing.digest)).digest).toBe(thing.digest)
        expect(await target.tags()).toEqual([])
      })

      it('pushManifest adds a tag to a manifest that is there already', async () => {
        const target = await open()
        const thing = await pushThing(target, 'thing')
        await target.pushManifest(thing, 'v1')
        await target.pushManifest(thing, 'v2')
        expect((await target.resolve('v1')).digest).toBe(thing.digest)
        expect((await target.resolve('v2')).digest).toBe(thing.digest)
      })

      it('pushManifest writes an index of manifests', async () => {
        const target = await open()
        const index = indexOf([await pushThing(target, 'one'), await pushThing(target, 'two')])
        await target.pushManifest(index, 'all')
        expect(await target.manifest('all')).toMatchObject({ kind: 'index', manifests: index.manifests })
      })

      it('pushManifest moves a tag and keeps the manifest that it named', async () => {
        const target = await open()
        const before = await pushThing(target, 'before', 'v1')
        const after = await pushThing(target, 'after', 'v1')
        expect((await target.resolve('v1')).digest).toBe(after.digest)
        expect((await target.resolve(before.digest)).digest).toBe(before.digest)
        expect(await target.tags()).toEqual(['v1'])
      })

      it('resolve and manifest throw NOT_FOUND for what is not there', async () => {
        const target = await open()
        const absent = blobFrom('absent').descriptor.digest
        const check = async (): Promise<void> => {
          for (const reference of ['absent', absent]) {
            await expect(target.resolve(reference)).rejects.toMatchObject({ code: 'NOT_FOUND' })
            await expect(target.manifest(reference)).rejects.toMatchObject({ code: 'NOT_FOUND' })
          }
        }
        await check()
        await pushThing(target, 'thing', 'v1')
        await check()
      })

      it('tags lists every tag, sorted', async () => {
        const target = await open()
        for (const tag of ['b', '1.10.0', 'a', '1.9.0']) await pushThing(target, `thing ${tag}`, tag)
        expect(await target.tags()).toEqual(['1.10.0', '1.9.0', 'a', 'b'])
      })
    })

    describe('referrers', () => {
      it('referrers is empty for a manifest without any, and for one that is not there', async () => {
        const target = await open()
        const thing = await pushThing(target, 'thing', 'v1')
        await pushThing(target, 'another', 'v2')
        expect(await target.referrers(thing.digest)).toEqual([])
        expect(await target.referrers(blobFrom('absent').descriptor.digest)).toEqual([])
      })

      it('referrers finds a referrer with its artifact type and annotations', async () => {
        const target = await open()
        const thing = await pushThing(target, 'thing', 'v1')
        const referrer = await referrerOf(target, thing, 'signed')
        await target.pushManifest(referrer)
        const found = await target.referrers(thing.digest)
        expect(found).toHaveLength(1)
        expect(found[0]).toMatchObject({
          ...describeManifest(referrer),
          artifactType: 'application/vnd.example.signature',
        })
        expect({ ...found[0]!.annotations }).toMatchObject({ 'org.example.says': 'signed' })
        expect(text((await target.manifest(found[0]!.digest)).bytes)).toBe(text(referrer.bytes))
      })

      it('referrers tells the subjects of two referrers apart', async () => {
        const target = await open()
        const [one, two] = [await pushThing(target, 'one'), await pushThing(target, 'two')]
        const [ofOne, ofTwo] = [await referrerOf(target, one, '1'), await referrerOf(target, two, '2')]
        await target.pushManifest(ofOne)
        await target.pushManifest(ofTwo)
        expect((await target.referrers(one.digest)).map(({ digest }) => digest)).toEqual([ofOne.digest])
        expect((await target.referrers(two.digest)).map(({ digest }) => digest)).toEqual([ofTwo.digest])
      })

      it('referrers lists a referrer once however often it was pushed', async () => {
        const target = await open()
        const referrer = await referrerOf(target, await pushThing(target, 'thing'), 'signed')
        await target.pushManifest(referrer)
        await target.pushManifest(referrer)
        expect(await target.referrers(referrer.subject!.digest)).toHaveLength(1)
      })

      it('referrers finds a referrer that was pushed before its subject', async () => {
        const target = await open()
        const elsewhere = await pushThing(await open(), 'thing')
        const referrer = await referrerOf(target, elsewhere, 'early')
        await target.pushManifest(referrer)
        const thing = await pushThing(target, 'thing', 'v1')
        expect(thing.digest).toBe(elsewhere.digest)
        expect((await target.referrers(thing.digest)).map(({ digest }) => digest)).toEqual([referrer.digest])
      })

      it('referrers lists two that were pushed at once', async () => {
        const target = await open()
        const thing = await pushThing(target, 'thing', 'v1')
        const both = [await referrerOf(target, thing, 'one'), await referrerOf(target, thing, 'two')]
        await Promise.all(both.map((referrer) => target.pushManifest(referrer)))
        expect((await target.referrers(thing.digest)).map(({ digest }) => digest).sort()).toEqual(
          both.map(({ digest }) => digest).sort(),
        )
      })

      it('referrers counts neither blobs nor untagged manifests as referrers', async () => {
        const target = await open()
        const thing = await pushThing(target, 'thing', 'v1')
        await pushThing(target, 'untagged')
        await target.push(emptyConfig)
        expect(await target.referrers(thing.digest)).toEqual([])
      })
    })
  })
}
