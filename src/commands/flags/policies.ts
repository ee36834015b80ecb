import type { Command } from 'commander'

import type { AdmissionRequest } from '../../delivery/admit.ts'
import { NO_POLICIES, type Policies, type PolicyInForce, readPolicies } from '../../delivery/policies.ts'
import { WasmpackError } from '../../errors.ts'
import { formatRepository, parseReference, type Reference } from '../../oci/reference.ts'
import type { Context } from '../cli/command.ts'
import { exclusiveOptions } from './exclusive.ts'
import { collectValues } from './repeated.ts'

export interface PolicyFlags {
  readonly policy?: readonly string[]
  readonly as?: string
}

export const addPolicyOptions = (command: Command): Command =>
  command
    .option('--policy <file>', 'additional file of policies (repeatable)', collectValues)
    .option('--as <reference>', 'match policies as if the module were pushed to this repository')

/** Of commands that give a name to an artifact that exists, whatever it holds. */
export interface OptionalPolicyFlags extends PolicyFlags {
  readonly insecureIgnorePolicies?: boolean
}

export const addOptionalPolicyOptions = (command: Command): Command =>
  addPolicyOptions(command).option('--insecure-ignore-policies', 'skip the capability policies in force')

/** No capability policies if the flags ignore them, with a warning; trust policies hold whatever the flags say. */
export async function readOptionalPolicyFlags(
  flags: OptionalPolicyFlags,
  { reporter, signal }: Context,
): Promise<Policies> {
  if (!flags.insecureIgnorePolicies) return readPolicyFlags(flags, signal)
  if (flags.policy !== undefined) throw exclusiveOptions('--policy', '--insecure-ignore-policies')
  reporter.warn('capability policies are not checked (--insecure-ignore-policies)')
  const { trust, digests } = await readPolicyFlags(flags, signal)
  return { ...NO_POLICIES, trust, digests }
}

/** Judges the module by policies and by its embedded capability manifest, and leaves its signatures unverified. */
export const createPolicyCheck = (inForce: readonly PolicyInForce[]): AdmissionRequest | undefined =>
  inForce.length === 0
    ? undefined
    : {
        verifier: 'ignored',
        capabilityCheck: 'if-embedded',
        requirements: inForce.map(({ requirement }) => requirement),
      }

/** The installed policies and those of the flags. */
export const readPolicyFlags = ({ policy }: PolicyFlags, signal: AbortSignal): Promise<Policies> =>
  readPolicies(policy, signal)

/**
 * The repository that policies are matched with: that of a registry reference, else that of `--as`. Throws USAGE if both are
 * given: a flag must not get round a policy.
 */
export function choosePolicyRepository({ as }: PolicyFlags, reference?: Reference): string | undefined {
  if (reference?.kind === 'registry') {
    if (as === undefined) return formatRepository(reference)
    throw new WasmpackError(
      'USAGE',
      `--as cannot be used with the registry reference ${formatRepository(reference)}`,
      { hint: 'omit --as; it is for files, OCI layouts and OCI archives' },
    )
  }
  if (as === undefined) return undefined
  const meant = parseReference(as)
  if (meant.kind === 'registry') return formatRepository(meant)
  throw new WasmpackError('USAGE', `--as ${as} is an OCI ${meant.kind}: expected a registry repository`, {
    hint: 'for example --as registry.example.com/team/app',
  })
}
