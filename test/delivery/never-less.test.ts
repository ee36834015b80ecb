import { describe, expect, test } from 'vitest'

import { PREDICATE_TYPES } from '../../src/attestations/predicate-types.ts'
import { WAIVER_PREDICATE } from '../../src/attestations/predicates/waiver.ts'
import { enforceTrust } from '../../src/delivery/enforce-trust.ts'
import { requireNeverLess } from '../../src/delivery/require-never-less.ts'
import type { AppliedTrust } from '../../src/delivery/trust-policies.ts'
import { WasmpackError } from '../../src/errors.ts'
import { toVerificationKey } from '../../src/signing/public-key.ts'
import { openPrivateKey } from '../../src/signing/private-key.ts'
import { manifestOf, pushArtifact, SBOM, statementFor, writeLegacyAttestations } from '../signing/scene.ts'
import { MemoryTarget } from '../support/memory-target.ts'
import { overriding } from './scene.ts'
import {
  type Artifact,
  attest,
  byKey,
  DAY,
  judge,
  type KeyName,
  KEYS,
  NOW,
  openDirectory,
  policy,
  sign,
} from './trust-scene.ts'

const RULES = `signers:
  build: [{key: a.pub}]
  security: [{key: b.pub}, {key: c.pub}]
signatures: [{by: build}]
neverLess: true`

/** A repository of versions: each signed by some keys, with an SBOM by some. */
class Repository {
  readonly target = new MemoryTarget('registry.example/app')

  async add(
    version: string,
    signers: string,
    { tag = version, sbom = '', at = this.target } = {},
  ): Promise<Artifact> {
    const { config, layers } = await pushArtifact(at)
    const annotations = version === '' ? {} : { 'org.opencontainers.image.version': version }
    const manifest = manifestOf({ config, layers, annotations: { ...annotations, tag } })
    await at.pushManifest(manifest, tag)
    const artifact = { target: at, manifest }
    for (const name of signers) await sign(artifact, byKey(name as KeyName))
    for (const name of sbom) await attest(artifact, { ...byKey(name as KeyName), type: SBOM })
    return artifact
  }
}

const open = (more = RULES): { readonly repository: Repository; readonly applied: AppliedTrust } => ({
  repository: new Repository(),
  applied: openDirectory().apply(policy(more)),
})

