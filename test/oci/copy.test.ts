import { describe, expect, it, test } from 'vitest'

import { copyArtifact, type CopyRequest } from '../../src/oci/copy.ts'
import type { Blob, Descriptor } from '../../src/oci/descriptor.ts'
import { type Digest, formatReferrersTag } from '../../src/oci/digest.ts'
import { type Index, type Manifest, parseManifest } from '../../src/oci/manifest.ts'
import { MemoryTarget } from '../support/memory-target.ts'
import type { ReadOnlyTarget, Target } from '../../src/oci/target.ts'
import { WasmpackError } from '../../src/errors.ts'
import { noting, overriding } from '../delivery/scene.ts'
import { blobFrom, emptyConfig, indexOf, manifestOf, pushThing, referrerOf } from './artifacts.ts'

/** Copies what `v1` of the source names, under the same tag. */
async function copyTagged(
  source: ReadOnlyTarget,
  destination: Target,
  request: Partial<CopyRequest> = {},
): ReturnType<typeof copyArtifact> {
  return copyArtifact({
    source,
    destination,
    root: await source.manifest('v1'),
    tags: ['v1'],
    withReferrers: true,
    trustsExistingManifests: true,
    ...request,
  })
}

/** A source with a thing that is signed, and whose signature is signed. */
async function signedThing(): Promise<{
  readonly source: MemoryTarget
  readonly thing: Manifest
  readonly signature: Manifest
  readonly countersignature: Manifest
}> {
  const source = new MemoryTarget('source')
  const thing = await pushThing(source, 'thing', 'v1')
  const signature = await referrerOf(source, thing, 'signature')
  await source.pushManifest(signature)
  const countersignature = await referrerOf(source, signature, 'countersignature')
  await source.pushManifest(countersignature)
  return { source, thing, signature, countersignature }
}

const digestsOf = (descriptors: readonly Descriptor[]): readonly Digest[] =>
  descriptors.map(({ digest }) => digest).sort()

