import { expect, it } from 'vitest'

import { MemoryTarget } from './memory-target.ts'
import { blobFrom, emptyConfig, manifestOf } from '../oci/artifacts.ts'
import { describeDeletionContract } from '../oci/deletion-contract.ts'
import { describeTargetContract } from '../oci/target-contract.ts'

describeTargetContract('MemoryTarget', async () => new MemoryTarget())
describeDeletionContract('MemoryTarget', async () => new MemoryTarget())

it('MemoryTarget.pushManifest refuses a manifest whose layer is not there', async () => {
  const target = new MemoryTarget('a dry run')
  await target.push(emptyConfig)
  await expect(
    target.pushManifest(manifestOf({ layers: [blobFrom('x').descriptor] }), 'v1'),
  ).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('a dry run has no sha256:') })
  expect(await target.tags()).toEqual([])
})
