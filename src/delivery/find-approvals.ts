import { APPROVAL_LIST } from '../attestations/approval-list.ts'
import { findStatements, type FoundStatement } from '../attestations/find-statements.ts'
import { ATTESTATION_LIMIT } from '../attestations/statement.ts'
import { type Approval, APPROVAL_PREDICATE, readApproval } from '../capabilities/growth/approval.ts'
import { isSameRepository } from '../documents/repository-pattern.ts'
import type { Digest } from '../oci/digest.ts'
import { MemoizedTarget } from '../oci/memoized-target.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import { toRfc3339Seconds } from '../time.ts'
import type { Verifier } from '../signing/verifier.ts'
import type { VerifiedSigner } from '../signing/verified-signer.ts'

/** An approval for a repository by a signer who may approve. */
export interface FoundApproval extends Approval {
  /** Of the manifest that attaches it. */
  readonly digest: Digest
  readonly signer: VerifiedSigner
  /** When it was made, see {@link findTime}. */
  readonly time: Date
}

export type ApprovalSearch =
  | { readonly kind: 'found'; readonly approvals: readonly FoundApproval[] }
  /** Nothing is known for sure: a newer approval may take something back. The reason is a clause. */
  | { readonly kind: 'unsure'; readonly reason: string }

const CLOCK_SKEW = 10 * 60_000

/**
 * All approvals for a repository that a verifier accepts, the newest first. Those for other repositories and by others are passed over;
 * one by an accepted signer that cannot be read, or is dated in the future, leaves it open which one is the newest. A failed look-up throws.
 */
export async function findApprovals(
  target: ReadOnlyTarget,
  repository: string,
  verifiers: readonly Verifier[],
  now: Date,
  operation: Operation,
): Promise<ApprovalSearch> {
  const source = new MemoizedTarget(target)
  const approvals = new Map<Digest, FoundApproval>()
  for (const verifier of verifiers) {
    const wanted = { verifier, predicateType: APPROVAL_PREDICATE, bundleLimit: ATTESTATION_LIMIT }
    const search = { ...wanted, isEnough: () => false }
    const { found, failure, unread } = await findStatements(source, APPROVAL_LIST.digest, search, operation)
    if (failure !== undefined) throw failure
    if (unread > 0) return unsure(`${unread} referrers of the list of approvals were not read`)
    for (const statement of found) {
      const approval = readApproval(statement.predicate)
      if ('problem' in approval) return unsure(`the approval ${statement.digest} ${approval.problem}`)
      if (!isSameRepository(approval.repository, repository)) continue
      const time = findTime(approval, statement)
      if (time.getTime() > now.getTime() + CLOCK_SKEW)
        return unsure(`the approval ${statement.digest} is dated ${toRfc3339Seconds(time)}, in the future`)
      approvals.set(statement.digest, {
        ...approval,
        digest: statement.digest,
        signer: statement.signer,
        time,
      })
    }
  }
  const newestFirst = (one: FoundApproval, other: FoundApproval): number =>
    other.time.getTime() - one.time.getTime()
  return { kind: 'found', approvals: [...approvals.values()].sort(newestFirst) }
}

const unsure = (reason: string): ApprovalSearch => ({ kind: 'unsure', reason })

/**
 * The signed time, or a verified one before it. A later timestamp can be had for any old signature, so it must not make an approval
 * newer.
 */
function findTime({ approvedAt }: Approval, { evidence }: FoundStatement): Date {
  const times = (evidence?.times ?? []).map(({ time }) => Date.parse(time))
  return new Date(Math.min(Date.parse(approvedAt), ...times))
}
