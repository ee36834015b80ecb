import { describe, expect, test } from 'vitest'

import { confirmAttached } from '../../src/attestations/confirm-attached.ts'
import { signArtifact } from '../../src/attestations/sign.ts'
import { publishArtifact } from '../../src/delivery/publish.ts'
import { copyArtifact } from '../../src/oci/copy.ts'
import { EPOCH, overriding, prepareFixture } from '../delivery/scene.ts'
import { newSigner, pushArtifact } from '../signing/scene.ts'
import { impatientClock, opened } from '../support/registry/opened.ts'
import type { Switches } from '../support/registry/registry.ts'

describe('a registry that answers 201 to a signature and does not keep it', () => {
  test.each<[string, Switches, RegExp]>([
    ['keeps no manifest', { keepsManifests: false }, /does not have its manifest; no tag was written$/],
    [
      'lists no referrer',
      { referrersApi: 'empty' },
      /does not list it as a referrer of sha256:\w+; no tag was written$/,
    ],
  ])('ends the push before a tag is written, if it %s', async (_, switches, message) => {
    const { registry, target } = await opened(switches)
    const [signer, prepared] = [await newSigner(), await prepareFixture('as-hello')]
    const request = { target, tags: ['1', 'latest'], signer, signedAt: EPOCH }
    await expect(publishArtifact(prepared, request, {})).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: expect.stringMatching(message),
      hint: expect.any(String),
    })
    expect(registry.requests().filter((line) => /^PUT .*\/manifests\/(?:1|latest)\b/.test(line))).toEqual([])
  })

  test('ends a copy before a tag is written', async () => {
    const [from, to] = [await opened(), await opened({ referrersApi: 'empty' })]
    const artifact = await pushArtifact(from.target)
    const { digest } = await signArtifact(from.target, artifact, await newSigner(), { created: EPOCH })
    const request = {
      source: from.target,
      destination: to.target,
      root: artifact,
      tags: ['1'],
      withReferrers: true,
      trustsExistingManifests: true,
    }
    await expect(copyArtifact(request)).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: `${to.target.name} accepted the referrer ${digest}, but does not list it as a referrer of ${artifact.digest}; no tag was written`,
    })
    expect(to.registry.requests().filter((line) => /^PUT .*\/manifests\/1\b/.test(line))).toEqual([])
  })

  test('is told from one that lists it a moment later, which is waited for', async () => {
    const { target } = await opened()
    const artifact = await pushArtifact(target)
    const { digest } = await signArtifact(target, artifact, await newSigner(), { created: EPOCH })
    let looks = 0
    const slow = overriding(target, {
      referrers: async (...all) => (++looks < 3 ? [] : target.referrers(...all)),
    })
    const clock = impatientClock()
    await confirmAttached(slow, artifact.digest, { digest }, '', {}, clock)
    expect(clock.waits).toEqual([500, 1500])
  })

  test('is told from one that withholds the signature, which it has', async () => {
    const { target } = await opened({ withheld: ['application/vnd.dev.sigstore.bundle.v0.3+json'] })
    const artifact = await pushArtifact(target)
    const { digest } = await signArtifact(target, artifact, await newSigner(), { created: EPOCH })
    await expect(target.manifest(digest)).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' })
    await confirmAttached(target, artifact.digest, { digest }, '')
  })
})
