import { matchesGlob } from '../documents/glob.ts'
import type { VerifiedEvidence } from '../signing/identity/evidence.ts'
import type { VerifiedSigner } from '../signing/verified-signer.ts'
import { printable } from '../printable.ts'
import { toRfc3339Seconds } from '../time.ts'
import type { RootRule, SignerRule, TimeConditions } from './signers.ts'

/** What a signature must be besides valid, by one signer rule of a policy. */
export interface SignatureConditions {
  readonly rule: SignerRule
  /** The root of the rule; undefined for a key without one. */
  readonly root: RootRule | undefined
  readonly times: TimeConditions
  /** The time of the check. */
  readonly now: Date
}

/** Why a valid signature does not count, as a phrase without a subject; undefined if it does. */
export function findSignatureFault(
  { rule, root, times, now }: SignatureConditions,
  signer: VerifiedSigner,
  evidence: VerifiedEvidence | undefined,
): string | undefined {
  return (
    findSourceFault(rule, signer) ??
    (root === undefined ? undefined : findEvidenceFault(root, signer, evidence)) ??
    findTimeFault(times, evidence, now)
  )
}

function findSourceFault(rule: SignerRule, signer: VerifiedSigner): string | undefined {
  if (rule.kind === 'key' || rule.sourceRepository === undefined || signer.kind === 'key') return undefined
  const found = signer.source?.repository
  if (found !== undefined && matchesGlob(rule.sourceRepository, found)) return undefined
  return `is of ${found === undefined ? 'no source repository' : `source repository ${printable(found)}`}, not ${rule.sourceRepository}`
}

function findEvidenceFault(
  root: RootRule,
  signer: VerifiedSigner,
  evidence: VerifiedEvidence | undefined,
): string | undefined {
  const counts = [
    ['log entries', root.logEntries, evidence?.logEntries ?? 0],
    ['timestamps', root.timestamps, evidence?.timestamps ?? 0],
    ['SCTs', signer.kind === 'key' ? 0 : root.scts, evidence?.certificateTimestamps ?? 0],
  ] as const
  const short = counts.find(([, wanted, found]) => found < wanted)
  return short && `has ${short[2]} verified ${short[0]}, not ${short[1]}`
}

/**
 * A verified time says that the signature existed then, so the earliest one is nearest to when it was made: a later one can be
 * had for any old signature.
 */
function findTimeFault(
  { signedAfter, signedWithin, signedFor }: TimeConditions,
  evidence: VerifiedEvidence | undefined,
  now: Date,
): string | undefined {
  if (signedAfter === undefined && signedWithin === undefined && signedFor === undefined) return undefined
  const times = (evidence?.times ?? []).map(({ time }) => Date.parse(time))
  if (times.length === 0) return 'has no verified time'
  const earliest = Math.min(...times)
  const signed = `was signed at ${toRfc3339Seconds(new Date(earliest))}`
  if (signedAfter !== undefined && earliest < Date.parse(signedAfter))
    return `${signed}, not after ${signedAfter}`
  if (signedWithin !== undefined && earliest < now.getTime() - signedWithin)
    return `${signed}, not after ${toRfc3339Seconds(new Date(now.getTime() - signedWithin))}`
  if (signedFor !== undefined && earliest > now.getTime() - signedFor)
    return `${signed}, not before ${toRfc3339Seconds(new Date(now.getTime() - signedFor))}`
  return undefined
}

/** Whether a list of refused signers names this one. */
export const isRefusedSigner = (refused: readonly string[], signer: VerifiedSigner): boolean =>
  refused.some((pattern) => matchesGlob(pattern, signer.kind === 'key' ? signer.id : signer.subject))
