import { describe, expect, it } from 'vitest'

import { attestArtifact } from '../../src/attestations/attest.ts'
import { CAPABILITY_PREDICATE } from '../../src/attestations/predicates/capabilities.ts'
import { signArtifact } from '../../src/attestations/sign.ts'
import { SIGNATURE_PREDICATE } from '../../src/attestations/statement.ts'
import { verifySignatures } from '../../src/attestations/verify.ts'
import {
  type AttestationVerification,
  verifyAttestations,
} from '../../src/attestations/verify-attestations.ts'
import { WasmpackError } from '../../src/errors.ts'
import type { Manifest } from '../../src/oci/manifest.ts'
import { parseBundle } from '../../src/signing/bundle-reader.ts'
import type { Signer } from '../../src/signing/signer.ts'
import {
  attach,
  CREATED,
  newSigner,
  pushArtifact,
  SBOM,
  sealed,
  statementFor,
  writeLegacyAttestations,
} from '../signing/scene.ts'
import { MemoryTarget } from '../support/memory-target.ts'

interface Scene {
  readonly target: MemoryTarget
  readonly subject: Manifest
  readonly signer: Signer
}

async function openScene(): Promise<Scene> {
  const target = new MemoryTarget('registry.example/app')
  return { target, subject: await pushArtifact(target), signer: await newSigner() }
}

const verify = ({ target, subject, signer }: Scene, type = SBOM): Promise<AttestationVerification> =>
  verifyAttestations(target, subject.digest, signer.verifier, type)

it('verifyAttestations returns what was attested, with its signer', async () => {
  const scene = await openScene()
  const { target, subject, signer } = scene
  const predicate = { packages: [1] }
  const { digest } = await attestArtifact(target, subject, signer, {
    predicateType: SBOM,
    predicate,
    created: CREATED,
  })
  expect((await verify(scene)).attestations).toMatchObject([
    { digest, predicateType: SBOM, predicate, format: 'bundle', signer: { kind: 'key' } },
  ])
})

it('an attestation is never a signature, and a signature never an attestation', async () => {
  const scene = await openScene()
  const { target, subject, signer } = scene
  await signArtifact(target, subject, signer, { created: CREATED })
  await expect(verify(scene)).rejects.toMatchObject({ code: 'ATTESTATION_MISSING', exit: 4 })
  const other = await openScene()
  await attach(
    other.target,
    other.subject,
    await sealed(other.signer, statementFor(other.subject, { predicateType: SBOM })),
    SBOM,
  )
  await expect(
    verifySignatures(other.target, other.subject.digest, other.signer.verifier),
  ).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' })
})

describe('P5: an attestation does not count', () => {
  it('by another signer than asked', async () => {
    const scene = await openScene()
    const { target, subject } = scene
    await attach(
      target,
      subject,
      await sealed(await newSigner(), statementFor(subject, { predicateType: SBOM })),
      SBOM,
    )
    await expect(verify(scene)).rejects.toMatchObject({
      code: 'ATTESTATION_UNTRUSTED',
      exit: 4,
      hint: 'signed by another key',
    })
  })

  it('of another predicate type under a lying annotation', async () => {
    const scene = await openScene()
    const { target, subject, signer } = scene
    const statement = statementFor(subject, { predicateType: CAPABILITY_PREDICATE })
    await attach(target, subject, await sealed(signer, statement), SBOM)
    await expect(verify(scene)).rejects.toMatchObject({
      code: 'ATTESTATION_UNTRUSTED',
      hint: `states ${JSON.stringify(CAPABILITY_PREDICATE)}, not ${SBOM}`,
    })
    expect((await verify(scene, CAPABILITY_PREDICATE)).attestations).toHaveLength(1)
  })

  it('that is a signature under a lying annotation', async () => {
    const scene = await openScene()
    const { target, subject, signer } = scene
    await attach(target, subject, await sealed(signer, statementFor(subject)), SBOM)
    await expect(verify(scene)).rejects.toMatchObject({
      code: 'ATTESTATION_UNTRUSTED',
      hint: `states ${JSON.stringify(SIGNATURE_PREDICATE)}, not ${SBOM}`,
    })
  })

  it('of another subject', async () => {
    const scene = await openScene()
    const { target, subject, signer } = scene
    const other = await pushArtifact(target, 'other')
    await attach(target, subject, await sealed(signer, statementFor(other, { predicateType: SBOM })), SBOM)
    await expect(verify(scene)).rejects.toMatchObject({ hint: 'signed for another artifact' })
  })

  it.each([
    ['by another signer', SBOM, 'own', 'stranger', 'signed by another key'],
    [
      'of another type under a lying annotation',
      CAPABILITY_PREDICATE,
      'own',
      'signer',
      `states ${JSON.stringify(CAPABILITY_PREDICATE)}, not ${SBOM}`,
    ],
    ['of another subject', SBOM, 'other', 'signer', 'signed for another artifact'],
  ])('in the legacy format %s', async (_, predicateType, about, by, hint) => {
    const scene = await openScene()
    const subject = about === 'own' ? scene.subject : await pushArtifact(scene.target, 'other')
    const signer = by === 'signer' ? scene.signer : await newSigner()
    await writeLegacyAttestations(scene, [statementFor(subject, { predicateType })], signer)
    await expect(verify(scene)).rejects.toMatchObject({ code: 'ATTESTATION_UNTRUSTED', hint })
  })
})