describe('copyArtifact', () => {
  it('carries an artifact with its blobs, byte for byte', async () => {
    const source = new MemoryTarget('source')
    const thing = await pushThing(source, 'thing', 'v1')
    const destination = new MemoryTarget('destination')
    expect(await copyTagged(source, destination)).toEqual({
      written: true,
      referrers: 0,
      blobs: { copied: 2, mounted: 0, present: 0, bytes: 7 },
      skipped: [],
    })
    const there = await destination.manifest('v1')
    expect(Buffer.from(there.bytes).equals(thing.bytes)).toBe(true)
    for (const descriptor of [thing.config, ...thing.layers])
      expect(await destination.exists(descriptor)).toBe(true)
  })

  it('carries referrers, and the referrers of those', async () => {
    const { source, thing, signature, countersignature } = await signedThing()
    const destination = new MemoryTarget('destination')
    expect(await copyTagged(source, destination)).toMatchObject({ written: true, referrers: 2 })
    expect(digestsOf(await destination.referrers(thing.digest))).toEqual([signature.digest])
    expect(digestsOf(await destination.referrers(signature.digest))).toEqual([countersignature.digest])
    for (const layer of [...signature.layers, ...countersignature.layers])
      expect(await destination.exists(layer)).toBe(true)
  })

  it('writes every tag after everything else', async () => {
    const { source } = await signedThing()
    const { target, writes } = noting(new MemoryTarget('destination'))
    await copyTagged(source, target, { tags: ['v1', 'stable'] })
    expect(writes.slice(-2)).toEqual(['manifest as v1', 'manifest as stable'])
    expect(writes.slice(0, -2).some((write) => write.includes(' as '))).toBe(false)
  })

  it('writes an artifact that nothing refers to once, by its tag', async () => {
    const source = new MemoryTarget('source')
    await pushThing(source, 'thing', 'v1')
    const { target, writes } = noting(new MemoryTarget('destination'))
    await copyTagged(source, target)
    expect(writes.filter((write) => write.startsWith('manifest'))).toEqual(['manifest as v1'])
  })

  it('leaves referrers behind if it is told so', async () => {
    const { source, thing } = await signedThing()
    const destination = new MemoryTarget('destination')
    expect(await copyTagged(source, destination, { withReferrers: false })).toMatchObject({ referrers: 0 })
    expect(await destination.referrers(thing.digest)).toEqual([])
  })

  it('carries an index with its manifests, and what refers to one of them', async () => {
    const source = new MemoryTarget('source')
    const [one, two] = [await pushThing(source, 'one'), await pushThing(source, 'two')]
    const inner = indexOf([two])
    await source.pushManifest(inner)
    const outer = indexOf([one, inner])
    await source.pushManifest(outer, 'v1')
    const signature = await referrerOf(source, two, 'signature of two')
    await source.pushManifest(signature)
    const destination = new MemoryTarget('destination')
    expect(await copyTagged(source, destination)).toMatchObject({ referrers: 1 })
    for (const { digest } of [one, two, inner, outer])
      expect((await destination.manifest(digest)).digest).toBe(digest)
    expect(digestsOf(await destination.referrers(two.digest))).toEqual([signature.digest])
  })

  it('without a tag writes by digest', async () => {
    const { source, thing, signature } = await signedThing()
    const destination = new MemoryTarget('destination')
    expect(await copyTagged(source, destination, { tags: [] })).toMatchObject({ written: true, referrers: 2 })
    expect(await destination.tags()).toEqual([])
    expect((await destination.manifest(thing.digest)).digest).toBe(thing.digest)
    expect(digestsOf(await destination.referrers(thing.digest))).toEqual([signature.digest])
    expect(await copyTagged(source, destination, { tags: [] })).toMatchObject({
      written: false,
      referrers: 2,
    })
  })

  it.each([true, false])(
    'writes nothing twice (destination is whole: %s)',
    async (trustsExistingManifests) => {
      const { source } = await signedThing()
      const destination = new MemoryTarget('destination')
      await copyTagged(source, destination)
      const again = overriding(destination, {
        push: async (blob, operation) => {
          const outcome = await destination.push(blob, operation)
          expect(outcome).toBe('present')
          return outcome
        },
      })
      expect(await copyTagged(source, again, { trustsExistingManifests })).toMatchObject({
        written: false,
        referrers: 2,
        blobs: { copied: 0, bytes: 0 },
      })
    },
  )

  it('brings to an unchanged artifact what was attached to it since', async () => {
    const { source, thing, signature } = await signedThing()
    const destination = new MemoryTarget('destination')
    await copyTagged(source, destination)
    const [late, later] = [
      await referrerOf(source, thing, 'late'),
      await referrerOf(source, signature, 'later'),
    ]
    await source.pushManifest(late)
    await source.pushManifest(later)
    const { target, writes } = noting(destination)
    expect(await copyTagged(source, target)).toMatchObject({ written: true, referrers: 4 })
    expect(writes.filter((write) => write.startsWith('referrer'))).toHaveLength(2)
    expect(writes.filter((write) => write.startsWith('manifest'))).toEqual([])
    expect(digestsOf(await destination.referrers(thing.digest))).toEqual(
      [signature.digest, late.digest].sort(),
    )
  })

  it('makes good what files have lost, where the destination is made of files', async () => {
    const source = new MemoryTarget('source')
    const thing = await pushThing(source, 'thing', 'v1')
    const destination = new MemoryTarget('destination')
    await copyTagged(source, destination)
    const pushed: Digest[] = []
    const lossy = overriding(destination, {
      push: async ({ descriptor }) => {
        pushed.push(descriptor.digest)
        return 'pushed'
      },
    })
    expect(await copyTagged(source, lossy, { trustsExistingManifests: false })).toMatchObject({
      written: true,
    })
    expect(pushed.sort()).toEqual([thing.config.digest, thing.layers[0]!.digest].sort())
  })

  it('within one repository writes tags only', async () => {
    const repository = new MemoryTarget('one')
    await pushThing(repository, 'thing', 'v1')
    const { target, writes } = noting(repository)
    expect(await copyTagged(repository, target, { tags: ['v2'] })).toMatchObject({ written: true })
    expect(writes).toEqual(['manifest as v2'])
  })

  it('fetches a blob that is in several manifests once', async () => {
    const source = new MemoryTarget('source')
    await source.pushManifest(indexOf([await pushThing(source, 'one'), await pushThing(source, 'two')]), 'v1')
    const fetched: Digest[] = []
    const watched = overriding(source, {
      fetch: (descriptor, operation) => {
        fetched.push(descriptor.digest)
        return source.fetch(descriptor, operation)
      },
    })
    await copyTagged(watched, new MemoryTarget('destination'))
    expect(fetched.filter((digest) => digest === emptyConfig.descriptor.digest)).toHaveLength(1)
  })

  it('has at most 4 blobs under way at once', async () => {
    const source = new MemoryTarget('source')
    const layers = Array.from({ length: 20 }, (_, at) => blobFrom(`layer ${at}`))
    for (const blob of [...layers, emptyConfig]) await source.push(blob)
    await source.pushManifest(manifestOf({ layers: layers.map(({ descriptor }) => descriptor) }), 'v1')
    const destination = new MemoryTarget('destination')
    let underWay = 0
    let most = 0
    const slow = overriding(destination, {
      push: async (blob: Blob) => {
        most = Math.max(most, ++underWay)
        await new Promise((resolve) => setImmediate(resolve))
        underWay--
        return destination.push(blob)
      },
    })
    await copyTagged(source, slow)
    expect(most).toBe(4)
  })
})