describe('neverLess, where an artifact is read', () => {
  test('compares with the version before it: signers by role, and attested types by role', async () => {
    const { repository, applied } = open()
    await repository.add('1.9.0', 'ab', { sbom: 'b' })
    expect(await judge(await repository.add('1.10.0', 'ab', { sbom: 'b' }), applied)).toBe('admitted')
    const fewer = await judge(await repository.add('1.10.1', 'a', { sbom: 'b' }), applied)
    expect(fewer).toMatch(
      /0\.yaml:\d+:\d+ spec\.neverLess requires no fewer signers and attestations than before/,
    )
    expect(fewer).toContain('found 0 signers of security in place of 1 (1.10.0, sha256:')
    expect(await judge(await repository.add('1.10.2', 'ab'), applied)).toContain(
      'no attestation spdxjson (https://spdx.dev/Document) by security',
    )
    expect(await judge(await repository.add('1.10.3', 'ab', { sbom: 'a' }), applied)).toContain('by security')
  })

  test('lets a role rotate its keys, and asks nothing of the first version', async () => {
    const { repository, applied } = open()
    expect(await judge(await repository.add('1.0.0', 'ab'), applied)).toBe('admitted')
    expect(await judge(await repository.add('1.1.0', 'ac'), applied)).toBe('admitted')
  })

  test('a fix of an older line is compared with that line', async () => {
    const { repository, applied } = open()
    await repository.add('1.0.0', 'a')
    await repository.add('2.0.0', 'abc')
    expect(await judge(await repository.add('1.0.1', 'a'), applied)).toBe('admitted')
    expect(await judge(await repository.add('2.0.1', 'ab'), applied)).toContain(
      '1 signers of security in place of 2',
    )
  })

  test('P6: the version is of the manifest, absent or none is refused, and 1.9 is before 1.10', async () => {
    const { repository, applied } = open()
    await repository.add('1.9.0', 'ab', { tag: '0.1.0' })
    await repository.add('2.0.0', 'abc', { tag: '1.9.5' })
    await repository.add('1.2.0', 'a')
    expect(await judge(await repository.add('1.10.0', 'a'), applied)).toContain('(0.1.0, sha256:')
    for (const version of ['', 'latest'])
      expect(await judge(await repository.add(version, 'abc', { tag: `t${version}` }), applied)).toContain(
        'has no version in org.opencontainers.image.version',
      )
  })

  test('never trusts a version that nobody of the policy signed, or that the policy refuses', async () => {
    const { repository, applied } = open()
    await repository.add('1.0.0', 'ab')
    await repository.add('1.1.0', '')
    await repository.add('1.2.0', 'b')
    expect(await judge(await repository.add('1.3.0', 'a'), applied)).toContain('(1.0.0, sha256:')
  })

  test('a release that lost a signer does not lower the bar for the next', async () => {
    const { repository, applied } = open()
    await repository.add('1.0.0', 'ab')
    await repository.add('1.1.0', 'a')
    expect(await judge(await repository.add('1.2.0', 'a'), applied)).toContain('(1.0.0, sha256:')
  })

  test('a waiver of the release lowers the bar, and neither a waiver nor a summary is compared', async () => {
    const { repository } = open()
    await repository.add('1.0.0', 'ab')
    const waived = await repository.add('1.1.0', 'a')
    await attest(waived, { ...byKey('a'), type: WAIVER_PREDICATE })
    await attest(waived, { ...byKey('a'), type: PREDICATE_TYPES.get('vsa')! })
    const waiver = `waivers: [{digest: "${waived.manifest.digest}", reason: away, until: 2026-12-31T00:00:00Z}]`
    const applied = openDirectory().apply(policy(`${RULES}\n${waiver}`))
    expect(await judge(waived, applied)).toBe('admitted')
    expect(await judge(await repository.add('1.2.0', 'a'), applied)).toBe('admitted')
  })

  test('another policy that refuses a signer takes nothing from what is asked', async () => {
    const { repository } = open()
    await repository.add('1.0.0', 'ab')
    const { id } = toVerificationKey(KEYS.b.publicKey)
    const refusing = policy(`refuse: {signers: ["${id}"]}`)
    const applied = openDirectory().apply(policy(RULES), refusing)
    expect(await judge(await repository.add('1.1.0', 'a'), applied)).toContain('in place of 1')
    expect(await judge(await repository.add('1.1.1', 'ab'), applied)).toContain('in place of 1')
    expect(await judge(await repository.add('1.1.2', 'ac'), applied)).toBe('admitted')
  })

  test('the age of older versions does not matter, nor minimumVersion', async () => {
    const { repository, applied } = open(
      `roots: {corp: {trustedRoot: corp.json, logEntries: 0, timestamps: 1}}
signers: {build: [{key: a.pub, root: corp}], security: [{key: b.pub}]}
attestations: [{type: spdxjson, by: build}]
signedFor: 10d
minimumVersion: 1.1.0
neverLess: true`,
    )
    expect(applied.policies).toHaveLength(1)
    const { corp } = await import('./trust-scene.ts')
    const stamp = {
      timestamps: [
        (signature: Uint8Array) => corp.timestamps.stamp(signature, new Date(NOW.getTime() - DAY)),
      ],
    }
    const young = await repository.add('1.0.0', 'b')
    await attest(young, { ...byKey('a'), ...stamp, type: SBOM })
    const old = {
      timestamps: [
        (signature: Uint8Array) => corp.timestamps.stamp(signature, new Date(NOW.getTime() - 11 * DAY)),
      ],
    }
    const next = await repository.add('1.1.0', '')
    await attest(next, { ...byKey('a'), ...old, type: SBOM })
    expect(await judge(next, applied)).toContain('0 signers of security in place of 1')
    await sign(next, byKey('b'))
    expect(await judge(next, applied)).toBe('admitted')
  })

  test('reads legacy attestations of the version before it', async () => {
    const { repository, applied } = open()
    const before = await repository.add('1.0.0', 'a')
    const pem = KEYS.a.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
    const payload = statementFor(before.manifest, { predicateType: SBOM })
    const { target, manifest: subject } = before
    await writeLegacyAttestations({ target, subject }, [payload], await openPrivateKey(pem, undefined))
    expect(await judge(await repository.add('1.1.0', 'a'), applied)).toContain('no attestation spdxjson')
  })

  test('P8: a look-up that fails is that failure: of tags, of a version, of its signatures', async () => {
    const { repository, applied } = open()
    const before = await repository.add('1.0.0', 'ab')
    const { manifest, target } = await repository.add('1.1.0', 'ab')
    const fail = (): Promise<never> => Promise.reject(new WasmpackError('UNAVAILABLE', 'down'))
    const failing: readonly Partial<MemoryTarget>[] = [
      { tags: fail },
      { manifest: (name, operation) => (name === '1.0.0' ? fail() : target.manifest(name, operation)) },
      { referrers: (digest) => (digest === before.manifest.digest ? fail() : target.referrers(digest)) },
    ]
    for (const parts of failing)
      await expect(enforceTrust(overriding(target, parts), manifest, applied, {}, NOW)).rejects.toMatchObject(
        { code: 'UNAVAILABLE' },
      )
  })

  test('is bounded: fifty tags that nobody signed hide no version, they refuse', async () => {
    const { repository, applied } = open()
    await repository.add('1.0.0', 'ab')
    for (let at = 0; at < 51; at++) await repository.add(`1.0.${at + 1}`, '')
    expect(await judge(await repository.add('1.1.0', 'a'), applied)).toContain(
      'none of the 50 tags of versions before 1.1.0 names one that the policy accepts',
    )
  })
})

