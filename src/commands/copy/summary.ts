import type { CopySource } from '../../delivery/promote.ts'
import type { PolicyInForce } from '../../delivery/policies.ts'
import { WasmpackError } from '../../errors.ts'
import { formatRepository } from '../../oci/reference.ts'
import type { Target } from '../../oci/target.ts'
import { toRfc3339Seconds } from '../../time.ts'
import type { Context } from '../cli/command.ts'
import { exclusiveOptions } from '../flags/exclusive.ts'
import type { SummarySigning } from '../flags/summary.ts'
import type { Check, CheckFlags } from './checks.ts'
import type { Order } from './orders.ts'

/** Who signs that which checks passed. */
export interface SummaryRequest {
  readonly check: Check
  readonly summary: SummarySigning
  readonly flags: CheckFlags
  readonly context: Context
}

/** Attaches the summaries to the copy. Throws for what cannot be summarised, before anything is written. */
export async function prepareSummary(
  candidate: CopySource,
  { destination }: Order,
  inForce: readonly PolicyInForce[],
  { check, summary, flags, context: { signal, environment } }: SummaryRequest,
): Promise<(target: Target) => Promise<void>> {
  const ignored = (
    [
      ['--insecure-ignore-signature', flags.insecureIgnoreSignature],
      ['--insecure-ignore-capabilities', flags.insecureIgnoreCapabilities],
    ] as const
  ).find(([, value]) => value)?.[0]
  if (ignored !== undefined) throw exclusiveOptions('--vsa', ignored)
  if (check.rules === undefined)
    throw new WasmpackError('USAGE', '--vsa requires --verify', {
      hint: 'pass --verify as well: a summary says what was verified',
    })
  if (destination.kind !== 'registry')
    throw new WasmpackError(
      'USAGE',
      `--vsa requires a registry, and ${formatRepository(destination)} is an OCI ${destination.kind}`,
      {
        hint: 'a summary names the repository where the artifact is admitted; copy to a layout without --vsa',
      },
    )
  const { attachSummaries, listSummarizedFiles } = await import('../../delivery/summarize.ts')
  listSummarizedFiles(candidate, inForce)
  const timeVerified = environment.readCreated() ?? toRfc3339Seconds(new Date())
  const request = { ...summary, timeVerified, digests: check.policies.digests, inForce }
  return async (target) => {
    await attachSummaries(target, candidate, request, { signal })
  }
}
