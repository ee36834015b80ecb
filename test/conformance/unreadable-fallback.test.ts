import { describe, expect, test } from 'vitest'

import { discover } from '../../src/attestations/discover.ts'
import { signArtifact } from '../../src/attestations/sign.ts'
import { verifySignatures } from '../../src/attestations/verify.ts'
import { MemoizedTarget } from '../../src/oci/memoized-target.ts'
import { EPOCH } from '../delivery/scene.ts'
import { newSigner, pushArtifact } from '../signing/scene.ts'
import { pushJunk } from '../support/registry/junk-referrers.ts'
import { opened } from '../support/registry/opened.ts'
import type { Switches } from '../support/registry/registry.ts'

const UNREADABLE: readonly NonNullable<Switches['fallbackTag']>[] = [
  401,
  403,
  412,
  500,
  'not-an-index',
  'not-json',
]

describe('S14: a fallback tag that cannot be read beside a working referrers API', () => {
  test.each(UNREADABLE)('does not hide the signature that the API lists: %s', async (fallbackTag) => {
    const { target } = await opened({ fallbackTag })
    const [artifact, signer] = [await pushArtifact(target), await newSigner()]
    const { digest } = await signArtifact(target, artifact, signer, { created: EPOCH })
    for (const from of [target, new MemoizedTarget(target)])
      expect((await verifySignatures(from, artifact.digest, signer.verifier)).signatures).toMatchObject([
        { digest },
      ])
    const problems: string[] = []
    const onUnreadable = ({ message }: Error): void => void problems.push(message)
    expect(await discover(target, artifact.digest, { onUnreadable })).toMatchObject([
      { digest, kind: 'signature' },
    ])
    expect(problems).toHaveLength(1)
  })

  test.each(UNREADABLE)('is the error if no signature is found: %s', async (fallbackTag) => {
    const { target } = await opened({ fallbackTag })
    const [artifact, signer] = [await pushArtifact(target), await newSigner()]
    for (const from of [target, new MemoizedTarget(target)]) {
      const verified = verifySignatures(from, artifact.digest, signer.verifier)
      await expect(verified).rejects.not.toMatchObject({ code: 'SIGNATURE_MISSING' })
      await expect(verified).rejects.toMatchObject({ name: 'WasmpackError' })
    }
    await expect(discover(target, artifact.digest)).rejects.toMatchObject({ name: 'WasmpackError' })
  })

  test('is an error without the API, which lists nothing then', async () => {
    const { target } = await opened({ fallbackTag: 403, referrersApi: false })
    const [artifact, signer] = [await pushArtifact(target), await newSigner()]
    await expect(verifySignatures(target, artifact.digest, signer.verifier)).rejects.toMatchObject({
      exit: 7,
    })
  })
})

test('S14: 1,200 junk bundles that are listed first do not hide a signature, and cost no bundle each', async () => {
  const { registry, target } = await opened()
  const [artifact, signer] = [await pushArtifact(target), await newSigner()]
  pushJunk(registry.store.repository('team/app'), artifact.digest, 1200)
  const { digest } = await signArtifact(target, artifact, signer, { created: EPOCH })
  const before = registry.requests().length
  expect((await verifySignatures(target, artifact.digest, signer.verifier)).signatures).toMatchObject([
    { digest },
  ])
  expect(registry.requests().length - before).toBeLessThan(1210)
})
