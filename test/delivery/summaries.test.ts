import { describe, expect, test } from 'vitest'

import {
  DEFAULT_VERIFIER,
  SUMMARY_PREDICATE,
} from '../../src/attestations/predicates/verification-summary.ts'
import { attestArtifact } from '../../src/attestations/attest.ts'
import { enforceTrust } from '../../src/delivery/enforce-trust.ts'
import type { Policies } from '../../src/delivery/policies.ts'
import { findCopySource } from '../../src/delivery/promote.ts'
import { attachSummaries, listSummarizedFiles } from '../../src/delivery/summarize.ts'
import { WasmpackError } from '../../src/errors.ts'
import type { Digest } from '../../src/oci/digest.ts'
import type { MemoryTarget } from '../support/memory-target.ts'
import {
  day,
  type KeyName,
  newRepository,
  openGrowthDirectory,
  release,
  REPOSITORY,
  signerOf,
} from './growth-scene.ts'

const SIGNERS =
  'signers: {release: [{key: release.pub}], promoter: [{key: security.pub}], other: [{key: other.pub}]}\n'

/** Verifies by the policies and attaches the summaries of that. */
async function summarize(
  target: MemoryTarget,
  policies: Policies,
  {
    by = 'security',
    verifier = DEFAULT_VERIFIER,
  }: { readonly by?: KeyName; readonly verifier?: string } = {},
): Promise<readonly Digest[]> {
  const checks = { admission: undefined, trustPolicies: policies.trust.of(REPOSITORY) }
  const source = await findCopySource(target, '1.0.0', checks, {})
  const signing = { signer: await signerOf(by), witnesses: [] }
  const request = {
    signing,
    verifier,
    timeVerified: day(2),
    digests: policies.digests,
    inForce: policies.of(REPOSITORY),
  }
  return attachSummaries(target, source, request, {})
}

async function judge(target: MemoryTarget, policies: Policies): Promise<string> {
  try {
    await enforceTrust(target, await target.manifest('1.0.0'), policies.trust.of(REPOSITORY), {})
    return 'admitted'
  } catch (error) {
    if (error instanceof WasmpackError) return `${error.code}: ${error.message}; ${error.hint}`
    throw error
  }
}

const accepting = (digest: string, more = '', verifier = DEFAULT_VERIFIER): string =>
  `${SIGNERS}summaries: [{by: promoter, verifier: "${verifier}", policy: "${digest}"}]\n${more}`

async function openScene() {
  const { policies } = openGrowthDirectory()
  const checked = await policies(`${SIGNERS}signatures: [{by: release}]`)
  const [digest] = [...checked.digests.values()]
  const target = newRepository()
  await release(target, '1.0.0')
  return { policies, checked, digest: digest!, target }
}

