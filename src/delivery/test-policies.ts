import type { Evidence } from '../capabilities/evaluate/evidence.ts'
import type { Finding } from '../capabilities/evaluate/finding.ts'
import type { ModuleRequirement } from '../capabilities/evaluate/module-requirement.ts'
import type { CapabilityManifest } from '../capabilities/manifest/manifest.ts'
import { WasmpackError } from '../errors.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import { findCapabilityFile, readCapabilityFile } from './files/capability-file.ts'
import { collectEvidence } from './collect-evidence.ts'
import { needsInstructions } from './judge.ts'
import { openModuleFile } from './files/module-file.ts'
import { type GrowthCandidate, hasGrowth, type OpenedGrowthScope } from './growth.ts'
import type { TrustJudgement } from './enforce-trust.ts'
import type { Policies, PolicyInForce } from './policies.ts'
import { isNoTrust } from './trust-policies.ts'

/** What one policy says to a module; one that is for other repositories says nothing. */
export interface PolicyTestResult {
  readonly policy: PolicyInForce
  readonly applies: boolean
  readonly findings: readonly Finding[]
}

/** Where a module that is tried is meant to go, and the policies of which it has to please those for that repository. */
export interface PolicyTestRequest {
  readonly policies: Policies
  readonly repository: string | undefined
}

/** A module on the disk with its capability manifest, if one was given or is found. */
export async function testPoliciesOnFile(
  path: string,
  { policies, repository }: PolicyTestRequest,
  given: string | undefined,
  signal: AbortSignal,
): Promise<readonly PolicyTestResult[]> {
  const applying = policies.of(repository)
  const module = await openModuleFile(path)
  try {
    const manifests = await findCapabilityFile(path, given, signal).then(
      ({ manifest }) => [manifest],
      (cause: unknown) => {
        if (cause instanceof WasmpackError && cause.code === 'CAPABILITY_MANIFEST_MISSING') return []
        throw cause
      },
    )
    const requirements = applying.map(({ requirement }) => requirement)
    const evidence = await module.read((cursor) =>
      collectEvidence(cursor, needsInstructions({ manifests: [], requirements })),
    )
    return testEach(policies, applying, evidence, manifests)
  } finally {
    await module.close()
  }
}

/** An artifact with the capability manifest that it carries, if any, and the one that is given; its digests are verified, its signatures are not. */
export async function testPoliciesOnArtifact(
  target: ReadOnlyTarget,
  reference: string,
  { policies, repository }: PolicyTestRequest,
  given: string | undefined,
  operation: Operation,
): Promise<readonly PolicyTestResult[]> {
  const [{ admitModule, resolveForAdmission }, { readEmbeddedCapabilities }] = await Promise.all([
    import('./admit.ts'),
    import('./inspect-subject.ts'),
  ])
  const applying = policies.of(repository)
  if (applying.length === 0) return policies.all.map((policy) => ({ policy, applies: false, findings: [] }))
  const requirements = applying.map(({ requirement }) => requirement)
  const request = { verifier: 'ignored', capabilityCheck: 'ignored', requirements } as const
  const opened = await resolveForAdmission(target, reference, request, operation)
  const embedded = readEmbeddedCapabilities(opened)
  if (embedded instanceof WasmpackError) throw embedded
  const own = given === undefined ? [] : [(await readCapabilityFile(given, operation.signal)).manifest]
  const growth = await readGrowthRequirements(
    { annotations: opened.manifest.annotations, capabilities: embedded },
    { policies: applying, trust: policies.trust.of(repository), repository, history: target },
    operation,
  )
  const evidence = await admitModule(target, opened, undefined, operation)
  return testEach(policies, applying, evidence, embedded === undefined ? own : [embedded, ...own], growth)
}

/** What the trust policies for the repository say to an artifact; its module is not read. */
export async function testTrustOnArtifact(
  target: ReadOnlyTarget,
  reference: string,
  { policies, repository }: PolicyTestRequest,
  operation: Operation,
): Promise<TrustTestResult> {
  const applied = policies.trust.of(repository)
  if (isNoTrust(applied)) return { judgements: [], unmatched: [] }
  const { describeUnmatched, judgeTrust } = await import('./enforce-trust.ts')
  const manifest = await target.manifest(reference, operation)
  return {
    judgements: await judgeTrust(target, manifest, applied, operation),
    unmatched: describeUnmatched(applied),
  }
}

/** What trust policies say to an artifact. */
export interface TrustTestResult {
  readonly judgements: readonly TrustJudgement[]
  /** Why files refuse the repository that none of their policies is for. */
  readonly unmatched: readonly string[]
}

const testEach = (
  { all }: Policies,
  applying: readonly PolicyInForce[],
  evidence: Evidence,
  manifests: readonly CapabilityManifest[],
  growth: ReadonlyMap<PolicyInForce, ModuleRequirement> = new Map(),
): readonly PolicyTestResult[] =>
  all.map((policy) => {
    const applies = applying.includes(policy)
    const findings = applies ? policy.requirement.judge(evidence, manifests) : []
    return {
      policy,
      applies,
      findings: [...findings, ...(growth.get(policy)?.judge(evidence, manifests) ?? [])],
    }
  })

async function readGrowthRequirements(
  candidate: GrowthCandidate,
  scope: OpenedGrowthScope,
  operation: Operation,
): Promise<ReadonlyMap<PolicyInForce, ModuleRequirement>> {
  if (!hasGrowth(scope)) return new Map()
  const { createGrowthRequirements } = await import('./growth-requirements.ts')
  const found = await createGrowthRequirements(candidate, scope, operation)
  return new Map(found.map(({ policy, requirement }) => [policy, requirement]))
}
