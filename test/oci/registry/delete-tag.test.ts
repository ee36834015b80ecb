import { expect, it } from 'vitest'

import { opened } from '../../support/registry/opened.ts'
import { pushThing } from '../artifacts.ts'

it.each([400, 405] as const)(
  'a tag is deleted alone where the registry deletes manifests only (%i): it is moved to a manifest of its own first',
  async (tagDelete) => {
    const { registry, target } = await opened({ tagDelete })
    const thing = await pushThing(target, 'a thing', '1')
    await target.pushManifest(thing, '2')
    await target.delete('2')
    expect(await target.tags()).toEqual(['1'])
    expect((await target.resolve(thing.digest)).digest).toBe(thing.digest)
    expect(registry.store.repository('team/app').manifests.size).toBe(1)
  },
)

it('a tag is not moved where the registry deletes nothing', async () => {
  const { registry, target } = await opened({ tagDelete: 405, manifestDelete: 405 })
  const thing = await pushThing(target, 'a thing', '1')
  registry.log.length = 0
  await expect(target.delete('1')).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' })
  expect(registry.log.filter(({ method }) => method === 'PUT' || method === 'POST')).toEqual([])
  expect((await target.resolve('1')).digest).toBe(thing.digest)
})

it('a tag that was moved for its deletion is moved back if that fails', async () => {
  const { registry, target } = await opened({ tagDelete: 400 })
  const thing = await pushThing(target, 'a thing', '1')
  // The second deletion of a manifest is that of the manifest that the tag was moved to.
  const path = /\/manifests\/sha256:/
  registry.fault({ method: 'DELETE', path, times: 1, fault: { kind: 'status', status: 404 } })
  registry.fault({ method: 'DELETE', path, times: 1, fault: { kind: 'status', status: 403 } })
  await expect(target.delete('1')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  expect((await target.resolve('1')).digest).toBe(thing.digest)
})

it('a tag that is immutable is not deleted, and says so', async () => {
  const { target } = await opened({ tagDelete: 400, immutableTags: '^1$' })
  const thing = await pushThing(target, 'a thing', '1')
  await expect(target.delete('1')).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' })
  expect((await target.resolve('1')).digest).toBe(thing.digest)
})
