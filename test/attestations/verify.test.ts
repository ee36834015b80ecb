import { expect, it } from 'vitest'

import { WasmpackError } from '../../src/errors.ts'
import type { Descriptor } from '../../src/oci/descriptor.ts'
import type { Digest } from '../../src/oci/digest.ts'
import { describeManifest, type Manifest } from '../../src/oci/manifest.ts'
import { MemoryTarget } from '../support/memory-target.ts'
import type { Signer } from '../../src/signing/signer.ts'
import { createVerifier } from '../../src/signing/verifier.ts'
import { signArtifact } from '../../src/attestations/sign.ts'
import { verifySignatures } from '../../src/attestations/verify.ts'
import {
  attach,
  capture,
  CREATED,
  manifestOf,
  newSigner,
  pushArtifact,
  keysOf,
  SBOM,
  sealed,
  statementFor,
} from '../signing/scene.ts'

interface Scene {
  readonly target: TroubledTarget
  readonly subject: Manifest
  readonly signer: Signer
}

/** A target some of whose content cannot be read, or which lists referrers as old registries do. */
class TroubledTarget extends MemoryTarget {
  readonly troubles = new Map<string, WasmpackError>()
  readonly asked: string[] = []
  list = (descriptors: readonly Descriptor[]): readonly Descriptor[] => descriptors

  override async manifest(
    ...args: Parameters<MemoryTarget['manifest']>
  ): ReturnType<MemoryTarget['manifest']> {
    this.asked.push(args[0])
    const trouble = this.troubles.get(args[0])
    if (trouble !== undefined) throw trouble
    return super.manifest(...args)
  }

  override async referrers(subject: Digest): Promise<readonly Descriptor[]> {
    const trouble = this.troubles.get('referrers')
    if (trouble !== undefined) throw trouble
    return this.list(await super.referrers(subject))
  }
}

async function scene(): Promise<Scene> {
  const target = new TroubledTarget('registry.example/app')
  return { target, subject: await pushArtifact(target), signer: await newSigner() }
}

const sign = async ({ target, subject, signer }: Scene, by = signer): Promise<Digest> =>
  (await signArtifact(target, subject, by, { created: CREATED })).digest

const verify = ({ target, subject, signer }: Scene): ReturnType<typeof verifySignatures> =>
  verifySignatures(target, subject.digest, signer.verifier)

const unavailable = new WasmpackError('UNAVAILABLE', 'the registry answered 503')

it('verifySignatures refuses an unsigned artifact and says how to sign', async () => {
  const found = await scene()
  await expect(verify(found)).rejects.toMatchObject({
    code: 'SIGNATURE_MISSING',
    exit: 4,
    message: `registry.example/app@${found.subject.digest} has no signature`,
    hint: expect.stringContaining('wasmpack sign'),
  })
})

it('verifySignatures refuses an artifact that others signed, with a reason for each', async () => {
  const found = await scene()
  const foreign = await sign(found, await newSigner())
  const keyless = await attach(found.target, found.subject, capture('keyless.sigstore'))
  await expect(verify(found)).rejects.toMatchObject({
    code: 'SIGNATURE_UNTRUSTED',
    exit: 4,
    hint: 'signed by another key; signed with a certificate, not a key',
    details: {
      subject: found.subject.digest,
      candidates: [
        { digest: foreign, kind: 'signature', reason: 'signed by another key' },
        { digest: keyless.digest, kind: 'signature', reason: 'signed with a certificate, not a key' },
      ],
    },
  })
})

it('S16: verifySignatures does not take an attestation by the right key for a signature', async () => {
  const found = await scene()
  const bundle = await sealed(found.signer, statementFor(found.subject, { predicateType: SBOM }))
  const { digest } = await attach(found.target, found.subject, bundle, SBOM)
  await expect(verify(found)).rejects.toMatchObject({
    code: 'SIGNATURE_MISSING',
    details: { candidates: [{ digest, kind: 'attestation', reason: expect.stringContaining(SBOM) }] },
  })
})

it('S16: verifySignatures does not take an attestation for a signature because its manifest says so', async () => {
  const found = await scene()
  const bundle = await sealed(found.signer, statementFor(found.subject, { predicateType: SBOM }))
  await attach(found.target, found.subject, bundle)
  await expect(verify(found)).rejects.toMatchObject({ code: 'SIGNATURE_UNTRUSTED' })
})

it('verifySignatures accepts a signature whose manifest says it is something else', async () => {
  const found = await scene()
  const { digest } = await attach(
    found.target,
    found.subject,
    await sealed(found.signer, statementFor(found.subject)),
    SBOM,
  )
  expect((await verify(found)).signatures).toMatchObject([{ digest }])
})

