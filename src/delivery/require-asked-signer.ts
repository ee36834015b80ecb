import { dirname, resolve } from 'node:path'

import { matchesGlob } from '../documents/glob.ts'
import { WasmpackError } from '../errors.ts'
import { printable } from '../printable.ts'
import type { Signer } from '../signing/signer.ts'
import type { VerifiedSigner } from '../signing/verified-signer.ts'
import { isRefusedSigner } from '../trust/judge-signature.ts'
import type { SignerRule } from '../trust/signers.ts'
import type { LocatedTrustPolicy } from '../trust/trust-policy.ts'
import { describeUnmatched } from './enforce-trust.ts'
import { readKey } from './trust.ts'
import { type AppliedTrust, listRefusedSigners } from './trust-policies.ts'

/**
 * Who is about to sign must be one whom each trust policy asks for, and nobody whom one refuses: else what is pushed is of no use
 * where they are in force. Throws TRUST_DENIED, before anything is sent.
 */
export async function requireAskedSigner(signer: Signer | undefined, applied: AppliedTrust): Promise<void> {
  const problems = [...describeUnmatched(applied)]
  const refused = listRefusedSigners(applied)
  if (signer?.identities.some((one) => isRefusedSigner(refused, one)))
    problems.push(`a policy refuses ${printable(signer.name)}`)
  for (const placed of applied.policies) {
    const { signatures, signers } = placed.policy.spec
    if (signatures === undefined) continue
    const asked = signatures.flatMap(({ by }) => signers!.get(by)!)
    if (signer !== undefined && (await isAsked(signer.identities, asked, placed))) continue
    const { at, path } = placed.locate('spec.signatures')
    const roles = [...new Set(signatures.map(({ by }) => by))].join(' or ')
    const found =
      signer === undefined
        ? 'but this push is not signed'
        : `but this push is signed by ${printable(signer.name)}`
    problems.push(`${at} ${path} requires a signature by ${roles}, ${found}`)
  }
  if (problems.length === 0) return
  throw new WasmpackError(
    'TRUST_DENIED',
    problems.length === 1 ? problems[0]! : `trust policies refuse the push:\n  ${problems.join('\n  ')}`,
    { hint: 'nothing was sent; sign with --key or --keyless as a signer that the policy lists' },
  )
}

/** Whether a signer is one of those that rules name. */
export async function isAsked(
  names: readonly VerifiedSigner[],
  rules: readonly SignerRule[],
  { file }: LocatedTrustPolicy,
): Promise<boolean> {
  for (const rule of rules) {
    const id = rule.kind === 'key' ? (await readKey(resolve(dirname(file), rule.key))).id : undefined
    const isNamed = (one: VerifiedSigner): boolean =>
      rule.kind === 'key' || one.kind === 'key'
        ? one.kind === 'key' && one.id === id
        : one.issuer === rule.issuer && matchesGlob(rule.identity, one.subject)
    if (names.some((one) => isNamed(one))) return true
  }
  return false
}
