import { CAPABILITY_PREDICATE } from '../attestations/predicates/capabilities.ts'
import { WasmpackError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { MemoizedTarget } from '../oci/memoized-target.ts'
import { type Operation, undefinedIfNotFound } from '../oci/target.ts'
import type { Signer } from '../signing/signer.ts'
import { identifySigner } from '../signing/verified-signer.ts'
import type { LocatedTrustPolicy } from '../trust/trust-policy.ts'
import {
  applyAlone,
  describeLosses,
  listSigned,
  type SignedByRole,
  type SignedParts,
} from './judge-never-less.ts'
import { locateRule } from './judge-trust-rule.ts'
import { isAsked } from './require-asked-signer.ts'
import type { AppliedTrust, Destination } from './trust-policies.ts'

/** A push that is about to sign what it writes. */
export interface SignedPush {
  readonly destination: Destination
  readonly digest: Digest
  readonly signer: Signer | undefined
  /** The predicate types that it attests besides the capabilities. */
  readonly attestedTypes: readonly string[]
}

/**
 * Where a policy says `neverLess`, a push must not take signers or attestations away from what a tag names now: others can
 * only sign what is pushed when a tag names it already. Throws TRUST_DENIED, before anything is sent.
 */
export async function requireNeverLess(
  { destination: { target, tags }, digest, signer, attestedTypes }: SignedPush,
  applied: AppliedTrust,
  operation: Operation,
): Promise<void> {
  if (target === undefined) return
  const source = new MemoizedTarget(target)
  const scene = { applied, now: new Date(), operation, target: source }
  for (const placed of applied.policies.filter(({ policy }) => policy.spec.neverLess))
    for (const tag of tags) {
      const tagged = await undefinedIfNotFound(source.manifest(tag, operation))
      if (tagged === undefined || tagged.digest === digest) continue
      const own = await listSigned(placed, { ...scene, subject: digest })
      const added = await addPush(own, placed, { signer, attestedTypes })
      const before = await listSigned(placed, {
        ...scene,
        applied: applyAlone(placed),
        subject: tagged.digest,
      })
      const losses = describeLosses(before, added)
      if (losses.length === 0) continue
      throw new WasmpackError(
        'TRUST_DENIED',
        `${locateRule(placed, 'spec.neverLess')} requires no fewer signers and attestations than before, but this push has ${losses.join(', ')} (${tag}, ${tagged.digest})`,
        {
          hint: `nothing was sent; push to another tag, have it signed, then: wasmpack tag ${target.name}@${digest} ${tag}`,
        },
      )
    }
}

/** What is signed of an artifact, and what the push will sign of it. */
async function addPush(
  signed: SignedByRole,
  placed: LocatedTrustPolicy,
  { signer, attestedTypes }: Pick<SignedPush, 'signer' | 'attestedTypes'>,
): Promise<SignedByRole> {
  const added = new Map<string, SignedParts>()
  for (const [role, parts] of signed) {
    const rules = placed.policy.spec.signers!.get(role)!
    const signs = signer !== undefined && (await isAsked(signer.identities, rules, placed))
    added.set(
      role,
      signs
        ? {
            signers: new Set([...parts.signers, identifySigner(signer.identities[0]!)]),
            attestedTypes: new Set([...parts.attestedTypes, CAPABILITY_PREDICATE, ...attestedTypes]),
          }
        : parts,
    )
  }
  return added
}
