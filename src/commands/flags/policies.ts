import type { Command } from 'commander'

import { type Policies, readPolicies } from '../../delivery/policies.ts'
import { WasmpackError } from '../../errors.ts'
import { formatRepository, parseReference, type Reference } from '../../oci/reference.ts'
import { collectValues } from './repeated.ts'

export interface PolicyFlags {
  readonly policy?: readonly string[]
  readonly as?: string
}

export const addPolicyOptions = (command: Command): Command =>
  command
    .option('--policy <file>', 'additional capability policy (repeatable)', collectValues)
    .option('--as <reference>', 'match policies as if the module were pushed to this repository')

/** Every policy in force with those of the flags. */
export const readPolicyFlags = ({ policy }: PolicyFlags, signal: AbortSignal): Promise<Policies> =>
  readPolicies(policy, signal)

/**
 * The repository that policies are matched with: that of a reference to a registry, else what `--as` says. Throws USAGE if both
 * are there, for a policy must not be got round with a word.
 */
export function choosePolicyRepository({ as }: PolicyFlags, reference?: Reference): string | undefined {
  if (reference?.kind === 'registry') {
    if (as === undefined) return formatRepository(reference)
    throw new WasmpackError(
      'USAGE',
      `--as says which repository is meant, but ${formatRepository(reference)} does`,
      {
        hint: 'leave it out: it is for files, OCI layouts and OCI archives',
      },
    )
  }
  if (as === undefined) return undefined
  const meant = parseReference(as)
  if (meant.kind === 'registry') return formatRepository(meant)
  throw new WasmpackError('USAGE', `--as ${as} names an OCI ${meant.kind}, which is no repository`, {
    hint: 'for example --as registry.example.com/team/app',
  })
}
