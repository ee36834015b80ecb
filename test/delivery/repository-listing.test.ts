import { describe, expect, it } from 'vitest'

import { listRepository } from '../../src/delivery/repository-listing.ts'
import { publishArtifact } from '../../src/delivery/publish.ts'
import { resolveForAdmission } from '../../src/delivery/admit.ts'
import { planDelete, deleteArtifact } from '../../src/delivery/delete.ts'
import { discover } from '../../src/attestations/discover.ts'
import { indexOf, pushThing, referrerOf } from '../oci/artifacts.ts'
import { newSigner } from '../signing/scene.ts'
import { opened } from '../support/registry/opened.ts'
import type { Switches } from '../support/registry/registry.ts'
import { EPOCH, prepareFixture } from './scene.ts'

/** A signed artifact under two tags, an unsigned one, something else, an index and a legacy signature. */
async function scene(switches: Switches = {}) {
  const { registry, target } = await opened(switches)
  const prepared = await prepareFixture('as-hello')
  const signer = await newSigner()
  await publishArtifact(prepared, { target, signedAt: EPOCH, tags: ['1', '1.0'], signer }, {})
  const thing = await pushThing(target, 'a thing', 'thing')
  await target.pushManifest(indexOf([thing]), 'index')
  await target.pushManifest(thing, `${thing.digest.replace(':', '-')}.sig`)
  await target.pushManifest(await referrerOf(target, thing, 'says'), 'says')
  registry.log.length = 0
  return { registry, target, prepared, signer, thing }
}

describe.each([
  ['with the referrers API', {}],
  ['with the fallback tag', { referrersApi: false }],
] as const)('a repository of a registry %s', (_, switches) => {
  it('is listed by what each tag names, with its kind and whether it is signed', async () => {
    const { target, prepared } = await scene(switches)
    const { tags, referrerTags } = await listRepository(target, {})
    const { digest } = prepared.manifest
    expect(tags.map(({ tag, kind, signature }) => [tag, kind, signature])).toEqual([
      ['1', 'wasm', 'bundle'],
      ['1.0', 'wasm', 'bundle'],
      ['index', 'index', 'none'],
      ['says', 'referrer', 'none'],
      ['thing', 'file', 'legacy'],
    ])
    expect(tags[0]!.digest).toBe(digest)
    expect(referrerTags.every((tag) => tag.startsWith('sha256-'))).toBe(true)
  })

  it('is left without the artifact and its referrers, and with all else', async () => {
    const { target, prepared, signer } = await scene(switches)
    const { digest } = prepared.manifest
    const plan = await planDelete(target, digest, {})
    expect(plan.tags).toEqual(['1', '1.0'])
    expect(plan.referrers.map(({ kind }) => kind).toSorted()).toEqual(['attestation', 'signature'])
    await deleteArtifact(target, digest, plan, { withReferrers: true })
    expect(await discover(target, digest)).toEqual([])
    expect((await listRepository(target, {})).tags.map(({ tag }) => tag)).toEqual(['index', 'says', 'thing'])
    await publishArtifact(prepared, { target, signedAt: EPOCH, tags: ['1'], signer }, {})
    const request = { verifier: signer.verifier, capabilityCheck: 'required' } as const
    expect((await resolveForAdmission(target, '1', request, {})).verification?.signatures).toHaveLength(1)
  })
})

it.each([true, false])(
  "cosign's tags of an artifact go with its referrers, and their other names stay: --with-referrers %j",
  async (withReferrers) => {
    const { target, prepared } = await scene()
    const { digest } = prepared.manifest
    const sig = `${digest.replace(':', '-')}.sig`
    const foreign = await target.manifest('thing')
    await target.pushManifest(foreign, sig)
    const plan = await planDelete(target, digest, {})
    expect(plan.referrers.map(({ kind }) => kind).toSorted()).toEqual([
      'attestation',
      'legacy-signature',
      'signature',
    ])
    const { kept } = await deleteArtifact(target, digest, plan, { withReferrers })
    expect(kept.some(({ tag }) => tag === sig)).toBe(!withReferrers)
    expect((await target.tags()).includes(sig)).toBe(!withReferrers)
    expect(await target.resolve('thing')).toMatchObject({ digest: foreign.digest })
  },
)

it('a tag that is gone or malformed has a problem, and a failed look-up is an error', async () => {
  const { registry, target } = await scene()
  registry.fault({ path: /\/manifests\/thing$/, fault: { kind: 'flip' }, times: 1 })
  const { tags } = await listRepository(target, {})
  expect(tags.find(({ tag }) => tag === 'thing')).toMatchObject({ problem: expect.any(String) as string })
  registry.fault({ path: /\/referrers\//, fault: { kind: 'status', status: 403 } })
  await expect(listRepository(target, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})

it('ls asks for the tags once, for each manifest once and for referrers of each digest once', async () => {
  const { registry, target } = await scene()
  await listRepository(target, {})
  const requests = registry.requests()
  const count = (part: string): number => requests.filter((line) => line.includes(part)).length
  expect(count('/tags/list')).toBe(1)
  // Five tags of four digests; two referrers of the signed one, one of the thing.
  expect(count('/referrers/')).toBe(4)
  expect(count('/manifests/sha256-')).toBe(4)
  expect(requests).toHaveLength(1 + 5 + 4 + 4 + 3)
})

it('a tag is deleted by 3 requests: what it names is looked at, then it alone goes', async () => {
  const { registry, target } = await scene()
  const plan = await planDelete(target, '1.0', {})
  await deleteArtifact(target, '1.0', plan, {})
  expect(registry.requests()).toEqual([
    'HEAD /v2/team/app/manifests/1.0',
    'GET /v2/team/app/manifests/1.0',
    'DELETE /v2/team/app/manifests/1.0',
  ])
})

it.each([
  [405, '1', 'by its digest'],
  [400, '1', 'by its digest'],
  [405, 'digest', 'deletion may be disabled'],
  [403, '1', undefined],
])(
  'a registry that answers %i to the deletion of %s is told from one that has nothing',
  async (status, what, hint) => {
    const { registry, target, prepared } = await scene()
    registry.fault({ method: 'DELETE', fault: { kind: 'status', status } })
    await expect(target.delete(what === 'digest' ? prepared.manifest.digest : what)).rejects.toMatchObject(
      hint === undefined
        ? { code: 'UNAUTHENTICATED' }
        : { code: 'REGISTRY_REFUSED', hint: expect.stringContaining(hint) as string },
    )
  },
)

it('a deletion whose first answer was lost is done, not NOT_FOUND', async () => {
  const { registry, target, prepared } = await scene()
  registry.fault({ method: 'DELETE', times: 1, fault: { kind: 'truncate', after: 0 } })
  await target.delete(prepared.manifest.digest)
  await expect(target.resolve('1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
})
