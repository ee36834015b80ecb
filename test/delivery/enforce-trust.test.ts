import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'

import { SUMMARY_PREDICATE } from '../../src/attestations/predicates/verification-summary.ts'
import { enforceTrust } from '../../src/delivery/enforce-trust.ts'
import { parsePolicies } from '../../src/delivery/policy-documents.ts'
import { requireAskedSigner } from '../../src/delivery/require-asked-signer.ts'
import { chooseVerifier, createTrustPolicies } from '../../src/delivery/trust-policies.ts'
import { IGNORED_TRUST, readTrust } from '../../src/delivery/trust.ts'
import { verifyArtifact } from '../../src/delivery/verify.ts'
import { WasmpackError } from '../../src/errors.ts'
import { openPrivateKey } from '../../src/signing/private-key.ts'
import { toVerificationKey } from '../../src/signing/public-key.ts'
import { WAIVER_PREDICATE } from '../../src/attestations/predicates/waiver.ts'
import { SBOM, statementFor } from '../signing/scene.ts'
import { START } from '../support/sigstore-in-memory/certificate-authority.ts'
import { SIGNED_AT } from '../support/sigstore-in-memory/instance.ts'
import { MemoryTarget } from '../support/memory-target.ts'
import { overriding } from './scene.ts'
import {
  applyIn,
  type Artifact,
  attest,
  byKey,
  corp,
  DAY,
  ISSUER,
  judge,
  type KeyName,
  KEYS,
  newArtifact,
  NOW,
  openDirectory,
  other,
  policy,
  REPOSITORY,
  sign,
  stampedAt,
  versioned,
} from './trust-scene.ts'

const ROLES = `roots:
  corp: {trustedRoot: corp.json}
  other: {trustedRoot: other.json}
  stamped: {trustedRoot: corp.json, logEntries: 0, timestamps: 1, scts: 0}
signers:
  a: [{key: a.pub}]
  security: [{key: a.pub}, {key: b.pub}, {identity: "*@example.com", issuer: ${ISSUER}, root: corp}]
  dev: [{identity: dev@example.com, issuer: ${ISSUER}, root: corp}]
  both: [{identity: dev@example.com, issuer: ${ISSUER}, root: corp}, {identity: dev@example.com, issuer: ${ISSUER}, root: stamped}]
  release: [{identity: "https://github.com/acme/*/release.yml@refs/tags/v*", issuer: ${ISSUER}, sourceRepository: "https://github.com/acme/*", root: corp}]
  stamped: [{key: a.pub, root: stamped}, {identity: dev@example.com, issuer: ${ISSUER}, root: stamped}]
`
const rules = (more: string): string => policy(`${ROLES}${more}`)

