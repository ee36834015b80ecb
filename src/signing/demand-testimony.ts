import type { Bundle, Testimony } from './bundle.ts'
import { parseBundle } from './bundle-reader.ts'
import type { RequirementVerifier } from './verifier.ts'

/** What a signature must have beside it. */
export interface DemandedTestimony {
  readonly logEntry: boolean
  readonly timestamp: boolean
}

/**
 * A verifier that accepts only bundles that also have a log entry or a timestamp where one is demanded, so that a signature
 * without is made again. It does not verify them.
 */
export function demandTestimony(
  verifier: RequirementVerifier,
  { logEntry, timestamp }: DemandedTestimony,
): RequirementVerifier {
  const find = ({ tlogEntries, timestamps }: Testimony): string | undefined => {
    if (logEntry && tlogEntries.length === 0) return 'has no log entry'
    return timestamp && timestamps.length === 0 ? 'has no timestamp' : undefined
  }
  const demand = <V extends { readonly kind: string }>(
    verdict: V,
    bundle: Uint8Array | Bundle,
  ): V | Rejection => {
    if (verdict.kind === 'rejected') return verdict
    const reason = find(bundle instanceof Uint8Array ? parseBundle(bundle) : bundle)
    return reason === undefined ? verdict : { kind: 'rejected', reason }
  }
  return {
    ...verifier,
    verify: async (bundle) => demand(await verifier.verify(bundle), bundle),
    verifyMessage: async (bundle, message) => demand(await verifier.verifyMessage(bundle, message), bundle),
  }
}

interface Rejection {
  readonly kind: 'rejected'
  readonly reason: string
}
