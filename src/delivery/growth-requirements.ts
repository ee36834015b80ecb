import type { ModuleRequirement } from '../capabilities/evaluate/module-requirement.ts'
import {
  createGrowthRefusal,
  createGrowthRequirement,
  type GrowthBase,
} from '../capabilities/growth/growth-requirement.ts'
import { WasmpackError } from '../errors.ts'
import type { Operation } from '../oci/target.ts'
import { isRefusedSigner } from '../trust/judge-signature.ts'
import { findApprovals, type FoundApproval } from './find-approvals.ts'
import type { GrowthCandidate, OpenedGrowthScope } from './growth.ts'
import type { PolicyInForce } from './policies.ts'
import { createRoleVerifiers } from './role-verifiers.ts'
import { listRefusedSigners } from './trust-policies.ts'
import { findVersionsBefore } from './version-history.ts'

/** What each policy with a growth asks of a version; the module is not needed for it. A failed look-up throws. */
export async function createGrowthRequirements(
  candidate: GrowthCandidate,
  scope: OpenedGrowthScope,
  operation: Operation,
  now = new Date(),
): Promise<readonly { readonly policy: PolicyInForce; readonly requirement: ModuleRequirement }[]> {
  const requirements = []
  for (const policy of scope.policies) {
    if (policy.policy.spec.growth === undefined) continue
    const bases = await findGrowthBases(policy, candidate, scope, now, operation)
    const requirement =
      typeof bases === 'string'
        ? createGrowthRefusal(policy, bases)
        : createGrowthRequirement(policy, bases, candidate.capabilities)
    requirements.push({ policy, requirement })
  }
  return requirements
}

/** What the module must not go beyond, or why it is refused whatever it has: a clause. */
function findGrowthBases(
  policy: PolicyInForce,
  { annotations }: GrowthCandidate,
  scope: OpenedGrowthScope,
  now: Date,
  operation: Operation,
): Promise<readonly GrowthBase[] | string> {
  return policy.policy.spec.growth === 'approved'
    ? findApprovedBases(policy, scope, now, operation)
    : findVersionsBefore(annotations, policy, scope, now, operation)
}

/**
 * The newest approval; several if they are of one time. Those by a signer whom a trust policy refuses take away and give nothing, so that
 * a policy more admits nothing.
 */
export async function findApprovedBases(
  placed: PolicyInForce,
  { repository, trust, history }: OpenedGrowthScope,
  now: Date,
  operation: Operation,
): Promise<readonly GrowthBase[] | string> {
  const { spec } = placed.policy
  const role = spec.approvedBy!
  if (repository === undefined) {
    const { at, path } = placed.locate('spec.growth')
    throw new WasmpackError(
      'USAGE',
      `${at} ${path} requires an approval for the repository, and the repository is unknown`,
      { hint: 'pass the repository, for example --as registry.example.com/team/app' },
    )
  }
  const verifiers = await createRoleVerifiers({ file: placed.file, parts: spec }, role, { now }, operation)
  const search = await findApprovals(history, repository, verifiers, now, operation)
  if (search.kind === 'unsure') return search.reason
  const refused = listRefusedSigners(trust)
  const newest = takeNewest(search.approvals, ({ signer }) => !isRefusedSigner(refused, signer))
  if (newest === undefined) return `${repository} has no approval by ${role}`
  return newest.map(({ digest, capabilities }) => ({ name: `the newest approval, ${digest}`, capabilities }))
}

/** All up to and with the first one that counts, and those of the same time; undefined if none does. */
function takeNewest(
  approvals: readonly FoundApproval[],
  counts: (approval: FoundApproval) => boolean,
): readonly FoundApproval[] | undefined {
  const first = approvals.find(counts)
  return first && approvals.filter(({ time }) => time >= first.time)
}