it('verifySignatures succeeds whatever else was attached, and says why the rest does not count', async () => {
  const found = await scene()
  const { target, subject, signer } = found
  const other = await pushArtifact(target, 'another artifact')
  const reasons = new Map<string, string>()
  const add = async (bundle: Uint8Array | string, reason: string, predicateType?: string): Promise<void> => {
    reasons.set((await attach(target, subject, bundle, predicateType)).digest, reason)
  }
  await add('no bundle', 'its bundle has 9 bytes, which hold no signature')
  await add('no bundle'.repeat(40), 'bundle is not JSON')
  await add('['.repeat(140) + ']'.repeat(140), 'nested deeper')
  await add(capture('message.sigstore'), 'signature of a message')
  await add(await sealed(signer, statementFor(other)), 'signed for another artifact')
  await add(await sealed(signer, Buffer.from('{}')), 'Statement')
  await add(' '.repeat(1024 * 1024 + 1), 'its bundle has 1048577 bytes')
  await add(
    await sealed(signer, statementFor(subject, { predicateType: SBOM })),
    'listed as something else',
    SBOM,
  )
  const right = await sign(found)
  const verification = await verify(found)
  expect(verification.signatures.map(({ digest }) => digest)).toEqual([right])
  expect(verification.candidates).toHaveLength(reasons.size)
  for (const { digest, reason } of verification.candidates) expect(reason).toContain(reasons.get(digest))
})

it('verifySignatures reports every signature by the required keys', async () => {
  const found = await scene()
  const second = await newSigner()
  const digests = [await sign(found), await sign(found, second)]
  const keys = [...keysOf(found.signer.verifier), ...keysOf(second.verifier)]
  const { signatures } = await verifySignatures(
    found.target,
    found.subject.digest,
    createVerifier({ kind: 'keys', keys }),
  )
  expect(signatures.map(({ digest }) => digest)).toEqual(digests)
  expect(signatures.map(({ signer }) => signer)).toEqual(
    keys.map(({ id, hint }) => ({ kind: 'key', id, hint })),
  )
})

it('verifySignatures checks the subject in the manifest, whatever the registry lists', async () => {
  const found = await scene()
  const other = await pushArtifact(found.target, 'another artifact')
  const signature = await signArtifact(found.target, other, found.signer, { created: CREATED })
  const listed = await found.target.resolve(signature.digest)
  found.target.list = () => [listed]
  await expect(verify(found)).rejects.toMatchObject({
    code: 'SIGNATURE_UNTRUSTED',
    hint: 'its manifest refers to another artifact',
  })
})

it.each<[string, Partial<Descriptor>]>([
  ['without artifact type and annotations', {}],
  ['with the empty type', { artifactType: 'application/vnd.oci.empty.v1+json' }],
  ['with another type', { artifactType: 'application/vnd.example.sbom' }],
])('verifySignatures finds a signature that is listed %s', async (_, fields) => {
  const found = await scene()
  const digest = await sign(found)
  found.target.list = (listed) =>
    listed.map(({ mediaType, digest, size }) => ({ mediaType, digest, size, ...fields }))
  expect((await verify(found)).signatures).toMatchObject([{ digest }])
})

it('verifySignatures does not read what is listed as something else when a signature holds', async () => {
  const found = await scene()
  await sign(found)
  const sbom = await attach(found.target, found.subject, 'a large one', SBOM)
  await verify(found)
  expect(found.target.asked).not.toContain(sbom.digest)
})

it('verifySignatures reports a manifest with two layers in place of one bundle', async () => {
  const found = await scene()
  const signature = (await found.target.manifest(await sign(found))) as Manifest
  const { config, layers, subject, artifactType } = signature
  const double = manifestOf({ config, layers: [...layers, ...layers], subject, artifactType })
  await found.target.pushManifest(double)
  found.target.list = (listed) => listed.filter(({ digest }) => digest === double.digest)
  await expect(verify(found)).rejects.toMatchObject({ hint: 'its manifest does not hold exactly one bundle' })
})

it('verifySignatures throws what a failed look-up threw and never calls the artifact unsigned', async () => {
  const found = await scene()
  await sign(found)
  found.target.troubles.set('referrers', unavailable)
  await expect(verify(found)).rejects.toBe(unavailable)
})

it('verifySignatures throws if the only candidate cannot be read, and not if another one holds', async () => {
  const found = await scene()
  found.target.troubles.set(await sign(found, await newSigner()), unavailable)
  await expect(verify(found)).rejects.toBe(unavailable)
  await sign(found)
  expect((await verify(found)).signatures).toHaveLength(1)
})

it('verifySignatures dismisses what is listed but gone', async () => {
  const found = await scene()
  const gone = await sign(found, await newSigner())
  found.target.troubles.set(gone, new WasmpackError('NOT_FOUND', 'gone'))
  await expect(verify(found)).rejects.toMatchObject({ code: 'SIGNATURE_UNTRUSTED', hint: 'gone' })
})

