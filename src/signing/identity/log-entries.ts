import type { TransparencyLogEntry } from '@sigstore/bundle'

import type { Bundle, BundleVersion } from '../bundle.ts'
import { toRfc3339Seconds } from '../../time.ts'
import type { VerificationKey } from '../public-key.ts'
import type { SignedContent } from '../signed-content.ts'
import { type BundleVerifier, requireSameVerifier } from './entry-verifier.ts'
import type { VerifiedTime } from './evidence.ts'
import { verifyWithLibrary } from './library-verifier.ts'
import { readLogEntry } from './log-entry.ts'
import { NotVerified } from './not-verified.ts'
import type { TrustedLog, TrustedRoot } from './trusted-root.ts'

/** An entry of a trusted log for the signature. */
export interface VerifiedEntry {
  readonly log: TrustedLog
  /** Present if the log promised it. */
  readonly time?: Date
}

/**
 * Verifies that trusted logs recorded the signature, its content and its certificate or key. Entries of unknown logs are passed
 * over; an invalid entry of a known one spoils the bundle, as a copy of an entry does. Throws {@link NotVerified}.
 */
export function verifyLogEntries(
  root: TrustedRoot,
  { tlogEntries, version }: Bundle,
  content: SignedContent,
  key: VerificationKey,
  verifier: BundleVerifier,
): readonly VerifiedEntry[] {
  const seen = new Set<string>()
  return tlogEntries
    .map((entry) => readLogEntry(entry))
    .flatMap((entry) => {
      const known = root.transparencyLogs.filter(({ id }) => id.equals(entry.logId.keyId))
      if (known.length === 0) return []
      const identity = `${entry.logId.keyId.toString('hex')} ${entry.canonicalizedBody.toString('base64')}`
      if (seen.has(identity)) throw new NotVerified('has the same log entry twice')
      seen.add(identity)
      requireInclusion(entry, version)
      requireSameVerifier(entry.canonicalizedBody, verifier)
      verifyWithLibrary(entry, known, content, key)
      const time = readPromisedTime(entry)
      return [{ log: known[0]!, ...(time !== undefined && { time }) }]
    })
}

/** Since version 0.2, bundles prove that an entry is in the log; before, the log's promise is enough. */
function requireInclusion({ inclusionProof }: TransparencyLogEntry, version: BundleVersion = '0.3'): void {
  if (version !== '0.1' && inclusionProof === undefined)
    throw new NotVerified(`of version ${version} has a log entry without an inclusion proof`)
}

/** The time that the log's promise signs; nothing signs the time of an entry without one. */
function readPromisedTime({ inclusionPromise, integratedTime }: TransparencyLogEntry): Date | undefined {
  return inclusionPromise === undefined || integratedTime === '0'
    ? undefined
    : new Date(Number(integratedTime) * 1000)
}

/** The times that logs promised. */
export const toLogTimes = (entries: readonly VerifiedEntry[]): readonly VerifiedTime[] =>
  entries.flatMap(({ log, time }) =>
    time === undefined
      ? []
      : [{ time: toRfc3339Seconds(time), source: 'transparency-log' as const, name: log.baseUrl }],
  )
