import { describe, expect, it, test } from 'vitest'

import { signLegacy } from '../../src/attestations/sign-legacy.ts'
import { verifySignatures } from '../../src/attestations/verify.ts'
import type { Manifest } from '../../src/oci/manifest.ts'
import type { Witness } from '../../src/signing/witness.ts'
import { newSigner, pushArtifact } from '../signing/scene.ts'
import { MemoryTarget } from '../support/memory-target.ts'

const tagOf = ({ digest }: Manifest): string => `${digest.replace(':', '-')}.sig`

async function layersOf(target: MemoryTarget, subject: Manifest): Promise<Manifest['layers']> {
  const manifest = await target.manifest(tagOf(subject))
  return manifest.kind === 'manifest' ? manifest.layers : []
}

it('signLegacy adds what verify accepts to the tag, once for each signer', async () => {
  const target = new MemoryTarget('registry.example/app')
  const subject = await pushArtifact(target)
  const [one, other] = [await newSigner(), await newSigner()]
  const first = await signLegacy(target, subject, one, {})
  expect(first.written).toBe(true)
  expect(await signLegacy(target, subject, one, {})).toEqual({ digest: first.digest, written: false })
  expect((await signLegacy(target, subject, other, { annotations: { env: 'prod' } })).written).toBe(true)
  expect(await layersOf(target, subject)).toHaveLength(2)
  for (const [signer, annotations] of [
    [one, {}],
    [other, { env: 'prod' }],
  ] as const)
    expect((await verifySignatures(target, subject.digest, signer.verifier)).signatures).toMatchObject([
      { format: 'legacy', annotations },
    ])
})

it('signLegacy signs again for an annotation that is not stated yet', async () => {
  const target = new MemoryTarget('registry.example/app')
  const subject = await pushArtifact(target)
  const signer = await newSigner()
  await signLegacy(target, subject, signer, {})
  expect((await signLegacy(target, subject, signer, { annotations: { env: 'prod' } })).written).toBe(true)
  expect(await layersOf(target, subject)).toHaveLength(2)
})

it('signLegacy keeps the signature that somebody else adds at the same time', async () => {
  const subject = await pushArtifact(new MemoryTarget())
  let raced = false
  const rival = await newSigner()
  class Raced extends MemoryTarget {
    override async pushManifest(...args: Parameters<MemoryTarget['pushManifest']>): Promise<void> {
      await super.pushManifest(...args)
      if (args[1] === undefined || raced) return
      raced = true
      const { layers } = args[0] as Manifest
      const alone = new MemoryTarget('registry.example/app')
      await signLegacy(alone, subject, rival, {})
      const theirs = (await alone.manifest(tagOf(subject))) as Manifest
      for (const descriptor of [theirs.config, ...theirs.layers])
        await super.push(await copyOf(alone, descriptor))
      await super.pushManifest(theirs, args[1]) // without ours
      expect(layers).toHaveLength(1)
    }
  }
  const target = new Raced('registry.example/app')
  const signer = await newSigner()
  await signLegacy(target, subject, signer, {})
  expect(await layersOf(target, subject)).toHaveLength(2)
})

async function copyOf(
  source: MemoryTarget,
  descriptor: Manifest['config'],
): Promise<Parameters<MemoryTarget['push']>[0]> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source.fetch(descriptor)) chunks.push(chunk)
  return {
    descriptor,
    async *open() {
      yield Buffer.concat(chunks)
    },
  }
}

describe('what witnesses say', () => {
  const ENTRY = {
    logIndex: '7',
    logId: { keyId: Buffer.alloc(32, 1).toString('base64') },
    kindVersion: { kind: 'hashedrekord', version: '0.0.1' },
    integratedTime: '1700000000',
    inclusionPromise: { signedEntryTimestamp: 'c2V0' },
    canonicalizedBody: Buffer.from('{"kind":"hashedrekord","apiVersion":"0.0.1"}').toString('base64'),
  }

  test('is written as cosign reads it', async () => {
    const target = new MemoryTarget('registry.example/app')
    const subject = await pushArtifact(target)
    const seen: unknown[] = []
    const witness: Witness = {
      name: 'a log and an authority',
      async testify(content) {
        seen.push(Object.keys(content))
        return { tlogEntries: [ENTRY], timestamps: [Buffer.from('time')] }
      },
    }
    await signLegacy(target, subject, await newSigner(), { witnesses: [witness] })
    expect(seen).toEqual([['message']])
    const [layer] = await layersOf(target, subject)
    expect(JSON.parse(layer!.annotations!['dev.sigstore.cosign/bundle']!)).toEqual({
      SignedEntryTimestamp: 'c2V0',
      Payload: {
        body: ENTRY.canonicalizedBody,
        integratedTime: 1_700_000_000,
        logIndex: 7,
        logID: '01'.repeat(32),
      },
    })
    expect(JSON.parse(layer!.annotations!['dev.sigstore.cosign/rfc3161timestamp']!)).toEqual({
      SignedRFC3161Timestamp: Buffer.from('time').toString('base64'),
    })
  })
  test('is made again where the signer is told to', async () => {
    const target = new MemoryTarget('registry.example/app')
    const subject = await pushArtifact(target)
    const signer = await newSigner()
    const written: boolean[] = []
    for (const again of [false, false, true])
      written.push((await signLegacy(target, subject, signer, { again })).written)
    expect(written).toEqual([true, false, true])
    expect(await layersOf(target, subject)).toHaveLength(2)
  })
})
