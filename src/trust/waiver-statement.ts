import { isRecord } from '../json.ts'
import { quoted } from '../printable.ts'
import type { Waiver } from './trust-policy.ts'

/** What the signers of a waiver attest of the digest. */
export interface WaiverStatement {
  /** The name of the policy. */
  readonly policy: string
  readonly reason: string
  /** RFC 3339, letter for letter as in the policy. */
  readonly until: string
}

export const toWaiverStatement = (policy: string, { reason, until }: Waiver): WaiverStatement => ({
  policy,
  reason,
  until,
})

/** Why a predicate is not this statement, as a phrase without a subject; undefined if it is. */
export function findStatementFault(predicate: unknown, expected: WaiverStatement): string | undefined {
  const found = isRecord(predicate) ? predicate : {}
  for (const [key, value] of Object.entries(expected))
    if (!Object.hasOwn(found, key) || found[key] !== value)
      return `states another ${key} than ${quoted(value as string)}`
  return undefined
}
