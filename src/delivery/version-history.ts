import { listCapabilities } from '../capabilities/diff/find-growth.ts'
import type { CapabilitySet } from '../capabilities/diff/find-growth.ts'
import { createGrowthRequirement, type GrowthBase } from '../capabilities/growth/growth-requirement.ts'
import { findSignatures } from '../attestations/verify.ts'
import { matchesFormat } from '../documents/scalar-format.ts'
import { WasmpackError } from '../errors.ts'
import { inParallel } from '../in-parallel.ts'
import type { Index, Manifest } from '../oci/manifest.ts'
import { MemoizedTarget } from '../oci/memoized-target.ts'
import { type Operation, type ReadOnlyTarget, undefinedIfNotFound } from '../oci/target.ts'
import { quoted } from '../printable.ts'
import type { VerifiedSigner } from '../signing/verified-signer.ts'
import type { Verifier } from '../signing/verifier.ts'
import { isRefusedSigner } from '../trust/judge-signature.ts'
import { compareVersions, isSameLine, VERSION, VERSION_ANNOTATION } from '../trust/version.ts'
import { type AdmissionResult, admitModule, resolveForAdmission } from './admit.ts'
import { judgeTrust } from './enforce-trust.ts'
import type { OpenedGrowthScope } from './growth.ts'
import type { PolicyInForce } from './policies.ts'
import { createRoleVerifiers } from './role-verifiers.ts'
import { listRefusedSigners } from './trust-policies.ts'

/** Versions that one check compares with: each has to be read whole. */
const VERSION_LIMIT = 100
const LOOKUPS_AT_ONCE = 4

/** A version that is signed as the policy requires. */
interface SignedVersion {
  readonly version: string
  readonly manifest: Manifest | Index
  readonly signers: readonly VerifiedSigner[]
}

/** One that passes the policy itself. */
interface PassingVersion extends SignedVersion, GrowthBase {
  readonly admission: AdmissionResult
}

/**
 * The version before: of the lower versions that the growth may not rise over, the newest that the role signed and that passes the
 * policy itself, its growth with it. Where other policies refuse that one, the next lower ones count beside it, down to one that all
 * policies admit: so a policy more admits nothing. None for the first version of a line. Or why no version is admitted: a clause.
 */
export async function findVersionsBefore(
  annotations: Readonly<Record<string, string>>,
  policy: PolicyInForce,
  scope: OpenedGrowthScope,
  now: Date,
  operation: Operation,
): Promise<readonly GrowthBase[] | string> {
  const { spec } = policy.policy
  const version = annotations[VERSION_ANNOTATION]
  if (version === undefined) return `the artifact has no ${VERSION_ANNOTATION}`
  if (!matchesFormat(VERSION, version))
    return `the ${VERSION_ANNOTATION} ${quoted(version.slice(0, 80))} is not a version`
  const target = new MemoizedTarget(scope.history)
  const isBefore = (other: string): boolean =>
    compareVersions(other, version) < 0 &&
    (spec.growth === 'never' || isSameLine(spec.growth as 'minor' | 'major', other, version))
  const tags = await listVersionTags(scope.history, isBefore, operation)
  if (tags.length > VERSION_LIMIT)
    return `${target.name} has ${tags.length} versions to compare with, more than ${VERSION_LIMIT}`
  const place = { file: policy.file, parts: spec }
  const verifiers = await createRoleVerifiers(place, spec.signedBy!, { now }, operation)
  const manifests = await inParallel(tags, LOOKUPS_AT_ONCE, (tag) => readVersion(target, tag, operation))
  const distinct = new Map(manifests.flatMap((manifest) => (manifest ? [[manifest.digest, manifest]] : [])))
  const signed: SignedVersion[] = []
  for (const manifest of distinct.values()) {
    const found = manifest.annotations[VERSION_ANNOTATION]
    if (found === undefined || !matchesFormat(VERSION, found) || !isBefore(found)) continue
    const signers = await findSigners(target, manifest, verifiers, operation)
    if (signers.length > 0) signed.push({ version: found, manifest, signers })
  }
  signed.sort((one, other) => compareVersions(one.version, other.version))
  const withInstructions = scope.policies.some(({ requirement }) => requirement.needsInstructions)
  const passing = await selectPassing(target, signed, { policy, withInstructions }, operation)
  return takeNewest(passing, (one) => passesOthers(target, one, policy, scope, now, operation))
}

/** The newest lower version that a verifier accepts, whatever it asks for; undefined if there is none. */
export async function findNewestBefore(
  target: ReadOnlyTarget,
  version: string,
  verifiers: readonly Verifier[],
  operation: Operation,
): Promise<Manifest | Index | undefined> {
  const source = new MemoizedTarget(target)
  const tags = await listVersionTags(target, (other) => compareVersions(other, version) < 0, operation)
  const newestFirst = [...tags].sort((one, other) => compareVersions(toVersion(other), toVersion(one)))
  for (const tag of newestFirst.slice(0, VERSION_LIMIT)) {
    const manifest = await readVersion(source, tag, operation)
    const found = manifest?.annotations[VERSION_ANNOTATION]
    if (found === undefined || !matchesFormat(VERSION, found) || compareVersions(found, version) >= 0)
      continue
    if ((await findSigners(source, manifest!, verifiers, operation)).length > 0) return manifest
  }
  return undefined
}