describe('signatures', () => {
  test('a rule is satisfied by its role, and by no other', async () => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    const applied = apply(rules('signatures: [{by: a}]'))
    expect(await judge(artifact, applied)).toMatch(
      /^TRUST_DENIED: .*0\.yaml:\d+:\d+ spec\.signatures\[0\] requires a signature by a, found 0;/s,
    )
    await sign(artifact, byKey('b'))
    expect(await judge(artifact, applied)).toMatch(/found 0; signed by another key$/s)
    await sign(artifact, byKey('a'))
    expect(await judge(artifact, applied)).toBe('admitted')
  })

  test('every rule must be satisfied, and what is missing is said of each', async () => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    const applied = apply(rules('signatures: [{by: a}, {by: dev}, {by: security, atLeast: 3}]'))
    await sign(artifact, byKey('a'))
    const refusal = await judge(artifact, applied)
    expect(refusal).toMatch(/spec\.signatures\[1\] requires a signature by dev, found 0/)
    expect(refusal).toMatch(
      /spec\.signatures\[2\] requires signatures by 3 different signers of security, found 1 \(key/,
    )
    await sign(artifact)
    await sign(artifact, byKey('b'))
    expect(await judge(artifact, applied)).toBe('admitted')
  })

  test('an identity needs its issuer, its root and its source repository', async () => {
    const { apply } = openDirectory()
    const names = [{ uri: 'https://github.com/acme/app/release.yml@refs/tags/v1' }]
    const applied = apply(rules('signatures: [{by: release}]'))
    const wrong: readonly (readonly [Parameters<typeof sign>[1], string])[] = [
      [{ names: [{ uri: 'https://github.com/acme/app/other.yml@refs/tags/v1' }] }, 'not identity'],
      [{ names: [{ uri: 'https://github.com/acme/a/b/release.yml@refs/tags/v1' }] }, 'not identity'],
      [{ names, issuer: 'https://evil.example.com' }, 'not issuer'],
      [{ names }, 'is of no source repository'],
      [
        { names, claims: { 12: 'https://github.com/evil/app' } },
        'source repository https://github.com/evil/app',
      ],
      [{ names, claims: { 12: 'https://github.com/acme/app' }, instance: other }, ''],
    ]
    for (const [options, reason] of wrong) {
      const artifact = await newArtifact()
      await sign(artifact, options)
      expect(await judge(artifact, applied)).toContain(reason)
      expect(await judge(artifact, applied)).toContain('TRUST_DENIED')
    }
    const artifact = await newArtifact()
    await sign(artifact, { names, claims: { 12: 'https://github.com/acme/app' } })
    expect(await judge(artifact, applied)).toBe('admitted')
  })

  test('a root says how much its services must confirm', async () => {
    const { apply } = openDirectory()
    const applied = apply(rules('signatures: [{by: stamped}]'))
    const artifact = await newArtifact()
    await sign(artifact)
    await sign(artifact, byKey('a'))
    expect(await judge(artifact, applied)).toMatch(/has 0 verified timestamps, not 1/)
    await sign(artifact, { ...stampedAt(SIGNED_AT), logs: [] })
    expect(await judge(artifact, applied)).toBe('admitted')
    expect(await judge(artifact, apply(rules('signatures: [{by: dev}]')))).toBe('admitted')
    const unlogged = await newArtifact()
    await sign(unlogged, stampedAt(SIGNED_AT))
    expect(await judge(unlogged, apply(rules('signatures: [{by: dev}]')))).toMatch(
      /no entry of a transparency log/,
    )
  })

  test('P4: one signer twice, a key under two hints and an identity from two roots count once', async () => {
    const { apply } = openDirectory()
    const two = apply(rules('signatures: [{by: security, atLeast: 2}]'))
    const artifact = await newArtifact()
    await sign(artifact, { ...byKey('a'), hint: 'one' })
    await sign(artifact, { ...byKey('a'), hint: 'two' })
    expect(await judge(artifact, two)).toContain('found 1 (key')
    const identity = await newArtifact()
    await sign(identity)
    await sign(identity)
    expect(await judge(identity, two)).toContain('found 1 (identity dev@example.com')
    await sign(identity, stampedAt(SIGNED_AT))
    expect(await judge(identity, apply(rules('signatures: [{by: both, atLeast: 1}]')))).toBe('admitted')
    const twice = ROLES.replace(
      'both: [',
      `both: [{identity: none@example.com, issuer: ${ISSUER}, root: corp}, `,
    )
    const both = policy(`${twice}signatures: [{by: both, atLeast: 2}]`)
    expect(await judge(identity, apply(both))).toContain('found 1 (identity dev@example.com')
    await sign(identity, { names: [{ email: 'sec@example.com' }] })
    expect(await judge(identity, two)).toBe('admitted')
  })

  test('P5: an attestation is no signature', async () => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    const payload = statementFor(artifact.manifest, { predicateType: SBOM })
    await sign(artifact, { ...byKey('a'), payload })
    expect(await judge(artifact, apply(rules('signatures: [{by: a}]')))).toContain('TRUST_DENIED')
  })

  test('P8: a look-up that fails is that failure, and a missing root or key too', async () => {
    const { at, apply } = openDirectory()
    const artifact = await newArtifact()
    await sign(artifact, byKey('a'))
    const down = overriding(artifact.target, {
      referrers: () => Promise.reject(new WasmpackError('UNAVAILABLE', 'down')),
    })
    const applied = apply(rules('signatures: [{by: a}]'))
    await expect(enforceTrust(down, artifact.manifest, applied, {}, NOW)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
    const missing = rules('signatures: [{by: security}]').replace('b.pub', 'none.pub')
    expect(await judge(artifact, apply(missing))).toContain('FILE_NOT_FOUND')
    const rootless = rules('signatures: [{by: security}]').replace('corp.json', 'none.json')
    expect(await judge(artifact, apply(rootless))).toContain('FILE_NOT_FOUND')
    const secret = KEYS.a.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
    writeFileSync(join(at, 'b.pub'), secret)
    expect(await judge(artifact, apply(rules('signatures: [{by: security}]')))).toContain('KEY_INVALID')
  })

  test('P11: a private key in place of a public one is refused, and not shown', async () => {
    const { at, apply } = openDirectory()
    const artifact = await newArtifact()
    const secret = KEYS.a.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
    writeFileSync(join(at, 'a.pub'), secret)
    const refusal = await judge(artifact, apply(rules('signatures: [{by: a}]')))
    expect(refusal).toContain('this is a private key')
    expect(refusal).not.toContain(secret.slice(40, 80))
  })
})

