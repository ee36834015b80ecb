import { expect, it } from 'vitest'

import { tagArtifact } from '../../src/delivery/tag.ts'
import { pushThing } from '../oci/artifacts.ts'
import { opened } from '../support/registry/opened.ts'

it('points every tag at the artifact, and writes nothing else', async () => {
  const { registry, target } = await opened()
  const { digest } = await pushThing(target, 'a thing', '1')
  registry.log.length = 0
  const result = await tagArtifact(target, '1', ['1.0', 'latest'], {})
  expect(result).toEqual({
    url: `${target.name}@${digest}`,
    repository: target.name,
    digest,
    tags: ['1.0', 'latest'],
  })
  for (const tag of result.tags) expect((await target.resolve(tag)).digest).toBe(digest)
  expect(registry.requests().filter((line) => /^(?:POST|PUT|PATCH)/.test(line))).toEqual([
    'PUT /v2/team/app/manifests/1.0',
    'PUT /v2/team/app/manifests/latest',
  ])
})

it('writes no tag for an artifact that does not exist', async () => {
  const { target } = await opened()
  await pushThing(target, 'a thing', '1')
  await expect(tagArtifact(target, '2', ['latest'], {})).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(await target.tags()).toEqual(['1'])
})
