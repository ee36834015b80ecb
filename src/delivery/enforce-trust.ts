import { findSignatures, type VerificationResult, type VerifiedSignature } from '../attestations/verify.ts'
import type { RejectedCandidate } from '../attestations/find-statements.ts'
import { matchesFormat } from '../documents/scalar-format.ts'
import { WasmpackError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { Index, Manifest } from '../oci/manifest.ts'
import { MemoizedTarget } from '../oci/memoized-target.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import { printable, quoted } from '../printable.ts'
import { describeSigner, identifySigner } from '../signing/verified-signer.ts'
import type { LocatedTrustPolicy, SignatureRule, Waiver } from '../trust/trust-policy.ts'
import { compareVersions, VERSION } from '../trust/version.ts'
import { createRoleVerifiers } from './role-verifiers.ts'
import { type AppliedTrust, leaveOutRefused } from './trust-policies.ts'

/** What one trust policy says to an artifact: it refuses it if there is a shortfall. */
export interface TrustJudgement {
  readonly policy: LocatedTrustPolicy
  /** What is missing, each with the position of the rule that asks for it. */
  readonly shortfalls: readonly Shortfall[]
  /** Decided in place of the rules of the policy. */
  readonly waiver?: Waiver
  /** Those that count. */
  readonly signatures: readonly VerifiedSignature[]
}

export interface Shortfall {
  readonly message: string
  /** Why signatures that were found do not count. */
  readonly reasons: readonly string[]
}

const VERSION_ANNOTATION = 'org.opencontainers.image.version'

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

/** The signatures that a verifier and trust policies found, each once; undefined if none was asked for. */
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
  return signatures.size === 0
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
  const say = (path: string, message: string): Shortfall => ({
    message: locate(placed, path, message),
    reasons: [],
  })
  const refused = spec.refuse?.digests?.indexOf(manifest.digest) ?? -1
  if (refused >= 0)
    return {
      policy: placed,
      signatures: [],
      shortfalls: [say(`spec.refuse.digests[${refused}]`, 'refuses this digest')],
    }
  const waived = spec.waivers?.findIndex(({ digest }) => digest === manifest.digest) ?? -1
  const waiver = spec.waivers?.[waived]
  if (waiver !== undefined && judging.now.getTime() < Date.parse(waiver.until))
    return { policy: placed, signatures: [], shortfalls: [], waiver }
  const shortfalls: Shortfall[] = []
  const version = findVersionFault(manifest, spec.minimumVersion)
  if (version !== undefined) shortfalls.push(say('spec.minimumVersion', version))
  const signatures: VerifiedSignature[] = []
  for (const [at, rule] of (spec.signatures ?? []).entries()) {
    const result = await judgeRule(target, manifest.digest, placed, { at, rule }, judging)
    signatures.push(...result.signatures)
    if (result.shortfall !== undefined) shortfalls.push(result.shortfall)
  }
  if (shortfalls.length > 0 && waiver !== undefined)
    shortfalls.push(say(`spec.waivers[${waived}]`, `expired at ${waiver.until}`))
  return { policy: placed, signatures, shortfalls }
}

/** The version is what the signed manifest says, never the tag. */
function findVersionFault(
  { annotations }: Manifest | Index,
  minimum: string | undefined,
): string | undefined {
  if (minimum === undefined) return undefined
  const version = annotations[VERSION_ANNOTATION]
  const required = `requires ${VERSION_ANNOTATION} of at least ${minimum}`
  if (version === undefined) return `${required}, and the artifact has none`
  if (!matchesFormat(VERSION, version))
    return `${required}, found ${quoted(version.slice(0, 80))}, which is not a version`
  return compareVersions(version, minimum) < 0 ? `${required}, found ${version}` : undefined
}

/** Every signer of the role is looked for; who is found twice counts once. */
async function judgeRule(
  target: ReadOnlyTarget,
  subject: Digest,
  placed: LocatedTrustPolicy,
  { at, rule }: { readonly at: number; readonly rule: SignatureRule },
  { applied, now, operation }: Judging,
): Promise<{ readonly signatures: readonly VerifiedSignature[]; readonly shortfall?: Shortfall }> {
  const { by, atLeast } = rule
  const { spec } = placed.policy
  const found = new Map<string, VerifiedSignature>()
  const candidates: RejectedCandidate[] = []
  let [failure, unread]: [WasmpackError | undefined, number] = [undefined, 0]
  const place = { file: placed.file, parts: spec }
  const verifiers = await createRoleVerifiers(place, by, { times: spec, now }, operation)
  for (const own of verifiers) {
    if (found.size >= atLeast) break
    const verifier = leaveOutRefused(own, applied)
    const options = { atLeast, formats: spec.formats }
    const search = await findSignatures(target, subject, verifier, operation, options)
    for (const signature of search.signatures) found.set(identifySigner(signature.signer), signature)
    candidates.push(...search.candidates)
    failure ??= search.failure
    unread = Math.max(unread, search.unread)
  }
  const signatures = [...found.values()]
  if (signatures.length >= atLeast) return { signatures }
  if (failure !== undefined) throw failure
  const names = signatures.map(({ signer }) => describeSigner(signer, printable)).join(', ')
  const counted = `${signatures.length}${names === '' ? '' : ` (${names})`}`
  const rest = unread === 0 ? '' : `; ${unread} referrers were not read`
  const required =
    atLeast === 1 ? `a signature by ${by}` : `signatures by ${atLeast} different signers of ${by}`
  const reasons = candidates
    .filter(({ kind }) => kind === 'signature' || kind === 'legacy-signature')
    .map(({ reason }) => reason)
  const message = locate(placed, `spec.signatures[${at}]`, `requires ${required}, found ${counted}${rest}`)
  return { signatures, shortfall: { message, reasons: [...new Set(reasons)] } }
}

const locate = ({ locate }: LocatedTrustPolicy, where: string, message: string): string => {
  const { at, path } = locate(where)
  return `${at} ${path} ${message}`
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
