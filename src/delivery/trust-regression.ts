import type { Operation } from '../oci/target.ts'
import type { DiffResult } from './compare-subjects.ts'
import { describeLosses, listSigned } from './judge-never-less.ts'
import type { AppliedTrust } from './trust-policies.ts'

/**
 * Signers and attestation types that the roles of the trust policies gave the old artifact and not the new one, each as a phrase;
 * undefined if nothing can be told: a side is a file, or no policy names roles. A failed look-up throws.
 */
export async function findTrustLosses(
  { old, new: now }: DiffResult,
  applied: AppliedTrust,
  operation: Operation,
): Promise<readonly string[] | undefined> {
  const policies = applied.policies.filter(({ policy }) => policy.spec.signers !== undefined)
  if (policies.length === 0 || old.examined.from === 'file' || now.examined.from === 'file') return undefined
  const losses = new Set<string>()
  for (const placed of policies) {
    const [before, after] = await Promise.all(
      [old.examined, now.examined].map(({ target, opened }) =>
        listSigned(placed, { applied, now: new Date(), operation, target, subject: opened.manifest.digest }),
      ),
    )
    for (const loss of describeLosses(before!, after!)) losses.add(loss)
  }
  return [...losses]
}