describe('what stands in the way of a copy', () => {
  /** The destination's tags after a copy that has to fail. */
  async function failing(source: ReadOnlyTarget, destination: Target, code: string): Promise<void> {
    await expect(copyTagged(source, destination)).rejects.toMatchObject({ code })
    expect(await destination.tags()).toEqual([])
  }

  it('a destination that fails at the last referrer has no tag', async () => {
    const { source, countersignature } = await signedThing()
    const destination = new MemoryTarget('destination')
    const broken = overriding(destination, {
      pushManifest: async (manifest, tag, operation) => {
        if (manifest.digest === countersignature.digest)
          throw new WasmpackError('UNAVAILABLE', 'the registry is gone')
        return destination.pushManifest(manifest, tag, operation)
      },
    })
    await failing(source, broken, 'UNAVAILABLE')
  })

  it('a source that cannot say what refers to the artifact is no source of an unsigned one', async () => {
    const { source } = await signedThing()
    const silent = overriding(source, {
      referrers: async () => {
        throw new WasmpackError('UNAVAILABLE', 'no answer')
      },
    })
    await failing(silent, new MemoryTarget('destination'), 'UNAVAILABLE')
  })

  it('a blob that is gone from the source', async () => {
    const source = new MemoryTarget('source')
    const thing = await pushThing(source, 'thing', 'v1')
    const lossy = overriding(source, {
      fetch: (descriptor, operation) =>
        descriptor.digest === thing.layers[0]!.digest
          ? new MemoryTarget('nothing').fetch(descriptor)
          : source.fetch(descriptor, operation),
    })
    await failing(lossy, new MemoryTarget('destination'), 'NOT_FOUND')
  })

  it('a blob whose bytes are other ones', async () => {
    const source = new MemoryTarget('source')
    await pushThing(source, 'thing', 'v1')
    const liar = overriding(source, {
      async *fetch() {
        yield new TextEncoder().encode('other')
      },
    })
    await failing(liar, new MemoryTarget('destination'), 'DIGEST_MISMATCH')
  })

  it('a tag that moves meanwhile: what was looked up first is what is copied', async () => {
    const { source, thing } = await signedThing()
    const destination = new MemoryTarget('destination')
    const moving = overriding(source, {
      referrers: async (subject) => {
        await pushThing(source, 'another', 'v1')
        return source.referrers(subject)
      },
    })
    await copyTagged(moving, destination)
    expect((await destination.resolve('v1')).digest).toBe(thing.digest)
  })

  it('ends what is under way when one part fails', async () => {
    const source = new MemoryTarget('source')
    await pushThing(source, 'thing', 'v1')
    const destination = new MemoryTarget('destination')
    let aborted = false
    const half = overriding(destination, {
      push: async ({ descriptor }, operation) => {
        if (descriptor.digest === emptyConfig.descriptor.digest) throw new WasmpackError('UNAVAILABLE', 'no')
        await new Promise<void>((resolve) =>
          operation!.signal!.addEventListener('abort', () => {
            aborted = true
            resolve()
          }),
        )
        return 'pushed'
      },
    })
    await failing(source, half, 'UNAVAILABLE')
    expect(aborted).toBe(true)
  })

  it.each([
    ['is gone', 'listed, but not found', blobFrom('gone').descriptor],
    ['refers to something else', 'has another subject', undefined],
  ])('a listed referrer that %s is skipped, and said to be', async (_, reason, gone) => {
    const source = new MemoryTarget('source')
    await pushThing(source, 'thing', 'v1')
    const stranger = await pushThing(source, 'stranger')
    const listed = gone ?? blobFrom('', 'x/y').descriptor
    const digest = gone === undefined ? stranger.digest : listed.digest
    const odd = overriding(source, {
      referrers: async (subject) =>
        subject === stranger.digest ? [] : [{ ...listed, digest, mediaType: stranger.mediaType }],
    })
    const destination = new MemoryTarget('destination')
    expect(await copyTagged(odd, destination)).toMatchObject({ referrers: 0, skipped: [{ digest, reason }] })
    expect(await destination.tags()).toEqual(['v1'])
    if (gone === undefined) expect(await destination.exists(stranger.layers[0]!)).toBe(false)
  })
})

