import { expect, test } from 'vitest'

import { NO_TRUST } from '../../src/delivery/trust-policies.ts'
import { findCopySource, promoteArtifact } from '../../src/delivery/promote.ts'
import { createTargetOpener } from '../../src/delivery/open/open-target.ts'
import { publishArtifact } from '../../src/delivery/publish.ts'
import type { AdmissionRequest } from '../../src/delivery/admit.ts'
import type { CopyResult } from '../../src/oci/copy.ts'
import { parseReference } from '../../src/oci/reference.ts'
import type { Signer } from '../../src/signing/signer.ts'
import { newSigner } from '../signing/scene.ts'
import { type Registry, startRegistry, type Switches } from '../support/registry/registry.ts'
import { EPOCH, prepareFixture } from './scene.ts'

/** Promotes as a run of its own does, and tells what each of the two registries was asked, by method. */
type Promote = (request?: AdmissionRequest, tags?: readonly string[]) => Promise<Promotion>

interface Promotion {
  readonly copied: CopyResult
  readonly source: Readonly<Record<string, number>>
  readonly destination: Readonly<Record<string, number>>
}

const opener = (): ReturnType<typeof createTargetOpener> =>
  createTargetOpener({ debug: () => undefined, signal: new AbortController().signal })

/** Two registries, the first with `team/app:1` in it; with `within`, the second is the first. */
async function scene(
  { signer, within = false, ...switches }: Switches & { readonly signer?: Signer; readonly within?: boolean },
  work: (promote: Promote) => Promise<void>,
): Promise<void> {
  const stage = await startRegistry(switches)
  const production = within ? stage : await startRegistry(switches)
  const counts = (registry: Registry, repository: string): Record<string, number> => {
    const counted: Record<string, number> = {}
    for (const line of registry.requests())
      if (line.includes(repository)) {
        const method = line.split(' ', 1)[0]!
        counted[method] = (counted[method] ?? 0) + 1
      }
    return counted
  }
  try {
    const target = await opener()(parseReference(`${stage.host}/team/app`), { purpose: 'push' })
    await publishArtifact(
      await prepareFixture('as-hello'),
      { target, tags: ['1'], signedAt: EPOCH, ...(signer && { signer }) },
      {},
    )
    await work(async (request, tags = ['1']) => {
      for (const registry of [stage, production]) registry.log.length = 0
      const open = opener()
      const [from, to] = [
        parseReference(`${stage.host}/team/app`),
        parseReference(`${production.host}/prod/app`),
      ]
      const passage = {
        from: { reference: from, target: await open(from) },
        to: { reference: to, target: await open(to, { purpose: 'push' }) },
      }
      const candidate = await findCopySource(
        passage.from.target,
        '1',
        { admission: request, trustPolicies: NO_TRUST },
        {},
      )
      const copied = await promoteArtifact(candidate, passage, { tags, withReferrers: true }, {})
      return { copied, source: counts(stage, '/team/app/'), destination: counts(production, '/prod/app/') }
    })
  } finally {
    for (const registry of new Set([stage, production])) await registry.close()
  }
}

/** The manifest; who refers to it, by the API and the fallback tag; cosign's three tags. */
const LOOKED_UP = 1 + 2 + 3

test('copying a small unsigned artifact takes 14 requests: oras cp -r takes 16 or 17, crane copy 15', () =>
  scene({}, async (promoteIt) => {
    const { source, destination } = await promoteIt()
    expect(source).toEqual({ GET: LOOKED_UP + 2 })
    expect(destination).toEqual({ HEAD: 1, POST: 2, PUT: 2 + 1 })
  }))

test('a copy that is unchanged is 7 requests and writes nothing', () =>
  scene({}, async (promoteIt) => {
    await promoteIt()
    const { copied, source, destination } = await promoteIt()
    expect(copied).toMatchObject({ written: false, blobs: { copied: 0, mounted: 0, present: 0 } })
    expect(source).toEqual({ GET: LOOKED_UP })
    expect(destination).toEqual({ HEAD: 1 })
  }))

test('a further tag of a copied artifact costs its look-up and its write', () =>
  scene({}, async (promoteIt) => {
    await promoteIt()
    const { destination } = await promoteIt(undefined, ['1', '2'])
    expect(destination).toEqual({ HEAD: 2, PUT: 1 })
  }))

/** Of a signature or an attestation: its manifest, its bundle, who refers to it. */
const REFERRER = { source: 1 + 1 + 2, destination: { POST: 1, PUT: 2 } }

test('a signed and attested artifact takes 35 requests: oras cp -r takes 38', async () =>
  scene({ signer: await newSigner() }, async (promoteIt) => {
    const { copied, source, destination } = await promoteIt()
    expect(copied).toMatchObject({ referrers: 2 })
    // The config of both referrers is one and the same blob. The artifact is written by digest before it has its tag, and the
    // destination is asked once whether it has the referrers API that it claims to have, and then, by API and by tag, whether it lists
    // what it accepted.
    expect(source).toEqual({ GET: LOOKED_UP + 2 + 2 * REFERRER.source + 1 })
    expect(destination).toEqual({ HEAD: 1, POST: 2 + 2 + 1, PUT: 2 + 2 + 4 + 1, GET: 1 + 2 })
  }))

test('an unchanged one that is signed looks at who refers to what, on both sides, and writes nothing', async () =>
  scene({ signer: await newSigner() }, async (promoteIt) => {
    await promoteIt()
    const { copied, source, destination } = await promoteIt()
    expect(copied).toMatchObject({ written: false, referrers: 2 })
    expect(source).toEqual({ GET: LOOKED_UP + 2 * 2 })
    expect(destination).toEqual({ HEAD: 1, GET: 2 })
  }))

test('--verify reads nothing of a small artifact twice', async () => {
  const signer = await newSigner()
  await scene({ signer }, async (promoteIt) => {
    const plain = await promoteIt(undefined, ['plain'])
    const checked = await promoteIt({ verifier: signer.verifier, capabilityCheck: 'required' }, ['checked'])
    expect(checked.source).toEqual(plain.source)
  })
})
