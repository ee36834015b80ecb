import { findAllSigned } from '../attestations/find-all-signed.ts'
import { describePredicateType } from '../attestations/predicate-types.ts'
import { WAIVER_PREDICATE } from '../attestations/predicates/waiver.ts'
import { SUMMARY_PREDICATE } from '../attestations/predicates/verification-summary.ts'
import { matchesFormat } from '../documents/scalar-format.ts'
import { WasmpackError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { Index, Manifest } from '../oci/manifest.ts'
import { MemoizedTarget } from '../oci/memoized-target.ts'
import { type Operation, type ReadOnlyTarget, undefinedIfNotFound } from '../oci/target.ts'
import { printable } from '../printable.ts'
import { identifySigner } from '../signing/verified-signer.ts'
import type { LocatedTrustPolicy } from '../trust/trust-policy.ts'
import { compareVersions, VERSION, VERSION_ANNOTATION } from '../trust/version.ts'
import { locateRule, openRole, type RuleJudgement, type RuleScene } from './judge-trust-rule.ts'
import type { AppliedTrust, Destination } from './trust-policies.ts'

/** An exception is for one artifact, and a promotion signs its summary after the comparison. */
const NOT_COMPARED: ReadonlySet<string> = new Set([WAIVER_PREDICATE, SUMMARY_PREDICATE])

/** What the signers of each role say of an artifact. */
export type SignedByRole = ReadonlyMap<string, SignedParts>

/** What the signers of one role say of it. */
export interface SignedParts {
  /** Keys and identities, as `identifySigner` names them. */
  readonly signers: ReadonlySet<string>
  readonly attestedTypes: ReadonlySet<string>
}

/** Whether an artifact satisfies the other rules of the policy, and whether a waiver decided. */
export type JudgeAlone = (
  target: ReadOnlyTarget,
  manifest: Manifest | Index,
) => Promise<{ readonly isAdmitted: boolean; readonly isWaived: boolean }>

const NONE_BEFORE = 'and there is none before it'

/** Lower versions that are compared, and tags that are looked at to find them. */
const COMPARED_VERSIONS = 10
const LOOK_UPS = 50

/**
 * Whether at least as many of each role signed an artifact as what it is compared with, and each role attested the same types: what
 * tags of the destination name now, and the versions before it.
 */
export async function judgeNeverLess(
  placed: LocatedTrustPolicy,
  manifest: Manifest | Index,
  scene: RuleScene & { readonly destination?: Destination | undefined },
  judgeAlone: JudgeAlone,
): Promise<RuleJudgement<never>> {
  const { target, destination, operation } = scene
  const required = `${locateRule(placed, 'spec.neverLess')} requires no fewer signers and attestations than before`
  const conclude = (isSatisfied: boolean, message: string): RuleJudgement<never> => ({
    found: [],
    isSatisfied,
    message: `${required}, ${message}`,
    reasons: [],
  })
  const version = readVersion(manifest)
  if (version === undefined)
    return conclude(false, `and the artifact has no version in ${VERSION_ANNOTATION} to find those before it`)
  const before =
    destination === undefined ? target : destination.target && new MemoizedTarget(destination.target)
  if (before === undefined) return conclude(true, NONE_BEFORE)
  const accept = async (other: Manifest | Index): Promise<Accepted | undefined> => {
    const { isAdmitted, isWaived } = await judgeAlone(before, other)
    if (!isAdmitted) return undefined
    const signed = await listSigned(placed, {
      ...scene,
      applied: applyAlone(placed),
      target: before,
      subject: other.digest,
    })
    return isWaived || countAll(signed) > 0 ? { signed, isWaived } : undefined
  }
  const own = await listSigned(placed, { ...scene, subject: manifest.digest })
  const losses: string[] = []
  const names: string[] = []
  const compare = (name: string, { signed }: Accepted): void => {
    names.push(name)
    losses.push(...describeLosses(signed, own).map((loss) => `${loss} (${name})`))
  }
  for (const tag of destination?.tags ?? []) {
    const tagged = await undefinedIfNotFound(before.manifest(tag, operation))
    if (tagged === undefined || tagged.digest === manifest.digest) continue
    const accepted = await accept(tagged)
    if (accepted !== undefined) compare(`${tag}, ${tagged.digest}`, accepted)
  }
  const found = await findVersionBefore(before, version, accept, operation)
  if (found.kind === 'unknown')
    return conclude(
      false,
      `and none of the ${LOOK_UPS} tags of versions before ${version} names one that the policy accepts`,
    )
  if (found.kind === 'version') compare(found.name, found.accepted)
  if (losses.length > 0) return conclude(false, `found ${losses.join(', ')}`)
  return conclude(true, names.length === 0 ? NONE_BEFORE : `found none missing (${names.join('; ')})`)
}

/**
 * A policy without those beside it. What an artifact is compared with must not depend on whom others refuse: one more policy would
 * lower what this one asks for.
 */
export const applyAlone = (placed: LocatedTrustPolicy): AppliedTrust => ({
  policies: [placed],
  unmatched: [],
})

/** Who signed an artifact and what they attested, by role; formats count as the policy says, times do not. Throws a failed look-up. */
export async function listSigned(
  placed: LocatedTrustPolicy,
  scene: Pick<RuleScene, 'applied' | 'now' | 'operation' | 'target' | 'subject'>,
): Promise<SignedByRole> {
  const { signers, formats } = placed.policy.spec
  const byRole = new Map<string, SignedParts>()
  for (const role of signers!.keys()) {
    const verifier = await openRole(placed, role, scene, {})
    const { target, subject, operation } = scene
    const all = await findAllSigned(target, subject, verifier, operation, formats)
    if (all.failure !== undefined) throw all.failure
    if (all.unread > 0) throw describeFlood(target.name, subject, all.unread)
    byRole.set(role, {
      signers: new Set(all.signers.map((signer) => identifySigner(signer))),
      attestedTypes: new Set(all.attestedTypes.filter((type) => !NOT_COMPARED.has(type))),
    })
  }
  return byRole
}

/** What an artifact lacks of what another has, each as a phrase. */
export function describeLosses(before: SignedByRole, own: SignedByRole): readonly string[] {
  const losses: string[] = []
  for (const [role, { signers, attestedTypes }] of before) {
    const now = own.get(role) ?? NOBODY
    if (now.signers.size < signers.size)
      losses.push(`${now.signers.size} signers of ${role} in place of ${signers.size}`)
    for (const type of attestedTypes)
      if (!now.attestedTypes.has(type))
        losses.push(`no attestation ${printable(describePredicateType(type))} by ${role}`)
  }
  return losses
}

const NOBODY: SignedParts = { signers: new Set(), attestedTypes: new Set() }

interface Accepted {
  readonly signed: SignedByRole
  readonly isWaived: boolean
}

type VersionBefore =
  | { readonly kind: 'version'; readonly name: string; readonly accepted: Accepted }
  /** There is none. */
  | { readonly kind: 'none' }
  /** There may be one beyond those that were looked at. */
  | { readonly kind: 'unknown' }

/**
 * The newest lower version that the policy accepts, which has itself no less than the one before it: of the ten newest accepted ones, one that
 * lost something is passed over, so that two releases cannot take away what one may not.
 */
async function findVersionBefore(
  target: ReadOnlyTarget,
  version: string,
  accept: (manifest: Manifest | Index) => Promise<Accepted | undefined>,
  operation: Operation,
): Promise<VersionBefore> {
  const tags = await listLowerTags(target, version, operation)
  const seen = new Set<Digest>()
  const accepted: { readonly name: string; readonly version: string; readonly accepted: Accepted }[] = []
  for (const tag of tags.slice(0, LOOK_UPS)) {
    if (accepted.length === COMPARED_VERSIONS) break
    const manifest = await undefinedIfNotFound(target.manifest(tag, operation))
    const own = manifest && readVersion(manifest)
    if (own === undefined || seen.has(manifest!.digest) || compareVersions(own, version) >= 0) continue
    seen.add(manifest!.digest)
    const one = await accept(manifest!)
    if (one !== undefined) accepted.push({ name: `${tag}, ${manifest!.digest}`, version: own, accepted: one })
  }
  if (accepted.length === 0) return { kind: tags.length > LOOK_UPS ? 'unknown' : 'none' }
  const ascending = accepted.sort((one, other) => compareVersions(one.version, other.version))
  const last = ascending.reduce((best, one) =>
    one.accepted.isWaived || describeLosses(best.accepted.signed, one.accepted.signed).length === 0
      ? one
      : best,
  )
  return { kind: 'version', name: last.name, accepted: last.accepted }
}

const describeFlood = (name: string, subject: Digest, unread: number): WasmpackError =>
  new WasmpackError(
    'TRUST_DENIED',
    `${unread} referrers of ${name}@${subject} were not read, so nobody knows who signed it`,
    {
      hint: `delete the referrers that do not belong there; list them with: wasmpack discover ${name}@${subject}`,
    },
  )

/** The tags that are lower versions, with or without a leading v, the highest first. A repository that does not exist has none. */
async function listLowerTags(
  target: ReadOnlyTarget,
  version: string,
  operation: Operation,
): Promise<readonly string[]> {
  const strip = (tag: string): string => tag.replace(/^v/, '')
  return ((await undefinedIfNotFound(target.tags(operation))) ?? [])
    .filter((tag) => matchesFormat(VERSION, strip(tag)) && compareVersions(strip(tag), version) < 0)
    .sort((one, other) => compareVersions(strip(other), strip(one)))
}

function readVersion({ annotations }: Manifest | Index): string | undefined {
  const version = annotations[VERSION_ANNOTATION]
  return version !== undefined && matchesFormat(VERSION, version) ? version : undefined
}

const countAll = (signed: SignedByRole): number =>
  [...signed.values()].reduce((sum, { signers, attestedTypes }) => sum + signers.size + attestedTypes.size, 0)