describe('what a hostile source cannot make endless', () => {
  it('referrers that are listed in a circle', async () => {
    const { source, thing, signature } = await signedThing()
    const circle = overriding(source, {
      referrers: async (subject) => [
        ...(await source.referrers(subject)),
        { ...signature, size: 1 } as Descriptor,
        { ...thing, size: 1 } as Descriptor,
      ],
    })
    const destination = new MemoryTarget('destination')
    expect(await copyTagged(circle, destination)).toMatchObject({ referrers: 2, skipped: [] })
  })

  it('referrers on top of each other', async () => {
    const source = new MemoryTarget('source')
    let subject = await pushThing(source, 'thing', 'v1')
    for (let depth = 0; depth < 9; depth++) {
      const referrer = await referrerOf(source, subject, `referrer ${depth}`)
      await source.pushManifest(referrer)
      subject = referrer
    }
    const destination = new MemoryTarget('destination')
    await expect(copyTagged(source, destination)).rejects.toMatchObject({ code: 'ARTIFACT_MALFORMED' })
    expect(await destination.tags()).toEqual([])
  })

  it('more than a thousand referrers', async () => {
    const source = new MemoryTarget('source')
    const thing = await pushThing(source, 'thing', 'v1')
    const many = overriding(source, {
      referrers: async () =>
        Array.from({ length: 1001 }, (_, at) => ({
          ...blobFrom(`referrer ${at}`).descriptor,
          mediaType: thing.mediaType,
        })),
    })
    await expect(copyTagged(many, new MemoryTarget('destination'))).rejects.toMatchObject({
      code: 'ARTIFACT_MALFORMED',
      hint: expect.stringContaining('--without-referrers'),
    })
  })

  it('indices in indices', async () => {
    const source = new MemoryTarget('source')
    let index: Manifest | Index = await pushThing(source, 'thing')
    for (let depth = 0; depth < 10; depth++) {
      index = indexOf([index])
      await source.pushManifest(index, 'v1')
    }
    const destination = new MemoryTarget('destination')
    for (const withReferrers of [true, false])
      await expect(copyTagged(source, destination, { withReferrers })).rejects.toMatchObject({
        code: 'ARTIFACT_MALFORMED',
      })
    expect(await destination.tags()).toEqual([])
  })
})

