import type { RejectedCandidate } from '../attestations/find-statements.ts'
import { describePredicateType } from '../attestations/predicate-types.ts'
import { findSignatures, type VerifiedSignature } from '../attestations/verify.ts'
import { findAttestations, type VerifiedAttestation } from '../attestations/verify-attestations.ts'
import type { WasmpackError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import { printable } from '../printable.ts'
import { describeSigner, identifySigner, type VerifiedSigner } from '../signing/verified-signer.ts'
import { acceptAny, type Verifier } from '../signing/verifier.ts'
import { findPredicateFault } from '../trust/judge-predicate.ts'
import type { AttestationRule, LocatedTrustPolicy, SignatureRule } from '../trust/trust-policy.ts'
import type { TimeConditions } from '../trust/signers.ts'
import { createRoleVerifiers } from './role-verifiers.ts'
import { type AppliedTrust, leaveOutRefused } from './trust-policies.ts'

/** What one rule says to an artifact. */
export interface RuleJudgement<Signed> {
  /** What counts. */
  readonly found: readonly Signed[]
  readonly isSatisfied: boolean
  /** What was asked for and what was found, after the position of the rule. */
  readonly message: string
  /** Why what was found besides does not count. */
  readonly reasons: readonly string[]
}

/** The artifact, where it is, and what its signatures are held against. */
export interface RuleScene {
  /** Their refused signers count for nobody. */
  readonly applied: AppliedTrust
  /** The time of the check. */
  readonly now: Date
  readonly target: ReadOnlyTarget
  readonly subject: Digest
  readonly operation: Operation
}

/** Whether an artifact has the signatures that a rule asks for. */
export async function judgeSignatureRule(
  placed: LocatedTrustPolicy,
  at: number,
  scene: RuleScene,
): Promise<RuleJudgement<VerifiedSignature>> {
  const { spec } = placed.policy
  const rule = spec.signatures![at]!
  const verifier = await openRole(placed, rule.by, scene)
  const options = { atLeast: rule.atLeast, formats: spec.formats }
  const { target, subject, operation } = scene
  const { signatures, candidates, ...rest } = await findSignatures(
    target,
    subject,
    verifier,
    operation,
    options,
  )
  const related = candidates.filter(({ kind }) => kind === 'signature' || kind === 'legacy-signature')
  return concludeRule(locateRule(placed, `spec.signatures[${at}]`), ['a signature', 'signatures'], rule, {
    found: signatures,
    related,
    ...rest,
  })
}

/** Whether an artifact has the attestations that a rule asks for. */
export async function judgeAttestationRule(
  placed: LocatedTrustPolicy,
  at: number,
  scene: RuleScene,
): Promise<RuleJudgement<VerifiedAttestation>> {
  const { spec } = placed.policy
  const rule: AttestationRule = spec.attestations![at]!
  const { type, where = [] } = rule
  const verifier = await openRole(placed, rule.by, scene)
  const options = {
    atLeast: rule.atLeast,
    formats: spec.formats,
    findPredicateFault: (predicate: unknown) => findPredicateFault(predicate, where),
  }
  const { target, subject, operation } = scene
  const search = await findAttestations(target, subject, verifier, type, operation, options)
  const { attestations, candidates, ...rest } = search
  const related = candidates.filter(
    ({ kind, predicateType = type }) =>
      predicateType === type && (kind === 'attestation' || kind === 'legacy-attestation'),
  )
  const name = printable(describePredicateType(type))
  return concludeRule(
    locateRule(placed, `spec.attestations[${at}]`),
    [`an attestation ${name}`, `attestations ${name}`],
    rule,
    { found: attestations, related, ...rest },
  )
}

/** Accepts what the signers of a role signed, at the times that the policy asks for or others. Throws what a key or a root that cannot be read does. */
export async function openRole(
  { policy: { spec }, file }: LocatedTrustPolicy,
  role: string,
  { applied, now, operation }: Pick<RuleScene, 'applied' | 'now' | 'operation'>,
  times: TimeConditions = spec,
): Promise<Verifier> {
  const verifiers = await createRoleVerifiers({ file, parts: spec }, role, { times, now }, operation)
  return leaveOutRefused(acceptAny(verifiers), applied)
}

/** The position and the path of a part of a policy, as messages begin. */
export function locateRule({ locate }: LocatedTrustPolicy, where: string): string {
  const { at, path } = locate(where)
  return `${at} ${path}`
}

interface RuleSearch<Signed> {
  readonly found: readonly Signed[]
  /** What might have counted. */
  readonly related: readonly RejectedCandidate[]
  readonly unread: number
  readonly failure?: WasmpackError
}

/** Who is found twice counts once. Throws the failure of a search that did not find enough. */
function concludeRule<Signed extends { readonly signer: VerifiedSigner }>(
  position: string,
  [one, several]: readonly [string, string],
  { by, atLeast }: SignatureRule,
  { found, related, unread, failure }: RuleSearch<Signed>,
): RuleJudgement<Signed> {
  const distinct = [...new Map(found.map((each) => [identifySigner(each.signer), each])).values()]
  const isSatisfied = distinct.length >= atLeast
  if (!isSatisfied && failure !== undefined) throw failure
  const required = atLeast === 1 ? `${one} by ${by}` : `${several} by ${atLeast} different signers of ${by}`
  const names = distinct.map(({ signer }) => describeSigner(signer, printable)).join(', ')
  const counted = `${distinct.length}${names === '' ? '' : ` (${names})`}`
  const rest = unread === 0 || isSatisfied ? '' : `; ${unread} referrers were not read`
  return {
    found: distinct,
    isSatisfied,
    message: `${position} requires ${required}, found ${counted}${rest}`,
    reasons: isSatisfied ? [] : [...new Set(related.map(({ reason }) => reason))],
  }
}