it('S14: verifySignatures finds a signature behind hundreds that claim to be one', async () => {
  const found = await scene()
  for (let count = 0; count < 250; count++) await attach(found.target, found.subject, `{"n":${count}}`)
  const digest = await sign(found)
  for (let count = 0; count < 150; count++) await attach(found.target, found.subject, `{"m":${count}}`)
  const { signatures, candidates } = await verify(found)
  expect(signatures).toMatchObject([{ digest }])
  expect(candidates).toHaveLength(400)
  expect(candidates.at(-1)!.reason).toBe('not read: a valid statement was found before it')
})

it('S14: verifySignatures finds a signature in the middle of five thousand that claim to be one', async () => {
  const found = await scene()
  for (let count = 0; count < 2500; count++) await attach(found.target, found.subject, `{"n":${count}}`)
  const digest = await sign(found)
  for (let count = 0; count < 2500; count++) await attach(found.target, found.subject, `{"m":${count}}`)
  found.target.asked.length = 0
  expect((await verify(found)).signatures).toMatchObject([{ digest }])
})

it('S14: verifySignatures reads a limited number of referrers, from both ends, and then says how many it did not read', async () => {
  const found = await scene()
  for (let count = 0; count < 200; count++) await attach(found.target, found.subject, `{"n":${count}}`)
  await sign(found)
  for (let count = 0; count < 200; count++) await attach(found.target, found.subject, `{"m":${count}}`)
  await attach(found.target, found.subject, 'a large one', SBOM)
  const limits = { referrers: 300, bytes: 1 << 30 }
  const { target, subject, signer } = found
  await expect(verifySignatures(target, subject.digest, signer.verifier, {}, limits)).rejects.toMatchObject({
    code: 'SIGNATURE_UNTRUSTED',
    exit: 4,
    message: expect.stringMatching(
      /^no trusted signature among the first 300 referrers of .*; 102 more were not read$/,
    ),
    details: { read: 300, unread: 102, candidates: { 401: { reason: expect.stringContaining('not read') } } },
  })
})

it('verifySignatures reads what is unusually large after what is not', async () => {
  const found = await scene()
  const { config, layers } = found.subject
  const padding = { 'org.example.padding': 'x'.repeat(100_000) }
  const large = manifestOf({
    config,
    layers,
    artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    subject: describeManifest(found.subject),
    annotations: padding,
  })
  await found.target.pushManifest(large)
  const digest = await sign(found)
  found.target.asked.length = 0
  await verify(found)
  expect(found.target.asked).toEqual([digest, large.digest])
})

it('S14: verifySignatures finds a signature behind referrers that cannot be read, and fails with their error if there is none', async () => {
  const found = await scene()
  const first = await attach(found.target, found.subject, '{}')
  for (let count = 0; count < 150; count++) await attach(found.target, found.subject, `{"n":${count}}`)
  found.target.troubles.set(first.digest, unavailable)
  await expect(verify(found)).rejects.toBe(unavailable)
  const digest = await sign(found)
  for (let count = 0; count < 150; count++) await attach(found.target, found.subject, `{"m":${count}}`)
  expect((await verify(found)).signatures).toMatchObject([{ digest }])
})

it('verifySignatures stops after the first hundred when ten of them cannot be read because the registry is unavailable', async () => {
  const found = await scene()
  for (let count = 0; count < 250; count++) {
    const { digest } = await attach(found.target, found.subject, `{"n":${count}}`)
    if (count % 10 === 0) found.target.troubles.set(digest, unavailable)
  }
  found.target.asked.length = 0
  await expect(verify(found)).rejects.toBe(unavailable)
  expect(found.target.asked.filter((reference) => reference.startsWith('sha256:'))).toHaveLength(100)
})

it('verifySignatures asks for what cosign keeps under tags only if no bundle is accepted, and names what is no signature', async () => {
  const found = await scene()
  const tag = (suffix: string): string => found.subject.digest.replace(':', '-') + suffix
  await found.target.pushManifest(await pushArtifact(found.target, 'legacy'), tag('.att'))
  await expect(verify(found)).rejects.toMatchObject({
    code: 'SIGNATURE_MISSING',
    hint: expect.stringContaining('(1 legacy-attestation): sign it with wasmpack sign'),
  })
  await sign(found)
  found.target.asked.length = 0
  await verify(found)
  expect(found.target.asked).not.toContain(tag('.sig'))
})

it('verifySignatures refuses an unsigned artifact also where an attestation of cosign 2 cannot be read', async () => {
  const found = await scene()
  found.target.troubles.set(`${found.subject.digest.replace(':', '-')}.att`, unavailable)
  await expect(verify(found)).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' })
})

it('verifySignatures stops when it is told to', async () => {
  const found = await scene()
  await sign(found)
  const signal = AbortSignal.abort(new Error('stop'))
  await expect(
    verifySignatures(found.target, found.subject.digest, found.signer.verifier, { signal }),
  ).rejects.toThrow('stop')
})
