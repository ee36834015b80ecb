import { attestArtifact } from '../attestations/attest.ts'
import { confirmAttached } from '../attestations/confirm-attached.ts'
import { buildSummary, SUMMARY_PREDICATE } from '../attestations/predicates/verification-summary.ts'
import { basename } from 'node:path'

import { WasmpackError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { Operation, Target } from '../oci/target.ts'
import type { Signing } from '../signing/signing.ts'
import { printable } from '../printable.ts'
import type { CopySource } from './promote.ts'
import type { PolicyInForce } from './policies.ts'

/** Who verified what, for summaries at a destination. */
export interface SummaryRequest {
  readonly signing: Signing
  /** Who verified, a URI: the signer acts for it. */
  readonly verifier: string
  /** RFC 3339. */
  readonly timeVerified: string
  /** Of the files of all policies in force. */
  readonly digests: ReadonlyMap<string, Digest>
  readonly inForce: readonly PolicyInForce[]
}

/** Throws USAGE if no policy was held, and TRUST_DENIED where a waiver decided: a summary would outlive it. */
export function listSummarizedFiles(
  { trust = [] }: CopySource,
  inForce: readonly PolicyInForce[],
): ReadonlyMap<string, readonly ('TrustPolicy' | 'CapabilityPolicy')[]> {
  const waived = trust.find(({ waiver }) => waiver !== undefined)
  if (waived !== undefined)
    throw new WasmpackError(
      'TRUST_DENIED',
      `a waiver of ${printable(waived.policy.file)} decided, so nothing is summarised`,
      {
        hint: 'have the artifact signed, or copy it without --vsa',
      },
    )
  const files = new Map<string, Set<'TrustPolicy' | 'CapabilityPolicy'>>()
  const add = (file: string, kind: 'TrustPolicy' | 'CapabilityPolicy'): void =>
    void files.set(file, (files.get(file) ?? new Set()).add(kind))
  for (const { policy } of trust) add(policy.file, 'TrustPolicy')
  for (const { file } of inForce) add(file, 'CapabilityPolicy')
  if (files.size === 0)
    throw new WasmpackError('USAGE', '--vsa requires a policy: a summary names the policy that held', {
      hint: 'pass --policy FILE, or set WASMPACK_POLICY',
    })
  return new Map([...files].map(([file, kinds]) => [file, [...kinds].sort()]))
}

/** Attaches a summary for each policy file whose documents held, and confirms that the registry kept them. */
export async function attachSummaries(
  target: Target,
  source: CopySource,
  { signing, verifier, timeVerified, digests, inForce }: SummaryRequest,
  operation: Operation,
): Promise<readonly Digest[]> {
  const { root, admission, trust = [] } = source
  const inputs = new Set<Digest>()
  for (const { digest } of admission?.verification?.signatures ?? []) inputs.add(digest)
  for (const { signatures, attestations } of trust)
    for (const { digest } of [...signatures, ...attestations]) inputs.add(digest)
  const attached: Digest[] = []
  for (const [file, kinds] of listSummarizedFiles(source, inForce)) {
    const policy = { name: basename(file), digest: digests.get(file)! }
    const predicate = buildSummary({
      verifier,
      timeVerified,
      repository: target.name,
      policy,
      inputs: [...inputs],
      kinds,
    })
    const options = {
      predicateType: SUMMARY_PREDICATE,
      predicate,
      created: timeVerified,
      witnesses: signing.witnesses,
    }
    attached.push((await attestArtifact(target, root, signing.signer, options, operation)).digest)
  }
  const [first, ...others] = attached
  const kept = { digest: first!, what: 'attestation', others } as const
  await confirmAttached(target, root.digest, kept, '; no tag was written', operation)
  return attached
}
