import { expect, it } from 'vitest'

import { deleteArtifact, planDelete } from '../../src/delivery/delete.ts'
import { discoverReferrers } from '../../src/delivery/discover.ts'
import { listRepository } from '../../src/delivery/repository-listing.ts'
import type { WasmpackError } from '../../src/errors.ts'
import { copyArtifact } from '../../src/oci/copy.ts'
import { openRegistry } from '../../src/oci/registry/registry-target.ts'
import { pushThing, referrerOf } from '../oci/artifacts.ts'
import type { FaultRule } from '../support/registry/fault.ts'
import { opened } from '../support/registry/opened.ts'

const FALLBACK = /\/team\/app\/manifests\/sha256-[0-9a-f]+$/
const COSIGN = /\/team\/app\/manifests\/sha256-[0-9a-f]+\.sig$/

/** An artifact with a referrer that the API lists, beside a tag for referrers that cannot be read. */
async function scene(path: RegExp, fault: FaultRule['fault']) {
  const all = await opened()
  const { target, registry, options } = all
  const thing = await pushThing(target, 'a thing', '1')
  const sbom = await referrerOf(target, thing, 'an SBOM')
  await target.pushManifest(sbom)
  registry.fault({ path, fault })
  const destination = openRegistry(
    { kind: 'registry', registry: registry.host, repository: 'team/copy' },
    options,
  )
  const problems: string[] = []
  const onUnreadable = ({ code }: WasmpackError): void => void problems.push(code)
  return { ...all, thing, sbom, destination, problems, onUnreadable }
}

const COPY = { tags: ['1'], withReferrers: true, trustsExistingManifests: true }
const status = (code: number): FaultRule['fault'] => ({ kind: 'status', status: code })

it.each([
  ['refused', status(403), 'UNAUTHENTICATED'],
  ['withheld', status(412), 'REGISTRY_REFUSED'],
  ['away', status(500), 'UNAVAILABLE'],
  ['a web page', { kind: 'html' } as const, 'UNAVAILABLE'],
])(
  'a fallback tag that is %s beside a working referrers API ends no copy, list or deletion',
  async (_, fault, code) => {
    const { target, destination, thing, sbom, problems, onUnreadable } = await scene(FALLBACK, fault)
    const copied = await copyArtifact({ ...COPY, source: target, destination, root: thing }, { onUnreadable })
    expect(copied).toMatchObject({ written: true, referrers: 1 })
    expect(problems).toContain(code)
    expect(await listRepository(target, {})).toMatchObject({
      tags: [
        {
          tag: '1',
          digest: thing.digest,
          problem: expect.stringContaining('signatures may be missing') as string,
        },
      ],
    })
    const plan = await planDelete(target, thing.digest, { onUnreadable })
    expect(plan).toMatchObject({ tags: ['1'], referrers: [{ digest: sbom.digest }] })
    await deleteArtifact(target, thing.digest, plan, { withReferrers: true })
    for (const { digest } of [thing, sbom])
      await expect(target.resolve(digest)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  },
)

it('a tag of cosign that is refused is said, and ends neither a copy nor a discovery; one that is away ends the copy', async () => {
  const refused = await scene(COSIGN, status(403))
  const copy = { ...COPY, source: refused.target, destination: refused.destination, root: refused.thing }
  await expect(copyArtifact(copy)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  await expect(copyArtifact(copy, { onUnreadable: refused.onUnreadable })).resolves.toMatchObject({
    referrers: 1,
  })
  await discoverReferrers(refused.target, '1', { onUnreadable: refused.onUnreadable })
  expect(refused.problems).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED'])
  const { target, destination, thing, onUnreadable } = await scene(COSIGN, status(503))
  await expect(
    copyArtifact({ ...COPY, source: target, destination, root: thing }, { onUnreadable }),
  ).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await expect(destination.resolve('1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
})