describe('times are verified ones', () => {
  test.each([
    ['signedAfter: 2026-01-02T00:00:00Z', new Date(START.getTime() + 2 * DAY), START, 'not after 2026-01-02'],
    ['signedWithin: 10d', new Date(NOW.getTime() - 9 * DAY), new Date(NOW.getTime() - 11 * DAY), 'not after'],
    ['signedFor: 48h', new Date(NOW.getTime() - 3 * DAY), new Date(NOW.getTime() - DAY), 'not before'],
  ])('%s', async (condition, good, bad, reason) => {
    const { apply } = openDirectory()
    const applied = apply(rules(`signatures: [{by: stamped}]\n${condition}`))
    const artifact = await newArtifact()
    await sign(artifact, { ...byKey('a'), ...stampedAt(bad) })
    expect(await judge(artifact, applied)).toContain(reason)
    const fine = await newArtifact()
    await sign(fine, { ...byKey('a'), ...stampedAt(good) })
    expect(await judge(fine, applied)).toBe('admitted')
  })

  test('a later timestamp makes no old signature younger', async () => {
    const { apply } = openDirectory()
    const applied = apply(rules('signatures: [{by: stamped}]\nsignedWithin: 10d'))
    const stamps = [new Date(NOW.getTime() - 20 * DAY), NOW].map(
      (time) => (signature: Uint8Array) => corp.timestamps.stamp(signature, time),
    )
    const artifact = await newArtifact()
    await sign(artifact, { ...byKey('a'), timestamps: stamps })
    expect(await judge(artifact, applied)).toContain('TRUST_DENIED')
  })

  test('a signature without a verified time does not count', async () => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    await sign(artifact, byKey('a'))
    for (const condition of ['signedAfter: 2020-01-01T00:00:00Z', 'signedWithin: 9999d', 'signedFor: 1m'])
      expect(await judge(artifact, apply(rules(`signatures: [{by: a}]\n${condition}`)))).toContain(
        'has no verified time',
      )
  })
})

test('formats: a format that is not listed does not count', async () => {
  const { apply } = openDirectory()
  const artifact = await newArtifact()
  await sign(artifact, byKey('a'))
  expect(await judge(artifact, apply(rules('signatures: [{by: a}]\nformats: [bundle]')))).toBe('admitted')
  expect(await judge(artifact, apply(rules('signatures: [{by: a}]\nformats: [legacy]')))).toContain('found 0')
})

test('P6: minimumVersion is of the manifest, absent or none is refused, and 1.10 is over 1.9', async () => {
  const { apply } = openDirectory()
  const applied = apply(policy('minimumVersion: 1.9.0'))
  expect(await judge(await versioned('1.10.0'), applied)).toBe('admitted')
  expect(await judge(await versioned('1.9.0'), applied)).toBe('admitted')
  expect(await judge(await versioned('1.8.9'), applied)).toContain('of at least 1.9.0, found 1.8.9')
  expect(await judge(await versioned('1.9.0-rc.1'), applied)).toContain('found 1.9.0-rc.1')
  expect(await judge(await versioned('latest'), applied)).toContain('which is not a version')
  expect(await judge(await newArtifact(), applied)).toContain('the artifact has none')
})