describe('signatures that cosign kept under tags', () => {
  /** As cosign 2 writes them: a manifest without a subject, one layer for each signature. */
  async function cosignTag(
    target: Target,
    subject: Manifest,
    suffix: string,
    ...signatures: readonly string[]
  ): Promise<Manifest> {
    const layers = signatures.map((text) =>
      blobFrom(text, 'application/vnd.dev.cosign.simplesigning.v1+json'),
    )
    for (const blob of [...layers, emptyConfig]) await target.push(blob)
    const manifest = manifestOf({ layers: layers.map(({ descriptor }) => descriptor) })
    await target.pushManifest(manifest, `${formatReferrersTag(subject.digest)}.${suffix}`)
    return manifest
  }

  it.each(['sig', 'att', 'sbom'])('.%s comes along before the tag', async (suffix) => {
    const source = new MemoryTarget('source')
    const thing = await pushThing(source, 'thing', 'v1')
    const kept = await cosignTag(source, thing, suffix, 'one')
    const { target, writes } = noting(new MemoryTarget('destination'))
    expect(await copyTagged(source, target)).toMatchObject({ referrers: 1 })
    const tag = `${formatReferrersTag(thing.digest)}.${suffix}`
    expect((await target.resolve(tag)).digest).toBe(kept.digest)
    expect(writes.slice(-2)).toEqual([`manifest as ${tag}`, 'manifest as v1'])
    expect(await copyTagged(source, target)).toMatchObject({ written: false, referrers: 1 })
  })

  it('is not written over by fewer, and is by more', async () => {
    const source = new MemoryTarget('source')
    const thing = await pushThing(source, 'thing', 'v1')
    await cosignTag(source, thing, 'sig', 'one')
    const destination = new MemoryTarget('destination')
    const both = await cosignTag(destination, thing, 'sig', 'one', 'two')
    await copyTagged(source, destination)
    const tag = `${formatReferrersTag(thing.digest)}.sig`
    expect((await destination.resolve(tag)).digest).toBe(both.digest)
    const three = await cosignTag(source, thing, 'sig', 'one', 'two', 'three')
    expect(await copyTagged(source, destination)).toMatchObject({ written: true })
    expect((await destination.resolve(tag)).digest).toBe(three.digest)
  })

  it('is refused where each side has one of its own', async () => {
    const source = new MemoryTarget('source')
    const thing = await pushThing(source, 'thing', 'v1')
    await cosignTag(source, thing, 'sig', 'one')
    const destination = new MemoryTarget('destination')
    await cosignTag(destination, thing, 'sig', 'two')
    await expect(copyTagged(source, destination)).rejects.toMatchObject({ code: 'ARTIFACT_MALFORMED' })
    expect(await destination.tags()).toEqual([`${formatReferrersTag(thing.digest)}.sig`])
  })
})

test('a fallback index of the source is not copied as such', async () => {
  const { source, thing, signature } = await signedThing()
  const tag = formatReferrersTag(thing.digest)
  await source.pushManifest(indexOf([signature]), tag)
  const destination = new MemoryTarget('destination')
  await copyTagged(source, destination)
  expect(await destination.tags()).toEqual(['v1'])
  expect(parseManifest((await destination.manifest('v1')).bytes, undefined).digest).toBe(thing.digest)
})