describe('neverLess, where an artifact is written', () => {
  const at = (
    applied: AppliedTrust,
    target: MemoryTarget | undefined,
    ...tags: readonly string[]
  ): AppliedTrust => ({
    ...applied,
    destination: { target, tags },
  })

  test('compares with what each tag names now, and with the versions at the destination', async () => {
    const { repository, applied } = open()
    const production = new Repository()
    const candidate = await repository.add('1.1.0', 'a')
    expect(await judge(candidate, at(applied, production.target, 'latest'))).toBe('admitted')
    await production.add('0.9.0', 'ab', { tag: 'latest' })
    expect(await judge(candidate, at(applied, production.target, 'latest'))).toContain('(latest, sha256:')
    expect(await judge(candidate, at(applied, production.target, 'other'))).toBe('admitted')
    await production.add('1.0.0', 'ac')
    expect(await judge(candidate, at(applied, production.target, 'other'))).toContain('(1.0.0, sha256:')
    expect(await judge(candidate, at(applied, undefined, 'other'))).toBe('admitted')
  })

  test('a tag that names the same digest, or what nobody signed, asks nothing', async () => {
    const { repository, applied } = open()
    const candidate = await repository.add('1.1.0', 'a')
    await repository.add('0.9.0', '', { tag: 'latest' })
    expect(await judge(candidate, at(applied, repository.target, '1.1.0', 'latest'))).toBe('admitted')
  })

  test('a push must not take away what its tag names now, and counts what it signs', async () => {
    const { repository, applied } = open()
    const pem = KEYS.a.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
    const signer = await openPrivateKey(pem, undefined)
    const { manifest, target } = await repository.add('1.1.0', '')
    const push = (tag: string, attestedTypes: readonly string[] = []) =>
      requireNeverLess(
        { destination: { target, tags: [tag] }, digest: manifest.digest, signer, attestedTypes },
        applied,
        {},
      )
    await push('new')
    await repository.add('1.0.0', 'ab', { tag: 'latest' })
    await expect(push('latest')).rejects.toMatchObject({
      code: 'TRUST_DENIED',
      message: expect.stringContaining('0 signers of security in place of 1 (latest, sha256:'),
      hint: expect.stringContaining('nothing was sent'),
    })
    await repository.add('1.0.0', 'a', { tag: 'edge', sbom: 'a' })
    await expect(push('edge')).rejects.toMatchObject({ code: 'TRUST_DENIED' })
    await push('edge', [SBOM])
  })
})