describe('a policy that accepts a summary', () => {
  test('admits what has it, and nothing else', async () => {
    const { policies, checked, digest, target } = await openScene()
    const accepts = await policies(accepting(digest))
    expect(await judge(target, accepts)).toMatch(
      /^TRUST_DENIED: .* spec\.summaries requires a verification summary by promoter for https:\/\/wasmpack\.dev\/verifier, found none/,
    )
    await summarize(target, checked)
    expect(await judge(target, accepts)).toBe('admitted')
  })

  test('takes it in place of signatures and attestations, and of nothing else', async () => {
    const { policies, checked, digest, target } = await openScene()
    const more = 'signatures: [{by: other}]\nattestations: [{type: spdxjson, by: other}]\n'
    const accepts = await policies(accepting(digest, more))
    expect(await judge(target, accepts)).toMatch(/requires a signature by other/)
    await summarize(target, checked)
    expect(await judge(target, accepts)).toBe('admitted')
    expect(await judge(target, await policies(accepting(digest, 'minimumVersion: 2.0.0\n')))).toMatch(
      /minimumVersion/,
    )
    const { digest: artifact } = await target.manifest('1.0.0')
    expect(
      await judge(target, await policies(accepting(digest, `refuse: {digests: ["${artifact}"]}\n`))),
    ).toMatch(/refuses this digest/)
  })

  test('without the summary its other rules may hold', async () => {
    const { policies, digest, target } = await openScene()
    expect(await judge(target, await policies(accepting(digest, 'signatures: [{by: release}]\n')))).toBe(
      'admitted',
    )
  })

  test('P13: refuses one for another policy, by another verifier, by another role, and for another repository', async () => {
    const { policies, checked, digest, target } = await openScene()
    const accepts = await policies(accepting(digest))
    await summarize(target, await policies(`${SIGNERS}signatures: [{by: release, atLeast: 1}]`))
    expect(await judge(target, accepts)).toContain(`is not for the policy ${digest}`)
    await summarize(target, checked, { verifier: 'https://evil.example' })
    expect(await judge(target, accepts)).toContain(`is not by the verifier ${DEFAULT_VERIFIER}`)
    await summarize(target, checked, { by: 'other' })
    expect(await judge(target, accepts)).toContain('signed by another key')
    const elsewhere = {
      verifier: { id: DEFAULT_VERIFIER },
      policy: { digest: { sha256: digest.slice(7) } },
      resourceUri: 'oci://harbor.corp.example/team/other',
      verificationResult: 'PASSED',
    }
    const attach = async (predicate: object): Promise<void> => {
      const manifest = await target.manifest('1.0.0')
      const options = { predicateType: SUMMARY_PREDICATE, predicate, created: day(2) }
      await attestArtifact(target, manifest, await signerOf('security'), options)
    }
    await attach(elsewhere)
    expect(await judge(target, accepts)).toContain('is for another repository')
    const here = { ...elsewhere, resourceUri: `oci://${REPOSITORY}` }
    await attach({ ...here, verificationResult: 'FAILED' })
    await attach({ ...here, policy: { digest: { sha512: digest.slice(7) } } })
    expect(await judge(target, accepts)).toContain('has a verification result that is not PASSED')
    await attach(here)
    expect(await judge(target, accepts)).toBe('admitted')
  })

  test('a signer whom a policy refuses gives none', async () => {
    const { policies, checked, digest, target } = await openScene()
    await summarize(target, checked)
    const identity = (await signerOf('security')).identities[0]!
    const id = identity.kind === 'key' ? identity.id : ''
    expect(await judge(target, await policies(accepting(digest), `refuse: {signers: ["${id}"]}`))).toMatch(
      /a signer that a policy refuses/,
    )
  })
})

describe('what is summarised', () => {
  test('is each policy file that held, by digest, with the signatures that counted', async () => {
    const { policies, target } = await openScene()
    const held = await policies(`${SIGNERS}signatures: [{by: release}]`, 'deny: [sockets.*]')
    const attached = await summarize(target, held)
    expect(attached).toHaveLength(2)
    const { findAttestations } = await import('../../src/attestations/verify-attestations.ts')
    const { digest } = await target.manifest('1.0.0')
    const { verifier } = await signerOf('security')
    const { attestations } = await findAttestations(
      target,
      digest,
      verifier,
      SUMMARY_PREDICATE,
      {},
      { atLeast: 9 },
    )
    const predicates = attestations.map(({ predicate }) => predicate as Record<string, unknown>)
    const [trust, capabilities] = [...held.digests.values()].map((wanted) =>
      predicates.find(
        ({ policy }) => (policy as { digest: { sha256: string } }).digest.sha256 === wanted.slice(7),
      ),
    )
    expect(trust).toEqual({
      verifier: { id: DEFAULT_VERIFIER, version: { wasmpack: expect.any(String) } },
      timeVerified: day(2),
      resourceUri: `oci://${REPOSITORY}`,
      policy: {
        uri: expect.stringMatching(/^ni:\/\/\/sha-256;[\w-]{43}$/),
        name: expect.stringMatching(/^\d+\.yaml$/),
        digest: { sha256: expect.any(String) },
      },
      inputAttestations: [
        {
          uri: expect.stringMatching(/^oci:\/\/harbor\.corp\.example\/team\/app@sha256:/),
          digest: { sha256: expect.any(String) },
        },
      ],
      verificationResult: 'PASSED',
      verifiedLevels: ['SLSA_BUILD_LEVEL_UNEVALUATED', 'WASMPACK_TRUST_POLICY'],
      slsaVersion: '1.1',
    })
    expect(capabilities).toMatchObject({
      verifiedLevels: ['SLSA_BUILD_LEVEL_UNEVALUATED', 'WASMPACK_CAPABILITY_POLICY'],
    })
  })

  test('nothing without a policy, or where a waiver decided', async () => {
    const { policies, target } = await openScene()
    const root = await target.manifest('1.0.0')
    expect(() => listSummarizedFiles({ root, source: target }, [])).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    )
    const waiver = `waivers: [{digest: "${root.digest}", reason: x, until: 2999-01-01T00:00:00Z}]`
    await expect(
      summarize(target, await policies(`${SIGNERS}signatures: [{by: other}]\n${waiver}`)),
    ).rejects.toMatchObject({ code: 'TRUST_DENIED' })
  })
})