const toVersion = (tag: string): string => tag.replace(/^v/, '')

/** The tags that are versions which satisfy the condition. A repository that does not exist has none. */
async function listVersionTags(
  target: ReadOnlyTarget,
  isWanted: (version: string) => boolean,
  operation: Operation,
): Promise<readonly string[]> {
  const tags = (await undefinedIfNotFound(target.tags(operation))) ?? []
  return tags.filter((tag) => matchesFormat(VERSION, toVersion(tag)) && isWanted(toVersion(tag)))
}

/** A registry may list tags of what is gone. */
async function readVersion(
  target: ReadOnlyTarget,
  tag: string,
  operation: Operation,
): Promise<Manifest | Index | undefined> {
  try {
    return await undefinedIfNotFound(target.manifest(tag, operation))
  } catch (error) {
    if (isMalformed(error)) return undefined
    throw error
  }
}

/** Those of the role who signed; nobody if the version is not signed. */
async function findSigners(
  target: ReadOnlyTarget,
  { digest }: Manifest | Index,
  verifiers: readonly Verifier[],
  operation: Operation,
): Promise<readonly VerifiedSigner[]> {
  const signers: VerifiedSigner[] = []
  for (const verifier of verifiers) {
    const { signatures, failure, unread } = await findSignatures(target, digest, verifier, operation)
    signers.push(...signatures.map(({ signer }) => signer))
    if (signatures.length > 0) continue
    if (failure !== undefined) throw failure
    if (unread > 0)
      throw new WasmpackError(
        'SIGNATURE_UNTRUSTED',
        `${unread} referrers of ${target.name}@${digest} were not read`,
        { hint: `list what is attached with: wasmpack discover ${target.name}@${digest}` },
      )
  }
  return signers
}

/** From the lowest version: whether one passes depends on the passing ones below it. */
async function selectPassing(
  target: ReadOnlyTarget,
  ascending: readonly SignedVersion[],
  { policy, withInstructions }: { readonly policy: PolicyInForce; readonly withInstructions: boolean },
  operation: Operation,
): Promise<readonly PassingVersion[]> {
  const passing: PassingVersion[] = []
  for (const signed of ascending) {
    const admission = await readModuleOf(target, signed.manifest.digest, withInstructions, operation)
    if (admission === undefined) continue
    const [own] = admission.capabilities
    const lower = passing.filter(({ version }) => compareVersions(version, signed.version) < 0)
    const newest = lower.filter(({ version }) => compareVersions(version, lower.at(-1)!.version) === 0)
    const requirements = [policy.requirement, createGrowthRequirement(policy, newest, own)]
    if (requirements.some((one) => one.judge(admission, admission.capabilities).length > 0)) continue
    const { digest } = signed.manifest
    passing.push({
      ...signed,
      admission,
      name: `version ${signed.version} (${digest})`,
      capabilities: listOwnCapabilities(admission),
    })
  }
  return passing
}

const listOwnCapabilities = ({ inspection, capabilities: [capabilities] }: AdmissionResult): CapabilitySet =>
  listCapabilities({ inspection, capabilities })

/** Undefined if it is none that could be admitted. */
async function readModuleOf(
  target: ReadOnlyTarget,
  digest: string,
  withInstructions: boolean,
  operation: Operation,
): Promise<AdmissionResult | undefined> {
  try {
    const request = { verifier: 'ignored', capabilityCheck: 'if-embedded', withInstructions } as const
    const opened = await resolveForAdmission(target, digest, request, operation)
    const admission = await admitModule(target, opened, undefined, operation)
    return admission.inspection.kind === 'wit' || admission.verdict?.allowed === false ? undefined : admission
  } catch (error) {
    if (isMalformed(error)) return undefined
    throw error
  }
}

const MALFORMED: ReadonlySet<string> = new Set([
  'ARTIFACT_MALFORMED',
  'MODULE_MALFORMED',
  'CAPABILITY_MANIFEST_INVALID',
])

const isMalformed = (error: unknown): boolean => error instanceof WasmpackError && MALFORMED.has(error.code)

/** The newest versions down to one that counts, and those of the same precedence. */
async function takeNewest(
  ascending: readonly PassingVersion[],
  counts: (version: PassingVersion) => Promise<boolean>,
): Promise<readonly PassingVersion[]> {
  const taken: PassingVersion[] = []
  let last: string | undefined
  for (const one of [...ascending].reverse()) {
    if (last !== undefined && compareVersions(one.version, last) < 0) break
    taken.push(one)
    if (last === undefined && (await counts(one))) last = one.version
  }
  return taken
}

/** Whether the policies beside the one whose growth is judged admit a version. */
async function passesOthers(
  target: ReadOnlyTarget,
  { manifest, signers, admission }: PassingVersion,
  own: PolicyInForce,
  { policies, trust }: OpenedGrowthScope,
  now: Date,
  operation: Operation,
): Promise<boolean> {
  const refused = listRefusedSigners(trust)
  if (trust.unmatched.length > 0 || signers.every((signer) => isRefusedSigner(refused, signer))) return false
  const judgements = await judgeTrust(target, manifest, trust, operation, now)
  if (judgements.some(({ shortfalls }) => shortfalls.length > 0)) return false
  return policies.every(
    (other) => other === own || other.requirement.judge(admission, admission.capabilities).length === 0,
  )
}
