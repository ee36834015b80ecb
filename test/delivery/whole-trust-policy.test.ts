import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { WAIVER_PREDICATE } from '../../src/attestations/predicates/waiver.ts'
import { enforceTrust, judgeTrust } from '../../src/delivery/enforce-trust.ts'
import { tagArtifact } from '../../src/delivery/tag.ts'
import { toVerificationKey } from '../../src/signing/public-key.ts'
import { MemoryTarget } from '../support/memory-target.ts'
import { dsseBody, type SigningOptions } from '../support/sigstore-in-memory/instance.ts'
import { overriding } from './scene.ts'
import {
  type Artifact,
  attest,
  byKey,
  corp,
  DAY,
  judge,
  KEYS,
  newArtifact,
  NOW,
  openDirectory,
  policy,
  sign,
  stampedAt,
  versioned,
} from './trust-scene.ts'

const REFUSED = `sha256:${'e'.repeat(64)}`
const GITHUB = 'https://token.actions.githubusercontent.com'
const CORP = 'https://kc.corp.example/realms/wasm'

/** A policy with every part; `change` makes another of its text. */
const whole = (change: (text: string) => string = (text) => text): string =>
  change(
    policy(`match: {repositories: ["harbor.corp.example/**"]}
roots:
  corp: {trustedRoot: corp.json}
  github: {trustedRoot: github.json, logEntries: 0, timestamps: 1, scts: 0}
  stamped: {trustedRoot: corp.json, logEntries: 0, timestamps: 1, scts: 0}
signers:
  release:
    - {identity: "https://github.com/acme/*/.github/workflows/release.yml@refs/tags/v*", issuer: ${GITHUB}, sourceRepository: "https://github.com/acme/*", root: github}
  security: [{key: a.pub, root: stamped}, {key: b.pub, root: stamped}, {identity: sec@corp.example, issuer: ${CORP}, root: corp}]
signatures: [{by: release}, {by: security, atLeast: 2}]
attestations: [{type: slsaprovenance1, by: release, where: [{at: /runDetails/builder/id, is: "https://github.com/actions/runner/*"}]}]
formats: [bundle]
signedAfter: 2026-01-01T00:00:00Z
signedWithin: 365d
signedFor: 48h
neverLess: true
minimumVersion: 1.4.0
refuse: {digests: ["${REFUSED}"], signers: ["old@corp.example"]}
`),
  )

/** A bundle as `actions/attest` makes it for a private repository: a certificate without SCT, a timestamp, no log. */
const workflow = (changes: SigningOptions = {}): SigningOptions => ({
  names: [{ uri: 'https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.5.0' }],
  issuer: GITHUB,
  claims: { 12: 'https://github.com/acme/app' },
  logs: [],
  from: new Date(NOW.getTime() - 10 * DAY),
  ...stampedAt(new Date(NOW.getTime() - 10 * DAY + 60_000)),
  ...changes,
})

const PROVENANCE = { runDetails: { builder: { id: 'https://github.com/actions/runner/github-hosted' } } }
const old = (days: number): SigningOptions => stampedAt(new Date(NOW.getTime() - days * DAY))

interface Parts {
  readonly version?: string
  readonly release?: SigningOptions | undefined
  readonly security?: readonly SigningOptions[]
  readonly provenance?: SigningOptions & { readonly predicate?: unknown }
  readonly hasProvenance?: boolean
  readonly target?: MemoryTarget
}

/** An artifact that the policy admits, but for the parts that a test replaces. */
async function publish({
  version = '1.5.0',
  release = workflow(),
  security = [
    { ...byKey('a'), ...old(9) },
    { ...byKey('b'), ...old(9) },
  ],
  provenance = workflow(),
  hasProvenance = true,
  target,
}: Parts = {}): Promise<Artifact> {
  const artifact = await versioned(version, target)
  await sign(artifact, release)
  for (const one of security) await sign(artifact, one)
  if (hasProvenance) await attest(artifact, { predicate: PROVENANCE, ...provenance })
  return artifact
}

function open(change?: (text: string) => string) {
  const { at, apply } = openDirectory()
  const { tlogs: _, ctlogs: __, ...github } = corp.rootJson()
  writeFileSync(join(at, 'github.json'), JSON.stringify({ ...github, tlogs: [], ctlogs: [] }))
  return apply(whole(change))
}

