import { SUMMARY_PREDICATE, findSummaryFault } from '../attestations/predicates/verification-summary.ts'
import { findAttestations, type VerifiedAttestation } from '../attestations/verify-attestations.ts'
import { isSameRepository } from '../documents/repository-pattern.ts'
import { printable } from '../printable.ts'
import type { LocatedTrustPolicy } from '../trust/trust-policy.ts'
import { locateRule, openRole, type RuleJudgement, type RuleScene } from './judge-trust-rule.ts'

/**
 * Whether a named verifier has summarised that an artifact passed a named policy where it is now; any of the summaries that the
 * policy accepts will do. Undefined if it accepts none. A failed look-up throws, unless a summary was found.
 */
export async function judgeSummaries(
  placed: LocatedTrustPolicy,
  scene: RuleScene,
): Promise<RuleJudgement<VerifiedAttestation> | undefined> {
  const { summaries } = placed.policy.spec
  if (summaries === undefined) return undefined
  const { target, subject, operation } = scene
  const reasons = new Set<string>()
  let failure: Error | undefined
  for (const [at, { by, verifier: id, policy }] of summaries.entries()) {
    const verifier = await openRole(placed, by, scene)
    const wanted = { verifier: id, policy, isFor: (name: string) => isSameRepository(name, target.name) }
    const options = {
      formats: ['bundle'] as const,
      findPredicateFault: (predicate: unknown) => findSummaryFault(predicate, wanted),
    }
    const search = await findAttestations(target, subject, verifier, SUMMARY_PREDICATE, operation, options)
    const [first] = search.attestations
    if (first !== undefined)
      return {
        found: [first],
        isSatisfied: true,
        message: `${locateRule(placed, `spec.summaries[${at}]`)} accepts the summary ${first.digest} of ${printable(id)}`,
        reasons: [],
      }
    failure ??= search.failure
    for (const { kind, predicateType = SUMMARY_PREDICATE, reason } of search.candidates)
      if (kind === 'attestation' && predicateType === SUMMARY_PREDICATE) reasons.add(reason)
  }
  if (failure !== undefined) throw failure
  const names = summaries.map(({ by, verifier }) => `${by} for ${printable(verifier)}`).join(' or ')
  const message = `${locateRule(placed, 'spec.summaries')} requires a verification summary by ${names}, found none`
  return { found: [], isSatisfied: false, message, reasons: [...reasons] }
}
