import { expect, it } from 'vitest'

import { discoverReferrers } from '../../src/delivery/discover.ts'
import { pushThing, referrerOf } from '../oci/artifacts.ts'
import { opened } from '../support/registry/opened.ts'

it('lists the referrers of what a tag names, or those of one artifact type', async () => {
  const { target } = await opened()
  const thing = await pushThing(target, 'a thing', '1')
  const referrer = await referrerOf(target, thing, 'says')
  await target.pushManifest(referrer)
  const result = await discoverReferrers(target, '1', {})
  expect(result).toMatchObject({ url: `${target.name}@${thing.digest}`, digest: thing.digest })
  expect(result.referrers.map(({ digest, kind }) => [digest, kind])).toEqual([[referrer.digest, 'other']])
  const none = await discoverReferrers(target, thing.digest, { artifactType: 'application/vnd.example.sbom' })
  expect(none.referrers).toEqual([])
})

it('a reference that names nothing is NOT_FOUND, not an empty list', async () => {
  const { target } = await opened()
  await expect(discoverReferrers(target, '1', {})).rejects.toMatchObject({ code: 'NOT_FOUND' })
})
