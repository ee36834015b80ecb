import { formatRepository, type Reference, type RegistryReference } from '../oci/reference.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import {
  admitModule,
  type AdmissionRequest,
  type AdmissionResult,
  type ResolvedArtifact,
  resolveForAdmission,
} from './admit.ts'
import { addGrowthRequirements } from './growth.ts'
import type { OpenSource } from './open/open-source.ts'
import type { Policies, PolicyInForce } from './policies.ts'
import type { OptionalTrust } from './trust.ts'
import { chooseVerifier } from './trust-policies.ts'

/** What decides over every artifact of a run. */
export interface AdmissionRules {
  readonly trust: OptionalTrust
  readonly checks: Omit<AdmissionRequest, 'verifier' | 'trustPolicies' | 'requirements'>
  readonly policies: Policies
  readonly openSource: OpenSource
}

/** An artifact with verified signatures that may be read, and the policies that decide over its module. */
export interface OpenedReference {
  readonly target: ReadOnlyTarget
  readonly opened: ResolvedArtifact
  readonly policies: readonly PolicyInForce[]
}

/**
 * Resolves a reference once and holds it against the trust, the checks and all policies that are in force for the repository, growth
 * included; no layer is fetched. The repository is undefined where nobody knows it.
 */
export async function openReference(
  reference: Reference,
  { name, repository }: { readonly name: string; readonly repository: string | undefined },
  { trust, checks, policies, openSource }: AdmissionRules,
  operation: Operation,
): Promise<OpenedReference> {
  const trustPolicies = policies.trust.of(repository)
  const inForce = policies.of(repository)
  const request = {
    ...checks,
    verifier: chooseVerifier(trust, trustPolicies, repository),
    trustPolicies,
    requirements: inForce.map(({ requirement }) => requirement),
  }
  const target = await openSource(reference)
  const resolved = await resolveForAdmission(target, name, request, operation)
  const scope = { policies: inForce, trust: trustPolicies, repository }
  const opened = await addGrowthRequirements(target, resolved, [scope], operation)
  return { target, opened, policies: inForce }
}

export interface AdmittedReference {
  readonly target: ReadOnlyTarget
  /** Its verdict may be a refusal. */
  readonly admission: AdmissionResult
}

/** Verifies and reads an artifact of a registry as `pull` does, without writing it. Throws what a pull of it would. */
export async function admitReference(
  reference: RegistryReference,
  name: string,
  rules: AdmissionRules,
  operation: Operation,
): Promise<AdmittedReference> {
  const place = { name, repository: formatRepository(reference) }
  const { target, opened } = await openReference(reference, place, rules, operation)
  return { target, admission: await admitModule(target, opened, undefined, operation) }
}
