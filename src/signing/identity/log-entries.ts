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
      requireSignerName(entry, known)
      requireSameVerifier(entry.canonicalizedBody, verifier)
      verifyWithLibrary(entry, known, content, key)
      const time = readPromisedTime(entry)
      return [{ log: known[0]!, ...(time !== undefined && { time }) }]
    })
}

/**
 * Since version 0.2, bundles prove that an entry is in the log; before, the log's promise is enough. What a proof repeats of its
 * checkpoint must be the same: other clients use these fields.
 */
function requireInclusion(
  { inclusionProof: proof, integratedTime, kindVersion, logIndex }: TransparencyLogEntry,
  version: BundleVersion = '0.3',
): void {
  if (proof === undefined) {
    if (version === '0.1') return
    throw new NotVerified(`of version ${version} has a log entry without an inclusion proof`)
  }
  const [, size, root] = proof.checkpoint?.envelope.split('\n', 3) ?? []
  if (size !== proof.treeSize || root !== proof.rootHash.toString('base64'))
    throw new NotVerified('has a log entry whose proof is not of its checkpoint')
  // With Rekor 1, the index counts the entries of earlier logs too, and its promise signs index and time.
  const { kind, version: bodyVersion } = kindVersion
  const isRekor2 = bodyVersion === '0.0.2' && kind !== 'intoto'
  if (isRekor2 && integratedTime !== '0')
    throw new NotVerified('has a log entry with a time that nobody signed')
  if ((isRekor2 || integratedTime === '0') && logIndex !== proof.logIndex)
    throw new NotVerified('has a log entry whose proof is of another index')
}

/** A checkpoint names the log by its host, with or without port and path; the library accepts any part of the address. */
function requireSignerName({ inclusionProof }: TransparencyLogEntry, logs: readonly TrustedLog[]): void {
  const [, signatures = ''] = inclusionProof?.checkpoint?.envelope.split('\n\n', 2) ?? []
  for (const [, name, signature] of signatures.matchAll(/^\u2014 (\S+) (\S+)$/gm))
    for (const { id, baseUrl } of logs) {
      const isByLog = Buffer.from(signature!, 'base64').subarray(0, 4).equals(id.subarray(0, 4))
      if (isByLog && !listOrigins(baseUrl).includes(name!))
        throw new NotVerified('has a checkpoint that is signed by another name than that of its log')
    }
}

function listOrigins(baseUrl: string): readonly string[] {
  if (!URL.canParse(baseUrl)) return [baseUrl]
  const { hostname, host, pathname } = new URL(baseUrl)
  return [hostname, host, `${host}${pathname.replace(/\/$/, '')}`]
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
