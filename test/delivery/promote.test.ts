import { expect, test } from 'vitest'

import { NO_TRUST } from '../../src/delivery/trust-policies.ts'
import { findCopySource, promoteArtifact } from '../../src/delivery/promote.ts'
import { publishArtifact } from '../../src/delivery/publish.ts'
import { formatReferrersTag } from '../../src/oci/digest.ts'
import { describeManifest, type Manifest } from '../../src/oci/manifest.ts'
import { parseReference } from '../../src/oci/reference.ts'
import { blobFrom, manifestOf } from '../oci/artifacts.ts'
import { newSigner } from '../signing/scene.ts'
import { MemoryTarget } from '../support/memory-target.ts'
import { EPOCH, prepareFixture } from './scene.ts'

const MODULE = '\0asm\u0001\0\0\0'

/** A signed artifact with an SBOM and a module that refer to it, by their subject and by tags of cosign's. */
async function accompanied() {
  const [from, to] = [new MemoryTarget('test/from'), new MemoryTarget('test/to')]
  const signer = await newSigner()
  await publishArtifact(
    await prepareFixture('rust-hello'),
    { target: from, tags: ['1'], signer, signedAt: EPOCH },
    {},
  )
  const subject = describeManifest(await from.manifest('1'))
  const attach = async (content: string, tag?: string): Promise<Manifest> => {
    const [config, layer] = [blobFrom('{}'), blobFrom(content)]
    for (const blob of [config, layer]) await from.push(blob)
    const manifest = manifestOf({
      config: config.descriptor,
      layers: [layer.descriptor],
      ...(tag === undefined ? { subject } : {}),
    })
    await from.pushManifest(manifest, tag)
    return manifest
  }
  const prefix = formatReferrersTag(subject.digest)
  const evil = [await attach(MODULE), await attach(`${MODULE}\0`, `${prefix}.sbom`)]
  const good = [await attach('{"spdxVersion": "SPDX-2.3"}'), await attach('{"payload": ""}', `${prefix}.att`)]
  const copy = async (isChecked: boolean) => {
    const request = { verifier: signer.verifier, capabilityCheck: 'required' } as const
    const source = await findCopySource(
      from,
      '1',
      { admission: isChecked ? request : undefined, trustPolicies: NO_TRUST },
      {},
    )
    const [reference, other] = ['oci-layout:a:1', 'oci-layout:b:1'].map((text) => parseReference(text))
    const endpoints = {
      from: { reference: reference!, target: from },
      to: { reference: other!, target: to },
    }
    return promoteArtifact(source, endpoints, { tags: ['1'], withReferrers: true }, {})
  }
  return { to, copy, evil, good, prefix }
}

test('a checked copy leaves modules among the referrers and companion tags behind, and says so', async () => {
  const { to, copy, evil, good, prefix } = await accompanied()
  const { skipped } = await copy(true)
  expect(new Set(skipped.map(({ digest }) => digest))).toEqual(new Set(evil.map(({ digest }) => digest)))
  for (const { reason } of skipped) expect(reason).toMatch(/neither a text document nor a signature/)
  for (const manifest of evil) expect(await to.exists(describeManifest(manifest))).toBe(false)
  for (const manifest of good) expect(await to.exists(describeManifest(manifest))).toBe(true)
  expect(await to.tags()).not.toContain(`${prefix}.sbom`)
})

test('an unchecked copy takes everything along', async () => {
  const { to, copy, evil } = await accompanied()
  expect((await copy(false)).skipped).toEqual([])
  for (const manifest of evil) expect(await to.exists(describeManifest(manifest))).toBe(true)
})
