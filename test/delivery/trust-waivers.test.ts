import { describe, expect, test } from 'vitest'

import { enforceTrust } from '../../src/delivery/enforce-trust.ts'
import { WasmpackError } from '../../src/errors.ts'
import { WAIVER_PREDICATE } from '../../src/attestations/predicates/waiver.ts'
import { toVerificationKey } from '../../src/signing/public-key.ts'
import { statementFor, writeLegacyAttestations } from '../signing/scene.ts'
import { openPrivateKey } from '../../src/signing/private-key.ts'
import { overriding } from './scene.ts'
import {
  type Artifact,
  attest,
  byKey,
  DAY,
  judge,
  KEYS,
  newArtifact,
  NOW,
  openDirectory,
  policy,
  sign,
} from './trust-scene.ts'

const UNTIL = '2026-12-31T00:00:00Z'
const STATED = { policy: 'corp', reason: 'before signing', until: UNTIL }

const waiving = ({ manifest }: Artifact, until = UNTIL): string =>
  policy(`signers:
  release: [{key: a.pub}]
  security: [{key: b.pub}, {key: c.pub}]
signatures: [{by: release}]
waivers: [{digest: "${manifest.digest}", reason: before signing, until: ${until}, signedBy: security}]`)

const waive = (artifact: Artifact, options: Parameters<typeof attest>[1] = {}): Promise<void> =>
  attest(artifact, { ...byKey('b'), type: WAIVER_PREDICATE, predicate: STATED, ...options })

describe('a waiver that names its signers', () => {
  test('decides once one of them has attested it, and says so', async () => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    const applied = apply(waiving(artifact))
    expect(await judge(artifact, applied)).toMatch(
      /spec\.waivers\[0\] requires an attestation waiver of \{"policy":"corp","reason":"before signing","until":"2026-12-31T00:00:00Z"\} by security, found 0/,
    )
    await waive(artifact)
    const [judgement] = await enforceTrust(artifact.target, artifact.manifest, applied, {}, NOW)
    expect(judgement).toMatchObject({ waiver: { signedBy: 'security' }, signatures: [] })
    expect(judgement!.satisfied).toEqual([
      expect.stringMatching(/0\.yaml:\d+:\d+ spec\.waivers\[0\] waives the rules for this digest$/),
    ])
  })

  test.each([
    ['by another signer', { ...byKey('a') }, 'signed by another key'],
    ['of another policy', { predicate: { ...STATED, policy: 'other' } }, 'states another policy than "corp"'],
    ['for another reason', { predicate: { ...STATED, reason: 'because' } }, 'states another reason'],
    ['with a later end', { predicate: { ...STATED, until: '2027-12-31T00:00:00Z' } }, 'states another until'],
    ['of nothing', { predicate: [] }, 'states another policy'],
    [
      'under another type',
      { type: 'https://slsa.dev/provenance/v1', annotation: WAIVER_PREDICATE },
      'not https',
    ],
  ])('does not count where it is attested %s', async (_, options, reason) => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    await waive(artifact, options)
    const refusal = await judge(artifact, apply(waiving(artifact)))
    expect(refusal).toContain('spec.waivers[0] requires an attestation waiver')
    expect(refusal).toContain(reason)
  })

  test('does not count for another digest', async () => {
    const { apply } = openDirectory()
    const [artifact, other] = [await newArtifact(), await newArtifact({ other: 'yes' })]
    await waive(artifact, { about: other.manifest })
    expect(await judge(artifact, apply(waiving(artifact)))).toContain('signed for another artifact')
  })

  test('does not count in the legacy format', async () => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    const { target, manifest } = artifact
    const payload = statementFor(manifest, { predicateType: WAIVER_PREDICATE, predicate: STATED })
    const pem = KEYS.b.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
    await writeLegacyAttestations(
      { target, subject: manifest },
      [payload],
      await openPrivateKey(pem, undefined),
    )
    expect(await judge(artifact, apply(waiving(artifact)))).toContain('found 0')
  })

  test('does not count once it has expired, whoever signed it', async () => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    const until = new Date(NOW.getTime() - DAY).toISOString()
    await waive(artifact, { predicate: { ...STATED, until } })
    expect(await judge(artifact, apply(waiving(artifact, until)))).toContain(`expired at ${until}`)
  })

  test('does not count by a signer that a policy refuses', async () => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    await waive(artifact)
    const { id } = toVerificationKey(KEYS.b.publicKey)
    const refusing = policy(`refuse: {signers: ["${id}"]}`)
    expect(await judge(artifact, apply(waiving(artifact), refusing))).toContain(
      'a signer that a policy refuses',
    )
  })

  test('whose look-up fails is that failure, even if the artifact is signed', async () => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    await sign(artifact, byKey('a'))
    const down = overriding(artifact.target, {
      referrers: () => Promise.reject(new WasmpackError('UNAVAILABLE', 'down')),
    })
    await expect(
      enforceTrust(down, artifact.manifest, apply(waiving(artifact)), {}, NOW),
    ).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  test('is not needed where the rules hold', async () => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    await sign(artifact, byKey('a'))
    const { target, manifest } = artifact
    const [judgement] = await enforceTrust(target, manifest, apply(waiving(artifact)), {}, NOW)
    expect(judgement).not.toHaveProperty('waiver')
  })
})
