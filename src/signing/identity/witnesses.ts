import type { Bundle } from '../bundle.ts'
import type { VerificationKey } from '../public-key.ts'
import type { SignedContent } from '../signed-content.ts'
import type { BundleVerifier } from './entry-verifier.ts'
import type { EvidenceRequirement, VerifiedEvidence } from './evidence.ts'
import { toLogTimes, type VerifiedEntry, verifyLogEntries } from './log-entries.ts'
import { NotVerified } from './not-verified.ts'
import { toAuthorityTimes, verifyTimestamps } from './timestamps.ts'
import { isValidAt } from './trusted-root.ts'

/**
 * Verifies what the logs and timestamp authorities of a root say of a signature, and requires an entry in a log unless it is to be
 * ignored. Throws {@link NotVerified}.
 */
export function verifyWitnesses(
  { root, ignoreLog }: EvidenceRequirement,
  bundle: Bundle,
  content: SignedContent,
  key: VerificationKey,
  verifier: BundleVerifier,
): VerifiedEvidence {
  const { tlogEntries, timestamps } = bundle
  const entries = ignoreLog ? [] : verifyLogEntries(root, bundle, content, key, verifier)
  if (entries.length === 0 && !ignoreLog)
    throw new NotVerified(
      tlogEntries.length === 0
        ? 'has no entry of a transparency log'
        : `has no entry of a transparency log of trusted root ${root.name}, only of others`,
    )
  const stamped = verifyTimestamps(root, timestamps, content)
  requireOperation(
    entries,
    stamped.map(({ time }) => time),
  )
  return {
    trustedRoot: root.name,
    logEntries: entries.length,
    timestamps: new Set(stamped.map(({ authority }) => authority)).size,
    times: [...toAuthorityTimes(stamped), ...toLogTimes(entries)],
  }
}

/** A log that does not say when must have been in operation at the times that authorities give. */
function requireOperation(entries: readonly VerifiedEntry[], times: readonly Date[]): void {
  for (const { log, time } of entries)
    if (!(time === undefined ? times : [time]).every((each) => isValidAt(log.validity, each)))
      throw new NotVerified('has a log entry from a time when its log was not in operation')
}
