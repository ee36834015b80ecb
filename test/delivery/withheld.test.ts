import { describe, expect, it } from 'vitest'

import { deleteArtifact, planDelete } from '../../src/delivery/delete.ts'
import { discoverReferrers } from '../../src/delivery/discover.ts'
import { listRepository } from '../../src/delivery/repository-listing.ts'
import { copyArtifact } from '../../src/oci/copy.ts'
import { openRegistry } from '../../src/oci/registry/registry-target.ts'
import { pushThing, referrerOf } from '../oci/artifacts.ts'
import { opened } from '../support/registry/opened.ts'

const SBOM = 'application/vnd.example.signature'

/** A signed artifact whose SBOM is withheld, beside a tag that is withheld itself. */
async function scene() {
  const withheld: string[] = []
  const all = await opened({ withheld, deleteReferrers: true })
  const { target } = all
  const thing = await pushThing(target, 'a thing', '1')
  const sbom = await referrerOf(target, thing, 'an SBOM')
  await target.pushManifest(sbom)
  const other = await pushThing(target, 'another thing', 'unsigned')
  withheld.push(sbom.digest, other.digest)
  return { ...all, thing, sbom, other }
}

describe('content trust that withholds an SBOM and another tag', () => {
  it('discover lists what is withheld from its descriptor, as withheld', async () => {
    const { target, sbom, other } = await scene()
    expect((await discoverReferrers(target, '1', {})).referrers).toEqual([
      {
        digest: sbom.digest,
        kind: 'other',
        artifactType: SBOM,
        problem: 'withheld by a policy of the registry',
      },
    ])
    expect((await discoverReferrers(target, other.digest, {})).referrers).toEqual([])
  })

  it('ls shows the withheld tag as withheld, and the others as they are', async () => {
    const { target, thing } = await scene()
    const { tags } = await listRepository(target, {})
    expect(tags).toMatchObject([
      { tag: '1', digest: thing.digest, signature: 'none' },
      {
        tag: 'unsigned',
        withheld: true,
        problem: expect.stringContaining(`${target.name}:unsigned`) as string,
      },
    ])
  })

  it('copy leaves the withheld SBOM behind and says so', async () => {
    const { target, registry, options, thing, sbom } = await scene()
    const destination = openRegistry(
      { kind: 'registry', registry: registry.host, repository: 'team/copy' },
      options,
    )
    const result = await copyArtifact({
      source: target,
      destination,
      root: thing,
      tags: ['1'],
      withReferrers: true,
      trustsExistingManifests: true,
    })
    expect(result.skipped).toEqual([
      { digest: sbom.digest, reason: 'is withheld by a policy of the registry' },
    ])
    expect((await destination.resolve('1')).digest).toBe(thing.digest)
  })

  it('a refused manifest is named, with the command that would sign it', async () => {
    const { target, other } = await scene()
    await expect(target.manifest(other.digest)).rejects.toMatchObject({
      message: expect.stringContaining(`and ${target.name}@${other.digest} has no signature`) as string,
      hint: `sign it first: wasmpack sign ${target.name}@${other.digest} --key KEY`,
      details: { withheld: true },
    })
  })

  it('another tag that is withheld does not stop a deletion', async () => {
    const { target, thing } = await scene()
    const plan = await planDelete(target, thing.digest, {})
    expect(plan).toMatchObject({ tags: ['1'], unknownTags: [] })
    await deleteArtifact(target, thing.digest, plan, {})
    expect(await target.tags()).toEqual(['unsigned'])
  })

  it('a withheld artifact is deleted by its digest, with the tags that may name it said', async () => {
    const { target, other } = await scene()
    const plan = await planDelete(target, other.digest, {})
    expect(plan).toMatchObject({ tags: [], unknownTags: ['unsigned'] })
    await deleteArtifact(target, other.digest, plan, {})
    expect(await target.tags()).toEqual(['1'])
  })

  it('a tag whose look-up fails for another reason does not stop a deletion either', async () => {
    const { target, registry, thing } = await scene()
    registry.fault({ path: /\/manifests\/unsigned$/, fault: { kind: 'status', status: 500 } })
    expect(await planDelete(target, thing.digest, {})).toMatchObject({
      tags: ['1'],
      unknownTags: ['unsigned'],
    })
  })
})

describe('what became of the referrers after a deletion is looked up', () => {
  it.each([true, false])('where the registry deletes them with it: %s', async (deleteReferrers) => {
    const { target } = await opened({ deleteReferrers })
    const thing = await pushThing(target, 'a thing', '1')
    const says = await referrerOf(target, thing, 'says')
    await target.pushManifest(says)
    const plan = await planDelete(target, thing.digest, {})
    const { kept, deletedWith } = await deleteArtifact(target, thing.digest, plan, {})
    expect(kept.map(({ digest }) => digest)).toEqual(deleteReferrers ? [] : [says.digest])
    expect(deletedWith.map(({ digest }) => digest)).toEqual(deleteReferrers ? [says.digest] : [])
  })
})
