import { expect, it } from 'vitest'

import { resolveArtifact } from '../../src/delivery/resolve.ts'
import { pushThing } from '../oci/artifacts.ts'
import { opened } from '../support/registry/opened.ts'

it('resolves a tag and a digest to the same artifact', async () => {
  const { target } = await opened()
  const { digest, bytes, mediaType } = await pushThing(target, 'a thing', '1')
  const result = await resolveArtifact(target, '1', {})
  expect(result).toEqual({
    url: `${target.name}@${digest}`,
    repository: target.name,
    digest,
    mediaType,
    size: bytes.length,
  })
  expect(await resolveArtifact(target, digest, {})).toEqual(result)
  await expect(resolveArtifact(target, '2', {})).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

it('takes the digest from the manifest and not from the answer to HEAD', async () => {
  const { registry, target } = await opened()
  const { digest } = await pushThing(target, 'a thing', '1')
  const headers = { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }
  registry.fault({ method: 'HEAD', path: /\/manifests\//, fault: { kind: 'headers', headers } })
  expect((await resolveArtifact(target, '1', {})).digest).toBe(digest)
})