describe('a policy with every part', () => {
  test('admits what satisfies all of it, and policy test says by what', async () => {
    const applied = open()
    const artifact = await publish()
    expect(await judge(artifact, applied)).toBe('admitted')
    const [judgement] = await judgeTrust(artifact.target, artifact.manifest, applied, {}, NOW)
    expect(judgement!.satisfied.map((line) => /spec\.\S+/.exec(line)![0])).toEqual([
      'spec.minimumVersion',
      'spec.signatures[0]',
      'spec.signatures[1]',
      'spec.attestations[0]',
      'spec.neverLess',
    ])
  })

  const lines: readonly (readonly [line: string, where: string, missing: RegExp, parts: Parts])[] = [
    [
      'identity',
      'spec.signatures[0]',
      /requires a signature by release, found 0.*not identity/s,
      {
        release: workflow({
          names: [{ uri: 'https://github.com/acme/app/.github/workflows/ci.yml@refs/tags/v1' }],
        }),
      },
    ],
    ['issuer', 'spec.signatures[0]', /not issuer/, { release: workflow({ issuer: 'https://evil.example' }) }],
    [
      'sourceRepository',
      'spec.signatures[0]',
      /is of source repository https:\/\/github\.com\/evil\/app/,
      { release: workflow({ claims: { 12: 'https://github.com/evil/app' } }) },
    ],
    ['roots: timestamps', 'spec.signatures[0]', /found 0/, { release: workflow({ timestamps: [] }) }],
    [
      'atLeast',
      'spec.signatures[1]',
      /requires signatures by 2 different signers of security, found 1/,
      { security: [{ ...byKey('a'), ...old(9) }] },
    ],
    ['attestations', 'spec.attestations[0]', /by release, found 0/, { hasProvenance: false }],
    [
      'attestations: by',
      'spec.attestations[0]',
      /found 0.*signed with/s,
      { provenance: { ...byKey('a'), ...old(9) } },
    ],
    [
      'attestations: where',
      'spec.attestations[0]',
      /states "https:\/\/evil\.example" at \/runDetails\/builder\/id/,
      {
        provenance: { ...workflow(), predicate: { runDetails: { builder: { id: 'https://evil.example' } } } },
      },
    ],
    [
      'signedFor',
      'spec.signatures[1]',
      /not before/,
      {
        security: [
          { ...byKey('a'), ...old(1) },
          { ...byKey('b'), ...old(9) },
        ],
      },
    ],
    ['minimumVersion', 'spec.minimumVersion', /of at least 1\.4\.0, found 1\.3\.9/, { version: '1.3.9' }],
  ]
  test.each(lines)(
    '%s: refused alone, with file, line and what is missing',
    async (_, where, missing, parts) => {
      const artifact = await publish(parts)
      const refusal = await judge(artifact, open())
      expect(refusal).toMatch(/^TRUST_DENIED: /)
      expect(refusal).toMatch(missing)
      const position = new RegExp(String.raw`0\.yaml:\d+:\d+ (spec\.\S+)`, 'g')
      expect([...refusal.matchAll(position)].map((found) => found[1])).toEqual([where])
      const [judgement] = await judgeTrust(artifact.target, artifact.manifest, open(), {}, NOW)
      expect(judgement!.shortfalls.map(({ message }) => /spec\.\S+/.exec(message)![0])).toEqual([where])
    },
  )

  const changes: readonly (readonly [line: string, change: (text: string) => string, missing: RegExp])[] = [
    [
      'match',
      (text) => text.replace('harbor.corp.example/**', 'other.example/**'),
      /has no trust policy for/,
    ],
    [
      'roots: logEntries and scts',
      (text) => text.replace('github.json, logEntries: 0, timestamps: 1, scts: 0', 'github.json'),
      /found 0/,
    ],
    ['formats', (text) => text.replace('[bundle]', '[legacy]'), /found 0/],
    [
      'signedAfter',
      (text) => text.replace('signedAfter: 2026-01-01', 'signedAfter: 2026-12-01'),
      /not after 2026-12-01/,
    ],
    ['signedWithin', (text) => text.replace('365d', '5d'), /was signed at .*, not after/],
    [
      'refuse: signers',
      (text) => text.replace('old@corp.example', toVerificationKey(KEYS.a.publicKey).id),
      /a signer that a policy refuses/,
    ],
  ]
  test.each(changes)('%s: refused under another value', async (_, change, missing) => {
    const refusal = await judge(await publish(), open(change))
    expect(refusal).toMatch(/^TRUST_DENIED: /)
    expect(refusal).toMatch(missing)
  })

  test('an identity of another root is one of the security team, too', async () => {
    const person = {
      names: [{ email: 'sec@corp.example' }],
      issuer: CORP,
      from: new Date(NOW.getTime() - 9 * DAY),
    }
    const logged = {
      ...person,
      entries: [
        (content: Parameters<typeof corp.dsse>[0]) =>
          corp.rekor1.add(dsseBody(content), new Date(NOW.getTime() - 9 * DAY + 60_000)),
      ],
    }
    const artifact = await publish({ security: [{ ...byKey('a'), ...old(9) }, logged] })
    expect(await judge(artifact, open())).toBe('admitted')
  })

  test('neverLess: a version with fewer signers than the one before', async () => {
    const target = new MemoryTarget()
    const person = { ...byKey('b'), ...old(9) }
    const before = await publish({ target, version: '1.4.0' })
    await attest(before, { ...byKey('a'), ...old(9), type: 'https://cyclonedx.org/bom' })
    const refusal = await judge(
      await publish({ target, security: [{ ...byKey('a'), ...old(9) }, person] }),
      open(),
    )
    expect(refusal).toMatch(/spec\.neverLess .* no attestation cyclonedx .* by security \(1\.4\.0/)
  })

  test('refuse: a digest, whatever a waiver says', async () => {
    const artifact = await publish()
    const { digest } = artifact.manifest
    const waiver = `  waivers: [{digest: "${digest}", reason: known, until: 2026-12-31T00:00:00Z}]\n`
    const refusing = open((text) => text.replace(REFUSED, digest) + waiver)
    expect(await judge(artifact, refusing)).toMatch(
      /0\.yaml:\d+:\d+ spec\.refuse\.digests\[0\] refuses this digest/,
    )
  })

  test('waivers: one that the security team attested admits an artifact that nobody signed', async () => {
    const artifact = await newArtifact()
    const { digest } = artifact.manifest
    const stated = { policy: 'corp', reason: 'known', until: '2026-12-31T00:00:00Z' }
    const waiver = `  waivers: [{digest: "${digest}", reason: known, until: ${stated.until}, signedBy: security}]\n`
    const waiving = open((text) => text + waiver)
    expect(await judge(artifact, waiving)).toContain('spec.waivers[0] requires an attestation waiver')
    await attest(artifact, { ...byKey('a'), ...old(1), type: WAIVER_PREDICATE, predicate: stated })
    expect(await judge(artifact, waiving)).toBe('admitted')
  })
})

test('a bundle as actions/attest makes it for private repositories is admitted under a root without logs, and under no other', async () => {
  const artifact = await publish()
  expect(await judge(artifact, open())).toBe('admitted')
  const publicRoot = (text: string): string => text.replaceAll('root: github}', 'root: corp}')
  expect(await judge(artifact, open(publicRoot))).toMatch(
    /TRUST_DENIED.*(?:no entry of a transparency log|SCT)/s,
  )
})

describe('P7: a tag that moves', () => {
  const RULES = 'signers: {a: [{key: a.pub}]}\nsignatures: [{by: a}]'

  test('between the check and the tag: the digest that was checked is tagged', async () => {
    const applied = openDirectory().apply(policy(RULES))
    const good = await newArtifact({ n: '1' })
    const evil = await newArtifact({ n: '2' }, good.target)
    await sign(good, byKey('a'))
    await good.target.pushManifest(good.manifest, '1')
    const { digest } = await good.target.manifest('1')
    await enforceTrust(good.target, good.manifest, applied, {}, NOW)
    await good.target.pushManifest(evil.manifest, '1')
    await tagArtifact(good.target, digest, ['stable'], {})
    expect((await good.target.manifest('stable')).digest).toBe(good.manifest.digest)
  })

  test('between verify and pull: what it names then is held against the policy again', async () => {
    const applied = openDirectory().apply(policy(RULES))
    const good = await newArtifact({ n: '1' })
    await sign(good, byKey('a'))
    expect(await judge(good, applied)).toBe('admitted')
    const evil = await newArtifact({ n: '2' }, good.target)
    expect(await judge(evil, applied)).toContain('TRUST_DENIED')
  })
})

describe('P8: signatures that are stripped', () => {
  const RULES =
    'signers: {a: [{key: a.pub}]}\nsignatures: [{by: a}]\nattestations: [{type: slsaprovenance1, by: a}]'

  test.each([
    ['the list of referrers is empty', []],
    ['the list names what is attached to another artifact', undefined],
  ])('%s: refused', async (_, listed) => {
    const applied = openDirectory().apply(policy(RULES))
    const [artifact, other] = [await newArtifact({ n: '1' }), await newArtifact({ n: '2' })]
    for (const one of [artifact, other]) {
      await sign(one, byKey('a'))
      await attest(one, byKey('a'))
    }
    expect(await judge(artifact, applied)).toBe('admitted')
    const target = overriding(artifact.target, {
      referrers: () =>
        listed === undefined ? other.target.referrers(other.manifest.digest) : Promise.resolve(listed),
    })
    await expect(enforceTrust(target, artifact.manifest, applied, {}, NOW)).rejects.toMatchObject({
      code: 'TRUST_DENIED',
      exit: 4,
    })
  })
})
