import { describe, expect, it } from 'vitest'

import type { DeletableTarget } from '../../src/oci/target.ts'
import { indexOf, pushThing, referrerOf } from './artifacts.ts'

/** What deletion promises, wherever the content is. `open` gives a fresh and empty repository each time. */
export function describeDeletionContract(name: string, open: () => Promise<DeletableTarget>): void {
  describe(`deletion from ${name}`, () => {
    it('takes away a tag and nothing else', async () => {
      const target = await open()
      const thing = await pushThing(target, 'a module', '1')
      await target.pushManifest(thing, '2')
      await target.delete('1')
      await expect(target.resolve('1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect((await target.resolve('2')).digest).toBe(thing.digest)
      await target.delete('2')
      expect(await target.tags()).toEqual([])
      expect(Buffer.from((await target.manifest(thing.digest)).bytes)).toEqual(Buffer.from(thing.bytes))
    })

    it('takes away a manifest with every tag that names it, and leaves the others', async () => {
      const target = await open()
      const thing = await pushThing(target, 'a module', '1')
      await target.pushManifest(thing, '2')
      const other = await pushThing(target, 'another', '3')
      await target.delete(thing.digest)
      for (const reference of ['1', '2', thing.digest])
        await expect(target.resolve(reference)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(await target.tags()).toEqual(['3'])
      expect((await target.resolve('3')).digest).toBe(other.digest)
    })

    it('throws NOT_FOUND for what is not there', async () => {
      const target = await open()
      const thing = await pushThing(target, 'a module', '1')
      await target.delete(thing.digest)
      await expect(target.delete('1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(target.delete(thing.digest)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })

    it('takes a referrer off the list, and what it refers to leaves its referrers alone', async () => {
      const target = await open()
      const thing = await pushThing(target, 'a module', '1')
      const [one, two] = [await referrerOf(target, thing, 'one'), await referrerOf(target, thing, 'two')]
      await target.pushManifest(one)
      await target.pushManifest(two)
      await target.delete(one.digest)
      expect((await target.referrers(thing.digest)).map(({ digest }) => digest)).toEqual([two.digest])
      await target.delete(thing.digest)
      expect((await target.referrers(thing.digest)).map(({ digest }) => digest)).toEqual([two.digest])
    })

    it('lets what was deleted be pushed again', async () => {
      const target = await open()
      const thing = await pushThing(target, 'a module', '1')
      await target.delete(thing.digest)
      expect((await pushThing(target, 'a module', '1')).digest).toBe(thing.digest)
      expect((await target.resolve('1')).digest).toBe(thing.digest)
    })

    it('takes away an index and leaves what it lists', async () => {
      const target = await open()
      const child = await pushThing(target, 'a module')
      const index = indexOf([child])
      await target.pushManifest(index, 'all')
      await target.delete(index.digest)
      expect((await target.resolve(child.digest)).digest).toBe(child.digest)
    })
  })
}
