import { expect, it } from 'vitest'

import { collect } from '../../src/oci/descriptor.ts'
import { MemoryTarget } from '../support/memory-target.ts'
import type { Mirror } from '../../src/oci/target.ts'
import { createMirroredTarget } from '../../src/oci/mirrored-target.ts'
import type { Target } from '../../src/oci/target.ts'
import { blobFrom } from './artifacts.ts'
import { describeTargetContract } from './target-contract.ts'

const open = (mirrors: readonly Mirror[], primary: Target = new MemoryTarget()): Target =>
  createMirroredTarget({ written: primary, primary, mirrors, note: () => undefined })

describeTargetContract('a target behind empty mirrors', async () =>
  open([
    { target: new MemoryTarget(), serves: 'all' },
    { target: new MemoryTarget(), serves: 'digest-only' },
  ]),
)

it('a blob that breaks off in a mirror is not mended from elsewhere: the stream could not be verified as a whole', async () => {
  const blob = blobFrom('all of it')
  const primary = new MemoryTarget()
  await primary.push(blob)
  const breaking = new MemoryTarget()
  const failure = new Error('broken')
  const target = open(
    [
      {
        target: Object.assign(Object.create(breaking), {
          fetch: async function* () {
            yield new TextEncoder().encode('ALL')
            throw failure
          },
        }),
        serves: 'all',
      },
    ],
    primary,
  )
  await expect(collect(target.fetch(blob.descriptor), 100, 'blob')).rejects.toBe(failure)
})

it('an error that is none of the mirror ends the question', async () => {
  const reason = new Error('interrupted')
  const target = open([
    {
      target: Object.assign(Object.create(new MemoryTarget()), { manifest: () => Promise.reject(reason) }),
      serves: 'all',
    },
  ])
  await expect(target.manifest('1.0.0')).rejects.toBe(reason)
})
