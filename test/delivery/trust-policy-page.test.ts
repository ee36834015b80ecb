import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { WAIVER_PREDICATE } from '../../src/attestations/predicates/waiver.ts'
import { SUMMARY_PREDICATE } from '../../src/attestations/predicates/verification-summary.ts'
import { toVerificationKey } from '../../src/signing/public-key.ts'
import { toPem, toSpki } from '../support/sigstore-in-memory/x509.ts'
import {
  type Artifact,
  attest,
  byKey,
  corp,
  DAY,
  judge,
  type KeyName,
  KEYS,
  newArtifact,
  NOW,
  openDirectory,
  sign,
  stampedAt,
  versioned,
} from './trust-scene.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/trust-policy.md'), 'utf8')
const PLACEHOLDER = 'sha256:9c1185a5c5e9fc54612808977ee8f548b2258d31d70c0ff0d1c0b0d5a4d7a5a1'
const policies = new Map(
  [...PAGE.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text]) => [
    /name: ([\w-]+)/.exec(text!)![1]!,
    text!,
  ]),
)

const FILES: Readonly<Record<string, KeyName>> = {
  'release.pub': 'a',
  'sec-a.pub': 'a',
  'sec-b.pub': 'b',
  'sec-c.pub': 'c',
  'old.pub': 'b',
  'promoter.pub': 'a',
}

/** Holds an artifact against a policy of the page, in a directory with the files that the page names. */
async function judgeByPage(name: string, artifact: Artifact, placeholder = PLACEHOLDER): Promise<string> {
  const { at, apply } = openDirectory()
  for (const [file, key] of Object.entries(FILES))
    writeFileSync(join(at, file), toPem('PUBLIC KEY', toSpki(KEYS[key].publicKey)))
  for (const root of ['sigstore-root.json', 'github-root.json', 'corp-root.json'])
    writeFileSync(join(at, root), JSON.stringify(corp.rootJson()))
  return await judge(artifact, apply(policies.get(name)!.replace(PLACEHOLDER, placeholder)), NOW)
}

const signed = async (
  artifact: Artifact,
  ...all: readonly Parameters<typeof sign>[1][]
): Promise<Artifact> => {
  for (const one of all) await sign(artifact, one)
  return artifact
}

const workflow = (ref: string, repository = 'acme/app') =>
  ({
    names: [{ uri: `https://github.com/${repository}/.github/workflows/release.yml@${ref}` }],
    issuer: 'https://token.actions.githubusercontent.com',
    claims: { 12: `https://github.com/${repository}` },
  }) as const

/** A version after one that both release and security signed. */
async function next(keys: string): Promise<Artifact> {
  const before = await signed(await versioned('1.9.0'), byKey('a'), byKey('c'))
  const after = await versioned('1.10.0', before.target)
  return signed(after, ...[...keys].map((name) => byKey(name as KeyName)))
}

/** With provenance by a builder, and a bill of materials. */
async function attested(id: string): Promise<Artifact> {
  const artifact = await newArtifact()
  await attest(artifact, { ...workflow('refs/tags/v1.0.0'), predicate: { runDetails: { builder: { id } } } })
  await attest(artifact, { ...byKey('b'), type: 'https://cyclonedx.org/bom' })
  return artifact
}

/** With a verification summary of a promotion. */
async function summarized(verificationResult: string): Promise<Artifact> {
  const artifact = await newArtifact()
  const predicate = {
    verifier: { id: 'https://wasmpack.dev/verifier' },
    resourceUri: `oci://${artifact.target.name}`,
    policy: { digest: { sha256: PLACEHOLDER.slice('sha256:'.length) } },
    verificationResult,
  }
  await attest(artifact, { ...byKey('a'), type: SUMMARY_PREDICATE, predicate })
  return artifact
}

const old = (days: number): Date => new Date(NOW.getTime() - days * DAY)

const CASES: Readonly<
  Record<string, { readonly good: () => Promise<Artifact>; readonly bad: () => Promise<Artifact> }>
> = {
  'release-key': {
    good: async () => signed(await newArtifact(), byKey('a')),
    bad: async () => signed(await newArtifact(), byKey('b')),
  },
  github: {
    good: async () => signed(await newArtifact(), workflow('refs/tags/v1.0.0')),
    bad: async () =>
      signed(await newArtifact(), workflow('refs/heads/main'), workflow('refs/tags/v1.0.0', 'evil/app')),
  },
  'github-private': {
    good: async () =>
      signed(await newArtifact(), {
        ...workflow('refs/tags/v1'),
        ...stampedAt(old(29.999)),
        logs: [],
        from: old(30),
      }),
    bad: async () => signed(await newArtifact(), workflow('refs/tags/v1')),
  },
  provenance: {
    good: async () => attested('https://github.com/actions/runner/github-hosted'),
    bad: async () => attested('https://runner.evil.example'),
  },
  'four-eyes': {
    good: async () => signed(await newArtifact(), byKey('a'), byKey('b')),
    bad: async () => signed(await newArtifact(), byKey('a')),
  },
  fresh: {
    good: async () => signed(await newArtifact(), { ...byKey('a'), ...stampedAt(old(3)) }),
    bad: async () => signed(await newArtifact(), { ...byKey('a'), ...stampedAt(old(1)) }),
  },
  'no-rollback': {
    good: async () => signed(await versioned('1.10.0'), byKey('a')),
    bad: async () => signed(await versioned('1.3.9'), byKey('a')),
  },
  'never-less': {
    good: async () => next('ab'),
    bad: async () => next('a'),
  },
  promoted: { good: () => summarized('PASSED'), bad: () => summarized('FAILED') },
  migration: {
    good: async () => signed(await newArtifact(), byKey('a')),
    bad: async () => newArtifact(),
  },
}

test('every policy of the page has a case', () => {
  expect([...policies.keys()].sort()).toEqual(Object.keys(CASES).sort())
})

test.each(Object.entries(CASES))(
  'the documented policy %s admits what it is for, and nothing else',
  async (name, { good, bad }) => {
    expect(await judgeByPage(name, await good())).toBe('admitted')
    expect(await judgeByPage(name, await bad())).toContain('TRUST_DENIED')
  },
)

test('the documented exception is admitted once the security team has attested it', async () => {
  const fewer = await next('a')
  const { digest } = fewer.manifest
  expect(await judgeByPage('never-less', fewer, digest)).toContain('requires an attestation waiver')
  const predicate = {
    policy: 'never-less',
    reason: 'the second signer is away',
    until: '2026-12-31T00:00:00Z',
  }
  await attest(fewer, { ...byKey('b'), type: WAIVER_PREDICATE, predicate })
  expect(await judgeByPage('never-less', fewer, digest)).toBe('admitted')
})

test('the documented key that leaked counts no more, and the documented waiver admits its digest', async () => {
  const leaked = await signed(await versioned('1.4.0'), byKey('b'))
  expect(await judgeByPage('no-rollback', leaked)).toBe('admitted')
  const { id } = toVerificationKey(KEYS.b.publicKey)
  expect(await judgeByPage('no-rollback', leaked, id)).toContain('a signer that a policy refuses')
  const unsigned = await newArtifact()
  expect(await judgeByPage('migration', unsigned, unsigned.manifest.digest)).toBe('admitted')
})
