import {
  type AddedCapabilities,
  type CapabilitySet,
  findGrowth,
  listCapabilities,
} from '../capabilities/diff/find-growth.ts'
import type { Finding } from '../capabilities/evaluate/finding.ts'
import { matchesFormat } from '../documents/scalar-format.ts'
import { WasmpackError } from '../errors.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import { quoted } from '../printable.ts'
import type { Verifier } from '../signing/verifier.ts'
import { VERSION, VERSION_ANNOTATION } from '../trust/version.ts'
import { createGrowthRequirements } from './growth-requirements.ts'
import type { OpenedGrowthScope } from './growth.ts'
import { inspectArtifact, readEmbeddedCapabilities } from './inspect-subject.ts'
import type { PreparedPush } from './prepare.ts'
import { createRoleVerifiers } from './role-verifiers.ts'
import { findNewestBefore } from './version-history.ts'

/** What a push is compared with. */
export type PushBase =
  | { readonly kind: 'artifact'; readonly target: ReadOnlyTarget; readonly name: string }
  /** The newest lower version in the repository that is pushed to. */
  | { readonly kind: 'latest' }

export interface PushToCompare {
  readonly prepared: Pick<PreparedPush, 'inspection' | 'capabilities'>
  /** Of the manifest to be pushed. */
  readonly annotations: Readonly<Record<string, string>>
  readonly base: PushBase
  /** Accepts the signatures of who signs the push; absent if nobody does. */
  readonly own: Verifier | undefined
  /** Where it is to be pushed to. */
  readonly scope: OpenedGrowthScope
}

export interface PushComparison {
  /** What it was compared with, `repository@digest`; absent if there is no version before. */
  readonly against?: string
  readonly added: AddedCapabilities
  /** What the policies with a growth refuse. */
  readonly findings: readonly Finding[]
}

/** Says what a push adds, and what the growth policies of its repository say to it; nothing is sent. */
export async function comparePush(push: PushToCompare, operation: Operation): Promise<PushComparison> {
  const { prepared, annotations, scope } = push
  const { inspection, capabilities } = prepared
  const base = await openBase(push, operation)
  const requirements = await createGrowthRequirements({ annotations, capabilities }, scope, operation)
  const findings = requirements.flatMap(({ requirement }) => requirement.judge({ inspection }, []))
  if (base === undefined) return { added: { classes: [], imports: [], grants: [] }, findings }
  const added = findGrowth(base.capabilities, { inspection, capabilities })
  return { against: base.name, added, findings }
}

async function openBase(
  { annotations, base, own, scope }: PushToCompare,
  operation: Operation,
): Promise<{ readonly name: string; readonly capabilities: CapabilitySet } | undefined> {
  if (base.kind === 'artifact') return readCapabilitiesOf(base.target, base.name, operation)
  const version = annotations[VERSION_ANNOTATION]
  if (version === undefined || !matchesFormat(VERSION, version))
    throw new WasmpackError(
      'USAGE',
      version === undefined
        ? `--against latest requires a version`
        : `--against latest: the version ${quoted(version.slice(0, 80))} is none`,
      { hint: `pass -a ${VERSION_ANNOTATION}=1.0.1, or name the version: --against REPOSITORY:TAG` },
    )
  const verifiers = [...(own ? [own] : []), ...(await openSigningRoles(scope, operation))]
  if (verifiers.length === 0)
    throw new WasmpackError('TRUST_REQUIRED', 'nobody is known whose versions count for --against latest', {
      hint: 'sign the push, pass a policy with signedBy, or name the version: --against REPOSITORY:TAG',
    })
  const found = await findNewestBefore(scope.history, version, verifiers, operation)
  return found && readCapabilitiesOf(scope.history, found.digest, operation)
}

/** Of every policy that names who signs versions. */
async function openSigningRoles(
  { policies }: OpenedGrowthScope,
  operation: Operation,
): Promise<readonly Verifier[]> {
  const verifiers: Verifier[] = []
  for (const { policy, file } of policies)
    if (policy.spec.signedBy !== undefined) {
      const place = { file, parts: policy.spec }
      const now = new Date()
      verifiers.push(...(await createRoleVerifiers(place, policy.spec.signedBy, { now }, operation)))
    }
  return verifiers
}

async function readCapabilitiesOf(
  target: ReadOnlyTarget,
  name: string,
  operation: Operation,
): Promise<{ readonly name: string; readonly capabilities: CapabilitySet }> {
  const found = await inspectArtifact(target, name, { verifier: 'ignored' }, operation)
  const capabilities = readEmbeddedCapabilities(found.opened)
  if (capabilities instanceof WasmpackError) throw capabilities
  return { name: found.name, capabilities: listCapabilities({ inspection: found.inspection, capabilities }) }
}
