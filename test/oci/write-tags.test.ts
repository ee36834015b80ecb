import { expect, it } from 'vitest'

import { findTagStates, writeTags } from '../../src/oci/write-tags.ts'
import { opened } from '../support/registry/opened.ts'
import { pushThing } from './artifacts.ts'

/** A registry whose tag v1 names something and cannot be moved, with another artifact that has no tag yet. */
async function keepingV1(immutableTags: string) {
  const { registry, target } = await opened({ immutableTags })
  await pushThing(target, 'a thing', 'v1')
  await pushThing(target, 'a thing', 'moves')
  const manifest = await pushThing(target, 'another thing')
  registry.log.length = 0
  return { target, manifest }
}

it('a tag that the registry refuses to move is written before new ones, which are not written then', async () => {
  const { target, manifest } = await keepingV1('^v1$')
  const states = await findTagStates(target, ['new', 'v1', 'newer'], {})
  await expect(writeTags(target, manifest, states, {})).rejects.toMatchObject({
    code: 'REGISTRY_REFUSED',
    details: expect.not.objectContaining({ written: expect.anything() as unknown }) as unknown,
  })
  expect(await target.tags()).toEqual(['moves', 'v1'])
})

it('what was written before a tag was refused is said in the message and in details.written', async () => {
  const { target, manifest } = await keepingV1('^v1$')
  const states = await findTagStates(target, ['new', 'moves', 'v1'], {})
  await expect(writeTags(target, manifest, states, {})).rejects.toMatchObject({
    code: 'REGISTRY_REFUSED',
    message: expect.stringMatching(/^cannot write the tag v1, after the tag moves was written: /) as string,
    details: { status: 412, written: ['moves'] },
  })
  expect((await target.resolve('moves')).digest).toBe(manifest.digest)
  expect(await target.tags()).toEqual(['moves', 'v1'])
})

it('a tag that names the manifest already is not written', async () => {
  const { target, manifest } = await keepingV1('^v1$')
  const states = await findTagStates(target, ['v1', 'a', 'b'], {})
  expect(await writeTags(target, await target.manifest('v1'), states, {})).toBe(2)
  expect((await target.resolve('b')).digest).not.toBe(manifest.digest)
})
