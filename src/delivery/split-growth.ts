import { type AddedCapabilities, findGrowth } from '../capabilities/diff/find-growth.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import type { DiffResult } from './compare-subjects.ts'
import { findApprovedBases } from './growth-requirements.ts'
import type { GrowthScope } from './growth.ts'

/** What a version adds, by whether the newest approvals cover it. */
export interface SplitGrowth {
  readonly approved: AddedCapabilities
  readonly unapproved: AddedCapabilities
}

const NOTHING: AddedCapabilities = { classes: [], imports: [], grants: [] }

/**
 * Tells approved from unapproved growth, by every policy of the scope that requires approvals; undefined if there is none. The
 * repository is that of an artifact of the comparison, the new one if both are. A failed look-up throws.
 */
export async function splitGrowth(
  { new: now, old, diff }: DiffResult,
  scope: GrowthScope,
  operation: Operation,
): Promise<SplitGrowth | undefined> {
  const [side] = [now, old].flatMap(({ examined }) => (examined.from === 'artifact' ? [examined] : []))
  const policies = scope.policies.filter(({ policy }) => policy.spec.growth === 'approved')
  if (side === undefined || policies.length === 0) return undefined
  const history: ReadOnlyTarget = side.target
  const beyond: AddedCapabilities[] = []
  for (const policy of policies) {
    const bases = await findApprovedBases(policy, { ...scope, history }, new Date(), operation)
    if (typeof bases === 'string') return { approved: NOTHING, unapproved: diff.added }
    beyond.push(...bases.map(({ capabilities }) => findGrowth(capabilities, now)))
  }
  const select = (isBeyond: boolean): AddedCapabilities => {
    const among = <Name extends string>(
      names: readonly Name[],
      part: keyof AddedCapabilities,
    ): readonly Name[] =>
      names.filter(
        (name) => beyond.some((one) => (one[part] as readonly string[]).includes(name)) === isBeyond,
      )
    const { classes, imports, grants } = diff.added
    return {
      classes: among(classes, 'classes'),
      imports: among(imports, 'imports'),
      grants: among(grants, 'grants'),
    }
  }
  return { approved: select(false), unapproved: select(true) }
}
