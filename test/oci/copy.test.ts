import { describe, expect, it } from 'vitest'

import { copy } from '../../src/oci/copy.ts'
import { MemoryTarget } from '../../src/oci/memory.ts'
import { indexOf, manifestOf, blobFrom, emptyConfig, pushThing, referrerOf } from './artifacts.ts'

describe('copy', () => {
  it('brings a manifest with its blobs, and its tag', async () => {
    const [source, destination] = [new MemoryTarget(), new MemoryTarget()]
    const thing = await pushThing(source, 'thing', 'v1')
    let sent = 0
    await copy(source, destination, thing, 'v2', { progress: (bytes) => (sent += bytes) })
    expect((await destination.manifest('v2')).bytes).toBe(thing.bytes)
    for (const descriptor of [thing.config, ...thing.layers])
      expect(await destination.exists(descriptor)).toBe(true)
    expect(await destination.tags()).toEqual(['v2'])
    expect(sent).toBe('thing'.length + '{}'.length)
  })

  it('brings an index with its manifests', async () => {
    const [source, destination] = [new MemoryTarget(), new MemoryTarget()]
    const children = [await pushThing(source, 'one'), await pushThing(source, 'two')]
    const index = indexOf(children)
    await source.pushManifest(index, 'all')
    await copy(source, destination, index, 'all')
    expect((await destination.manifest('all')).digest).toBe(index.digest)
    for (const child of children) expect((await destination.manifest(child.digest)).digest).toBe(child.digest)
  })

  it('makes a referrer a referrer at the destination', async () => {
    const [source, destination] = [new MemoryTarget(), new MemoryTarget()]
    const thing = await pushThing(source, 'thing')
    const referrer = await referrerOf(source, thing, 'signed')
    await source.pushManifest(referrer)
    await copy(source, destination, thing)
    expect(await destination.referrers(thing.digest)).toEqual([])
    await copy(source, destination, referrer)
    expect((await destination.referrers(thing.digest)).map(({ digest }) => digest)).toEqual([referrer.digest])
  })

  it('sends nothing that is there already', async () => {
    const [source, destination] = [new MemoryTarget(), new MemoryTarget()]
    const thing = await pushThing(source, 'thing')
    await pushThing(destination, 'thing')
    let sent = 0
    await copy(source, destination, thing, 'v1', { progress: (bytes) => (sent += bytes) })
    expect(sent).toBe(0)
    expect(await destination.tags()).toEqual(['v1'])
  })

  it('writes no tag and no manifest when a blob is missing', async () => {
    const [source, destination] = [new MemoryTarget(), new MemoryTarget()]
    await source.push(emptyConfig)
    const broken = manifestOf({ layers: [blobFrom('absent').descriptor] })
    await expect(copy(source, destination, broken, 'v1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await destination.tags()).toEqual([])
    await expect(destination.manifest(broken.digest)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('refuses indexes that are nested too deep', async () => {
    const source = new MemoryTarget()
    let nested = indexOf([await pushThing(source, 'thing')])
    await source.pushManifest(nested)
    for (let depth = 0; depth < 4; depth++) {
      nested = indexOf([nested])
      await source.pushManifest(nested)
    }
    await expect(copy(source, new MemoryTarget(), nested)).rejects.toMatchObject({
      code: 'ARTIFACT_MALFORMED',
      message: expect.stringContaining('nested too deep'),
    })
  })
})