describe('refuse', () => {
  test('wins over every waiver and signature', async () => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    await sign(artifact, byKey('a'))
    const { digest } = artifact.manifest
    const waiver = `waivers: [{digest: "${digest}", reason: known, until: 2027-01-01T00:00:00Z}]`
    const refused = apply(rules(`signatures: [{by: a}]\nrefuse: {digests: ["${digest}"]}\n${waiver}`))
    expect(await judge(artifact, refused)).toContain('spec.refuse.digests[0] refuses this digest')
  })

  test('a refused signer counts for no policy and no flag', async () => {
    const { at, apply } = openDirectory()
    const artifact = await newArtifact()
    await sign(artifact, byKey('a'))
    await sign(artifact)
    const { id } = toVerificationKey(KEYS.a.publicKey)
    const refusing = policy(`refuse: {signers: ["${id}", "dev@*"]}`)
    const anyone = rules('signatures: [{by: security}]')
    expect(await judge(artifact, apply(anyone))).toBe('admitted')
    expect(await judge(artifact, apply(anyone, refusing))).toContain('a signer that a policy refuses')
    const trust = await readTrust({ keys: [join(at, 'a.pub')] })
    const verifier = chooseVerifier(trust, apply(refusing), REPOSITORY)
    await expect(verifyArtifact(artifact.target, '1', { verifier }, {})).rejects.toMatchObject({
      code: 'SIGNATURE_UNTRUSTED',
      hint: expect.stringContaining('a signer that a policy refuses'),
    })
  })
})

describe('waivers', () => {
  const waive = (digest: string, until: string): string =>
    rules(`signatures: [{by: a}]\nwaivers: [{digest: "${digest}", reason: before signing, until: ${until}}]`)

  test('one in time decides for its own document only, and is told', async () => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    const waived = waive(artifact.manifest.digest, '2026-12-31T00:00:00Z')
    const judgements = await enforceTrust(artifact.target, artifact.manifest, apply(waived), {}, NOW)
    expect(judgements).toMatchObject([{ waiver: { reason: 'before signing' }, signatures: [] }])
    expect(await judge(artifact, apply(waived, rules('signatures: [{by: dev}]')))).toContain('TRUST_DENIED')
  })

  test('an expired one, or one for another digest, waives nothing', async () => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    expect(await judge(artifact, apply(waive(artifact.manifest.digest, '2026-01-02T00:00:00Z')))).toMatch(
      /spec\.waivers\[0\] expired at 2026-01-02/,
    )
    expect(await judge(artifact, apply(waive(`sha256:${'0'.repeat(64)}`, '2027-01-01T00:00:00Z')))).toContain(
      'TRUST_DENIED',
    )
  })
})

describe('repositories', () => {
  const forRepository = (pattern: string, role: string): string =>
    rules(`match: {repositories: ["${pattern}"]}\nsignatures: [{by: ${role}}]`)

  test('P2: two rules that match must both hold', async () => {
    const { apply } = openDirectory()
    const artifact = await newArtifact()
    const applied = apply(`${forRepository('**', 'a')}---\n${forRepository('harbor.corp.example/**', 'dev')}`)
    await sign(artifact, byKey('a'))
    expect(await judge(artifact, applied)).toContain('requires a signature by dev')
    await sign(artifact)
    expect(await judge(artifact, applied)).toBe('admitted')
  })

  test('P3: another spelling of the repository is under the same policy', async () => {
    const { at } = openDirectory()
    const artifact = await newArtifact()
    const file = forRepository('harbor.corp.example/team/**', 'a')
    for (const spelling of ['harbor.corp.example:443/team/app', 'HARBOR.corp.example./team/app', REPOSITORY])
      expect(await judge(artifact, applyIn(at, [file], spelling))).toContain('requires a signature by a')
  })

  test('P3: a repository that is not known is a usage error where a policy is for certain ones', async () => {
    const { at } = openDirectory()
    expect(() =>
      createTrustPolicies(parsePolicies(forRepository('a.example/**', 'a'), join(at, 'p.yaml')).trust).of(
        undefined,
      ),
    ).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })

  test('a file with rules refuses a repository that none of them is for', async () => {
    const { at } = openDirectory()
    const artifact = await newArtifact()
    await sign(artifact, byKey('a'))
    const applied = applyIn(at, [forRepository('other.example/**', 'a')])
    expect(await judge(artifact, applied)).toContain(`has no trust policy for ${REPOSITORY}`)
  })
})