it('verifyAttestations reads an attestation in the legacy format beside others that do not count', async () => {
  const scene = await openScene()
  const { subject, signer } = scene
  const payloads = [
    statementFor(subject, { predicateType: CAPABILITY_PREDICATE }),
    statementFor(subject, { predicateType: SBOM, predicate: { packages: [2] } }),
  ]
  const digest = await writeLegacyAttestations(scene, payloads, signer)
  const { attestations, candidates } = await verify(scene)
  expect(attestations).toMatchObject([{ digest, format: 'legacy', predicate: { packages: [2] } }])
  expect(candidates).toMatchObject([{ digest, kind: 'legacy-attestation' }])
})

it('a legacy attestation with a malformed certificate is refused, and says why', async () => {
  const scene = await openScene()
  const statement = statementFor(scene.subject, { predicateType: SBOM })
  await writeLegacyAttestations(scene, [statement], scene.signer, {
    'dev.sigstore.cosign/certificate': 'PEM',
  })
  await expect(verify(scene)).rejects.toMatchObject({
    hint: expect.stringContaining('has a certificate that is not one in PEM'),
  })
})

it('a look-up that fails is no missing attestation', async () => {
  const scene = await openScene()
  const target = new (class extends MemoryTarget {
    override referrers(): Promise<never> {
      return Promise.reject(new WasmpackError('UNAVAILABLE', 'the registry answered 503'))
    }
  })('registry.example/app')
  await expect(verify({ ...scene, target, subject: await pushArtifact(target) })).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  })
})

describe('P9: a predicate', () => {
  const attest = async (predicate: Uint8Array): Promise<Scene> => {
    const scene = await openScene()
    const { target, subject, signer } = scene
    await attestArtifact(target, subject, signer, { predicateType: SBOM, predicate, created: CREATED })
    return scene
  }

  it('of 10 MB is attested and verified', async () => {
    const text = `{"pad":"${'x'.repeat(10 * 1024 * 1024 - 10)}"}`
    expect(text).toHaveLength(10 * 1024 * 1024)
    expect((await verify(await attest(Buffer.from(text)))).attestations).toHaveLength(1)
  })

  it('of 100,000 levels is refused before it is signed', async () => {
    const deep = Buffer.from(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)
    await expect(attest(deep)).rejects.toMatchObject({
      code: 'PREDICATE_INVALID',
      message: 'predicate is nested deeper than 32',
    })
  })

  it('as deep as is allowed is verified', async () => {
    const depth = 30
    const scene = await attest(Buffer.from(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`))
    expect((await verify(scene)).attestations).toHaveLength(1)
    await expect(attest(Buffer.from(`{"a":${'['.repeat(31)}${']'.repeat(31)}}`))).rejects.toMatchObject({
      code: 'PREDICATE_INVALID',
    })
  })

  it('in a statement of 1,024 subjects is verified, and of more is refused', async () => {
    for (const [count, counts] of [
      [1024, true],
      [1025, false],
    ] as const) {
      const scene = await openScene()
      const { target, subject, signer } = scene
      const others = Array.from({ length: count - 1 }, (_, at) => ({
        digest: { sha256: at.toString(16).padStart(64, '0') },
      }))
      const statement = statementFor(subject, {
        predicateType: SBOM,
        subject: [...others, { digest: { sha256: subject.digest.slice(7) } }],
      })
      await attach(target, subject, await sealed(signer, statement), SBOM)
      if (counts) expect((await verify(scene)).attestations).toHaveLength(1)
      else await expect(verify(scene)).rejects.toMatchObject({ code: 'ATTESTATION_UNTRUSTED' })
    }
  })
})

describe('the bytes of a predicate', () => {
  it('go in byte for byte, with their spaces, order and numbers', async () => {
    const { target, subject, signer } = await openScene()
    const text = '\n{ "z" : 1.0,\t"a": [ ],\n "é": "\\u00e9" }\n'
    const { digest } = await attestArtifact(target, subject, signer, {
      predicateType: SBOM,
      predicate: Buffer.from(text),
      created: CREATED,
    })
    const attached = (await target.manifest(digest)) as Manifest
    const parts: Uint8Array[] = []
    for await (const part of target.fetch(attached.layers[0]!)) parts.push(part)
    const { envelope } = parseBundle(Buffer.concat(parts))
    expect(Buffer.from(envelope!.payload).toString()).toContain(`"predicate":${text}}`)
  })

  it.each([
    ['another field of the statement', '{}, "predicateType": {}', 'is not JSON'],
    ['two objects', '{"a":1},{"b":2}', 'is not a JSON object'],
    ['a list', '[]', 'is not a JSON object'],
    ['nothing', '', 'is not a JSON object'],
    ['a key twice', '{"a":1,"a":2}', 'has the key "a" twice'],
    ['a byte order mark', '\ufeff{}', 'is not JSON'],
  ])('that are %s are refused', async (_, text, problem) => {
    const { target, subject, signer } = await openScene()
    const options = { predicateType: SBOM, predicate: Buffer.from(text), created: CREATED }
    await expect(attestArtifact(target, subject, signer, options)).rejects.toMatchObject({
      code: 'PREDICATE_INVALID',
      message: `predicate ${problem}`,
    })
    expect(await target.referrers(subject.digest)).toEqual([])
  })
})
