import { findAttestations } from '../attestations/verify-attestations.ts'
import { WAIVER_PREDICATE } from '../attestations/predicates/waiver.ts'
import { printable } from '../printable.ts'
import type { LocatedTrustPolicy, Waiver } from '../trust/trust-policy.ts'
import { findStatementFault, toWaiverStatement } from '../trust/waiver-statement.ts'
import { locateRule, openRole, type RuleScene } from './judge-trust-rule.ts'

/** What the waiver for an artifact says; nothing if there is none. */
export interface WaiverJudgement {
  /** In force. */
  readonly waiver?: Waiver
  /** Where it is, and that it decides or why not. */
  readonly message: string
  readonly reasons: readonly string[]
}

/**
 * Whether a policy has a waiver in force for an artifact. One that names signers counts only if one of them has attested its reason
 * and its end; the age of that attestation does not matter. Throws the failure of a look-up that found none.
 */
export async function judgeWaiver(
  placed: LocatedTrustPolicy,
  scene: RuleScene,
): Promise<WaiverJudgement | undefined> {
  const { metadata, spec } = placed.policy
  const { target, subject, operation, now } = scene
  const at = spec.waivers?.findIndex(({ digest }) => digest === subject) ?? -1
  const waiver = spec.waivers?.[at]
  if (waiver === undefined) return undefined
  const position = locateRule(placed, `spec.waivers[${at}]`)
  const { until, signedBy } = waiver
  if (now.getTime() >= Date.parse(until)) return { message: `${position} expired at ${until}`, reasons: [] }
  const decided = { waiver, message: `${position} waives the rules for this digest`, reasons: [] }
  if (signedBy === undefined) return decided
  const verifier = await openRole(placed, signedBy, scene, {})
  const expected = toWaiverStatement(metadata.name, waiver)
  const search = await findAttestations(target, subject, verifier, WAIVER_PREDICATE, operation, {
    formats: ['bundle'],
    findPredicateFault: (predicate) => findStatementFault(predicate, expected),
  })
  if (search.attestations.length > 0) return decided
  if (search.failure !== undefined) throw search.failure
  const related = search.candidates.filter(
    ({ kind, predicateType }) => kind === 'attestation' && predicateType === WAIVER_PREDICATE,
  )
  return {
    message: `${position} requires an attestation waiver of ${printable(JSON.stringify(expected))} by ${signedBy}, found 0`,
    reasons: [...new Set(related.map(({ reason }) => reason))],
  }
}
