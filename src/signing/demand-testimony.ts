import { parseBundle } from './bundle-reader.ts'
import type { Verifier } from './verifier.ts'

/** What a signature must have beside it. */
export interface DemandedTestimony {
  readonly logEntry: boolean
  readonly timestamp: boolean
}

/**
 * A verifier that accepts only bundles that also have a log entry or a timestamp where one is demanded, so that a signature
 * without is made again. It does not verify them.
 */
export const demandTestimony = (
  verifier: Verifier,
  { logEntry, timestamp }: DemandedTestimony,
): Verifier => ({
  ...verifier,
  async verify(bytes) {
    const verdict = await verifier.verify(bytes)
    if (verdict.kind === 'rejected') return verdict
    const { tlogEntries, timestamps } = parseBundle(bytes)
    if (logEntry && tlogEntries.length === 0) return { kind: 'rejected', reason: 'has no log entry' }
    if (timestamp && timestamps.length === 0) return { kind: 'rejected', reason: 'has no timestamp' }
    return verdict
  },
})
