import type { VerificationResult, VerifiedSignature } from '../attestations/verify.ts'
import type { VerifiedAttestation } from '../attestations/verify-attestations.ts'
import { omitUndefined } from '../documents/fields.ts'
import { matchesFormat } from '../documents/scalar-format.ts'
import { WasmpackError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { Index, Manifest } from '../oci/manifest.ts'
import { MemoizedTarget } from '../oci/memoized-target.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import { printable, quoted } from '../printable.ts'
import { identifySigner } from '../signing/verified-signer.ts'
import type { LocatedTrustPolicy, TrustSpec, Waiver } from '../trust/trust-policy.ts'
import { compareVersions, VERSION, VERSION_ANNOTATION } from '../trust/version.ts'
import {
  judgeAttestationRule,
  judgeSignatureRule,
  locateRule,
  type RuleJudgement,
  type RuleScene,
} from './judge-trust-rule.ts'
import { applyAlone, judgeNeverLess } from './judge-never-less.ts'
import { judgeWaiver } from './judge-waiver.ts'
import { judgeSummaries } from './judge-summary.ts'
import type { AppliedTrust } from './trust-policies.ts'

/** What one trust policy says to an artifact: it refuses it if there is a shortfall. */
export interface TrustJudgement {
  readonly policy: LocatedTrustPolicy
  /** The rules that hold, each with its position and what satisfies it. */
  readonly satisfied: readonly string[]
  /** What is missing, each with the position of the rule that asks for it. */
  readonly shortfalls: readonly Shortfall[]
  /** Decided in place of the rules of the policy. */
  readonly waiver?: Waiver
  /** Those that count. */
  readonly signatures: readonly VerifiedSignature[]
  readonly attestations: readonly VerifiedAttestation[]
}

export interface Shortfall {
  readonly message: string
  /** Why signatures that were found do not count. */
  readonly reasons: readonly string[]
}

/**
 * Holds an artifact against all trust policies for its repository, before anything of it is handed on; the one function that every
 * command calls. Throws TRUST_DENIED with all that is missing. A failed look-up throws its own error, as a key or a root
 * that cannot be read does: nothing is admitted for want of knowledge.
 */
export async function enforceTrust(
  target: ReadOnlyTarget,
  manifest: Manifest | Index,
  applied: AppliedTrust,
  operation: Operation,
  now = new Date(),
): Promise<readonly TrustJudgement[]> {
  const judgements = await judgeTrust(target, manifest, applied, operation, now)
  const shortfalls = [
    ...describeUnmatched(applied).map((message) => ({ message, reasons: [] })),
    ...judgements.flatMap((one) => one.shortfalls),
  ]
  if (shortfalls.length > 0) throw createDenial(`${target.name}@${manifest.digest}`, shortfalls)
  return judgements
}

/** What each trust policy for its repository says to an artifact. Throws what {@link enforceTrust} throws but TRUST_DENIED. */
export async function judgeTrust(
  target: ReadOnlyTarget,
  manifest: Manifest | Index,
  applied: AppliedTrust,
  operation: Operation,
  now = new Date(),
): Promise<readonly TrustJudgement[]> {
  // Signatures are read once for all signers.
  const source = new MemoizedTarget(target)
  const judgements: TrustJudgement[] = []
  for (const policy of applied.policies)
    judgements.push(await judgeByPolicy(source, manifest, policy, { applied, now, operation }))
  return judgements
}

/** Why files with trust policies refuse a repository that none of them is for. */
export const describeUnmatched = ({ unmatched }: AppliedTrust): readonly string[] =>
  unmatched.map(({ file, repository }) => `${printable(file)} has no trust policy for ${repository}`)

/** The signatures that a verifier and trust policies found, each once; undefined if nothing was asked for. */
export function mergeVerification(
  subject: Digest,
  verification: VerificationResult | undefined,
  judgements: readonly TrustJudgement[],
): VerificationResult | undefined {
  const signatures = new Map<string, VerifiedSignature>()
  for (const one of [...(verification?.signatures ?? []), ...judgements.flatMap((each) => each.signatures)]) {
    const name = `${one.digest} ${identifySigner(one.signer)}`
    const known = signatures.get(name)
    if (known?.evidence === undefined) signatures.set(name, one)
  }
  const isAttested = judgements.some(({ attestations }) => attestations.length > 0)
  return signatures.size === 0 && !isAttested
    ? undefined
    : { subject, signatures: [...signatures.values()], candidates: verification?.candidates ?? [] }
}

interface Judging {
  readonly applied: AppliedTrust
  readonly now: Date
  readonly operation: Operation
}

async function judgeByPolicy(
  target: ReadOnlyTarget,
  manifest: Manifest | Index,
  placed: LocatedTrustPolicy,
  judging: Judging,
): Promise<TrustJudgement> {
  const { spec } = placed.policy
  const nothing = { policy: placed, satisfied: [], shortfalls: [], signatures: [], attestations: [] }
  const say = (path: string, message: string): Shortfall => ({
    message: `${locateRule(placed, path)} ${message}`,
    reasons: [],
  })
  const refused = spec.refuse?.digests?.indexOf(manifest.digest) ?? -1
  if (refused >= 0)
    return { ...nothing, shortfalls: [say(`spec.refuse.digests[${refused}]`, 'refuses this digest')] }
  const scene: RuleScene = { ...judging, target, subject: manifest.digest }
  const waived = await judgeWaiver(placed, scene)
  if (waived?.waiver !== undefined) return { ...nothing, waiver: waived.waiver, satisfied: [waived.message] }
  const summary = await judgeSummaries(placed, scene)
  // A summary stands for everything that signers have to sign; without one, that itself may be there.
  const { signatures, attestations } = summary?.isSatisfied ? NOTHING_SIGNED : spec
  const signed = await inOrder(signatures, (at) => judgeSignatureRule(placed, at, scene))
  const attested = await inOrder(attestations, (at) => judgeAttestationRule(placed, at, scene))
  const isSummaryNeeded = spec.signatures === undefined && spec.attestations === undefined
  const summarized = summary !== undefined && (summary.isSatisfied || isSummaryNeeded) ? [summary] : []
  const grown = spec.neverLess ? [await compareWithOthers(placed, manifest, scene)] : []
  const rules = [...judgeVersion(placed, manifest), ...summarized, ...signed, ...attested, ...grown]
  const shortfalls: Shortfall[] = rules
    .filter(({ isSatisfied }) => !isSatisfied)
    .map(({ message, reasons }) => ({ message, reasons }))
  if (shortfalls.length > 0 && waived !== undefined) shortfalls.push(waived)
  return {
    policy: placed,
    satisfied: rules.filter(({ isSatisfied }) => isSatisfied).map(({ message }) => message),
    shortfalls,
    signatures: signed.flatMap(({ found }) => found),
    attestations: [...summarized, ...attested].flatMap(({ found }) => found),
  }
}

const NOTHING_SIGNED: Pick<TrustSpec, 'signatures' | 'attestations'> = {}

/** Holds an artifact against those before it that satisfy the other rules, whatever their age and version. */
function compareWithOthers(
  placed: LocatedTrustPolicy,
  manifest: Manifest | Index,
  scene: RuleScene,
): Promise<RuleJudgement<never>> {
  const left = {
    neverLess: undefined,
    minimumVersion: undefined,
    signedAfter: undefined,
    signedWithin: undefined,
    signedFor: undefined,
  }
  const spec: TrustSpec = omitUndefined({ ...placed.policy.spec, ...left })
  const alone = { ...placed, policy: { ...placed.policy, spec } }
  const { destination } = scene.applied
  return judgeNeverLess(placed, manifest, { ...scene, destination }, async (target, other) => {
    const { shortfalls, waiver } = await judgeByPolicy(target, other, alone, {
      ...scene,
      applied: applyAlone(alone),
    })
    return { isAdmitted: shortfalls.length === 0, isWaived: waiver !== undefined }
  })
}

/** One after the other, so that what one rule read is there for the next. */
async function inOrder<Result>(
  rules: readonly unknown[] | undefined,
  judge: (at: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  for (const at of (rules ?? []).keys()) results.push(await judge(at))
  return results
}

/** The version is what the signed manifest says, never the tag. */
function judgeVersion(
  placed: LocatedTrustPolicy,
  { annotations }: Manifest | Index,
): readonly RuleJudgement<never>[] {
  const minimum = placed.policy.spec.minimumVersion
  if (minimum === undefined) return []
  const version = annotations[VERSION_ANNOTATION]
  const isVersion = version !== undefined && matchesFormat(VERSION, version)
  const found =
    version === undefined
      ? 'and the artifact has none'
      : `found ${isVersion ? version : `${quoted(version.slice(0, 80))}, which is not a version`}`
  const position = locateRule(placed, 'spec.minimumVersion')
  return [
    {
      found: [],
      isSatisfied: isVersion && compareVersions(version, minimum) >= 0,
      message: `${position} requires ${VERSION_ANNOTATION} of at least ${minimum}, ${found}`,
      reasons: [],
    },
  ]
}

const SHOWN_REASONS = 3

function createDenial(name: string, shortfalls: readonly Shortfall[]): WasmpackError {
  const lines = shortfalls.map(({ message }) => message)
  const reasons = [...new Set(shortfalls.flatMap((one) => one.reasons))]
  return new WasmpackError(
    'TRUST_DENIED',
    lines.length === 1 ? `${name}: ${lines[0]}` : `${name} is refused:\n  ${lines.join('\n  ')}`,
    {
      hint:
        reasons.length > 0
          ? reasons.slice(0, SHOWN_REASONS).join('; ')
          : `have it signed as the policy requires; list its signatures with: wasmpack discover ${name}`,
      details: { shortfalls },
    },
  )
}
