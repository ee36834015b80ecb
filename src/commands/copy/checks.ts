import type { GrowthScope } from '../../delivery/growth.ts'
import type { OpenTarget } from '../../delivery/open/open-target.ts'
import type { Policies, PolicyInForce } from '../../delivery/policies.ts'
import type { CopyChecks } from '../../delivery/promote.ts'
import { chooseVerifier, comparesWithDestination } from '../../delivery/trust-policies.ts'
import { WasmpackError } from '../../errors.ts'
import { type ReadOnlyTarget, undefinedIfNotFound } from '../../oci/target.ts'
import type { Context } from '../cli/command.ts'
import { type AdmissionFlags, type AdmissionRules, readAdmissionRules } from '../flags/admission.ts'
import { exclusiveOptions } from '../flags/exclusive.ts'
import {
  choosePolicyRepository,
  createPolicyCheck,
  type OptionalPolicyFlags,
  readOptionalPolicyFlags,
} from '../flags/policies.ts'
import { findTrustOption } from '../flags/trust.ts'
import type { Order } from './orders.ts'

export interface CheckFlags extends AdmissionFlags, OptionalPolicyFlags {
  readonly verify?: boolean
}

/** The checks that are made before anything is written. */
export interface Check {
  /** With --verify; without it only the policies in force are checked. */
  readonly rules: AdmissionRules | undefined
  readonly policies: Policies
}

/** The checks by the flags. Throws USAGE for a flag that is of no use without --verify. */
export async function readCheck(flags: CheckFlags, context: Context): Promise<Check> {
  if (flags.verify) {
    if (flags.insecureIgnorePolicies) throw exclusiveOptions('--verify', '--insecure-ignore-policies')
    return {
      rules: await readAdmissionRules(flags, context),
      policies: await readOptionalPolicyFlags(flags, context),
    }
  }
  const unused =
    findTrustOption(flags) ??
    (
      [
        ['-c', flags.capabilities],
        ['--insecure-ignore-signature', flags.insecureIgnoreSignature],
        ['--insecure-ignore-capabilities', flags.insecureIgnoreCapabilities],
      ] as const
    ).find(([, value]) => value !== undefined)?.[0]
  if (unused === undefined)
    return { rules: undefined, policies: await readOptionalPolicyFlags(flags, context) }
  throw new WasmpackError('USAGE', `${unused} requires --verify`, {
    hint: 'pass --verify as well; without it, copy checks only digests and policies',
  })
}

/** The checks of one copy: the policies of both repositories, each with its own versions, and the trust of the source, if it is known. */
export function prepareCheck(
  { source, destination }: Order,
  {
    check: { rules, policies },
    openTarget,
    flags,
  }: { readonly check: Check; readonly openTarget: OpenTarget; readonly flags: CheckFlags },
): { readonly checks: CopyChecks; readonly inForce: readonly PolicyInForce[] } {
  const known = [source, destination].filter(({ kind }) => kind === 'registry')
  const scopes = (known.length === 0 ? [source] : known).map((one): GrowthScope => {
    const repository = choosePolicyRepository(flags, one)
    const trust = policies.trust.of(repository)
    const openHistory = (): Promise<ReadOnlyTarget> => openTarget(one, { purpose: 'pull' })
    return { policies: policies.of(repository), trust, repository, openHistory }
  })
  const inForce = [...new Set(scopes.flatMap((scope) => scope.policies))]
  const repositories = scopes.map(({ repository }) => repository)
  const trustPolicies = policies.trust.of(...repositories)
  const common = { trustPolicies, growth: scopes }
  if (rules === undefined) return { checks: { ...common, admission: createPolicyCheck(inForce) }, inForce }
  const verifier = chooseVerifier(rules.trust, trustPolicies, repositories[0])
  const requirements = inForce.map(({ requirement }) => requirement)
  return { checks: { ...common, admission: { ...rules.checks, verifier, requirements } }, inForce }
}

/** The checks with what is at the destination now, where a policy asks for it; it is opened to be read. */
export async function addDestination(
  { trustPolicies, ...checks }: CopyChecks,
  { destination, tags }: Order,
  openTarget: OpenTarget,
): Promise<CopyChecks> {
  if (!comparesWithDestination(trustPolicies)) return { ...checks, trustPolicies }
  const target = await undefinedIfNotFound(openTarget(destination, { purpose: 'pull' }))
  return { ...checks, trustPolicies: { ...trustPolicies, destination: { target, tags } } }
}