describe('flags beside a policy', () => {
  test('P1: both hold', async () => {
    const { at, apply } = openDirectory()
    const applied = apply(rules('signatures: [{by: a}]'))
    const trust = await readTrust({ keys: [join(at, 'c.pub')] })
    const verify = (artifact: Artifact): Promise<unknown> =>
      verifyArtifact(
        artifact.target,
        '1',
        { verifier: chooseVerifier(trust, applied, REPOSITORY), trustPolicies: applied },
        {},
      )
    const onlyFlag = await newArtifact()
    await sign(onlyFlag, byKey('c'))
    await expect(verify(onlyFlag)).rejects.toMatchObject({ code: 'TRUST_DENIED' })
    const onlyPolicy = await newArtifact()
    await sign(onlyPolicy, byKey('a'))
    await expect(verify(onlyPolicy)).rejects.toMatchObject({ code: 'SIGNATURE_UNTRUSTED' })
    await sign(onlyPolicy, byKey('c'))
    expect(await verify(onlyPolicy)).toMatchObject({
      verification: { signatures: [{}, {}] },
      trust: [{ shortfalls: [] }],
    })
  })

  test('a policy that asks for signatures takes the place of a key; one that asks for none does not', async () => {
    const { apply } = openDirectory()
    const trust = await readTrust({})
    expect(chooseVerifier(trust, apply(rules('signatures: [{by: a}]')), REPOSITORY)).toBe('ignored')
    expect(() => chooseVerifier(trust, apply(policy('minimumVersion: 1.0.0')), REPOSITORY)).toThrow(
      expect.objectContaining({ code: 'TRUST_REQUIRED' }),
    )
  })

  test('signatures cannot be ignored under a policy', () => {
    const { apply } = openDirectory()
    expect(() => chooseVerifier(IGNORED_TRUST, apply(policy('minimumVersion: 1.0.0')), REPOSITORY)).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    )
    expect(chooseVerifier(IGNORED_TRUST, apply(), REPOSITORY)).toBe('ignored')
  })
})

describe('requireAskedSigner', () => {
  const signerOf = (name: KeyName) =>
    openPrivateKey(KEYS[name].privateKey.export({ format: 'pem', type: 'pkcs8' }) as string, undefined)

  test('accepts whom each policy asks for, and nobody else', async () => {
    const { apply } = openDirectory()
    const [a, c] = [await signerOf('a'), await signerOf('c')]
    const applied = apply(rules('signatures: [{by: dev}, {by: security, atLeast: 2}]'))
    await requireAskedSigner(a, applied)
    await requireAskedSigner(c, apply(policy('minimumVersion: 1.0.0')))
    await expect(requireAskedSigner(c, applied)).rejects.toMatchObject({
      code: 'TRUST_DENIED',
      message: expect.stringMatching(
        /spec\.signatures requires a signature by dev or security, but this push is signed by key .*/,
      ),
    })
    await expect(requireAskedSigner(undefined, applied)).rejects.toMatchObject({
      message: expect.stringContaining('but this push is not signed'),
    })
    const refusing = apply(policy(`refuse: {signers: ["${toVerificationKey(KEYS.a.publicKey).id}"]}`))
    await expect(requireAskedSigner(a, refusing)).rejects.toMatchObject({ code: 'TRUST_DENIED' })
    const dev = {
      ...c,
      identities: [{ kind: 'identity', subject: 'dev@example.com', issuer: ISSUER }],
    } as const
    await requireAskedSigner(dev, applied)
  })
})

const SUMMARIZED = `sha256:${'1'.repeat(64)}`

describe('a policy only adds', () => {
  let artifacts: readonly Artifact[] = []
  beforeAll(async () => {
    const repository = new MemoryTarget()
    const add = async (version: string, signers: string, attesters = ''): Promise<Artifact> => {
      const { target, manifest } = await versioned(version, repository)
      const artifact = { target, manifest }
      for (const name of signers) await sign(artifact, byKey(name as KeyName))
      for (const name of attesters) await attest(artifact, { ...byKey(name as KeyName), predicate: { n: 1 } })
      const summary = {
        verifier: { id: 'https://v.example' },
        policy: { digest: { sha256: SUMMARIZED.slice(7) } },
        resourceUri: `oci://${target.name}`,
        verificationResult: 'PASSED',
      }
      if (signers !== 'a')
        await attest(artifact, { ...byKey('a'), type: SUMMARY_PREDICATE, predicate: summary })
      return artifact
    }
    artifacts = [
      await add('1.0.0', ''),
      await add('1.1.0', 'a'),
      await add('2.0.0', 'ab', 'b'),
      await add('2.1.0', 'a', 'a'),
    ]
    for (const { reason, at } of [
      { reason: 'x', at: 0 },
      { reason: 'x', at: 3 },
    ])
      await attest(artifacts[at]!, {
        ...byKey('c'),
        type: WAIVER_PREDICATE,
        predicate: { policy: 'p', reason, until: '2026-12-31T00:00:00Z' },
      })
  })

  test('500 random pairs: one more file never turns a refusal into an admission', async () => {
    const directory = openDirectory()
    const ids = (['a', 'b', 'c'] as const).map((name) => toVerificationKey(KEYS[name].publicKey).id)
    const digests = artifacts.map(({ manifest }) => manifest.digest)
    const until = fc.constantFrom('2026-01-02T00:00:00Z', '2026-12-31T00:00:00Z')
    const spec = fc
      .record(
        {
          match: fc
            .constantFrom('**', 'harbor.corp.example/**', 'other.example/**')
            .map((one) => ({ repositories: [one] })),
          signatures: fc.constantFrom(
            [{ by: 'a' }],
            [{ by: 'all', atLeast: 2 }],
            [{ by: 'c' }],
            [{ by: 'a' }, { by: 'all', atLeast: 3 }],
          ),
          attestations: fc.constantFrom(
            [{ type: 'slsaprovenance1', by: 'all' }],
            [{ type: 'slsaprovenance1', by: 'a', where: [{ at: '/n', is: '1' }] }],
            [{ type: 'slsaprovenance1', by: 'a', where: [{ at: '/n', is: '2' }] }],
          ),
          summaries: fc.constantFrom(
            [{ by: 'a', verifier: 'https://v.example', policy: SUMMARIZED }],
            [{ by: 'c', verifier: 'https://v.example', policy: SUMMARIZED }],
          ),
          minimumVersion: fc.constantFrom('1.0.0', '1.1.0', '3.0.0'),
          neverLess: fc.constant(true),
          refuse: fc.record({
            digests: fc.uniqueArray(fc.constantFrom(...digests), { maxLength: 2 }),
            signers: fc.uniqueArray(fc.constantFrom(...ids), { maxLength: 2 }),
          }),
          waivers: fc.uniqueArray(
            fc.record(
              {
                digest: fc.constantFrom(...digests),
                reason: fc.constant('x'),
                until,
                signedBy: fc.constantFrom('a', 'c'),
              },
              { requiredKeys: ['digest', 'reason', 'until'] },
            ),
            { selector: ({ digest }) => digest, maxLength: 3 },
          ),
        },
        {
          requiredKeys: ['signatures', 'attestations', 'summaries', 'minimumVersion', 'neverLess', 'refuse'],
        },
      )
      .chain((whole) =>
        fc
          .subarray(['signatures', 'attestations', 'summaries', 'minimumVersion', 'neverLess', 'refuse'], {
            minLength: 1,
            maxLength: 2,
          })
          .map((kept) =>
            Object.fromEntries(
              Object.entries(whole).filter(
                ([key]) => kept.includes(key) || key === 'match' || key === 'waivers',
              ),
            ),
          ),
      )
    const signers = {
      a: [{ key: 'a.pub' }],
      c: [{ key: 'c.pub' }],
      all: [{ key: 'a.pub' }, { key: 'b.pub' }, { key: 'c.pub' }],
    }
    const file = fc.array(spec, { minLength: 1, maxLength: 2 }).map((specs) =>
      specs
        .map((one) =>
          JSON.stringify({
            apiVersion: 'wasmpack.dev/v1alpha1',
            kind: 'TrustPolicy',
            metadata: { name: 'p' },
            spec: { signers, ...one },
          }),
        )
        .join('\n---\n'),
    )
    const seen = { admitted: 0, refused: 0 }
    await fc.assert(
      fc.asyncProperty(file, file, fc.constantFrom(...artifacts), async (one, more, artifact) => {
        const alone = await judge(artifact, directory.apply(one))
        seen[alone === 'admitted' ? 'admitted' : 'refused']++
        return alone === 'admitted' || (await judge(artifact, directory.apply(one, more))) !== 'admitted'
      }),
      { numRuns: 500 },
    )
    expect(seen.admitted).toBeGreaterThan(20)
    expect(seen.refused).toBeGreaterThan(20)
  }, 120_000)
})
