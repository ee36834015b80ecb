import { isContentFault, WasmpackError } from '../errors.ts'
import { inParallel } from '../in-parallel.ts'
import { collect, type Descriptor } from '../oci/descriptor.ts'
import type { Digest } from '../oci/digest.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import { quoted } from '../printable.ts'
import type { VerifiedEvidence } from '../signing/identity/evidence.ts'
import type { VerifiedSigner } from '../signing/verified-signer.ts'
import {
  ANNOTATION_PREDICATE_TYPE,
  guessKind,
  listReferrers,
  mayState,
  rankReferrer,
  readReferrer,
  type ReferrerKind,
} from './discover.ts'
import { type StatementRequirement, verifyStatement } from './verify-statement.ts'

/** The statements to find. */
export interface Wanted extends StatementRequirement {
  /** In bytes: larger bundles are not read. */
  readonly bundleLimit: number
  /** Whether the search may end; by default, as soon as one is found. */
  readonly isEnough?: (found: readonly FoundStatement[]) => boolean
}

/** A statement about the artifact that satisfies the requirement. */
export interface FoundStatement {
  /** Of the manifest that attaches the bundle to the artifact. */
  readonly digest: Digest
  readonly signer: VerifiedSigner
  readonly evidence?: VerifiedEvidence
  readonly annotations: Readonly<Record<string, unknown>>
  readonly predicateType: string
  readonly predicate: unknown
}

/** A referrer that does not satisfy the requirement, and why. */
export interface RejectedCandidate {
  readonly digest: Digest
  readonly kind: ReferrerKind
  /** Of an attestation, if its manifest or the list names one: a claim, which nothing verified. */
  readonly predicateType?: string
  readonly reason: string
}

export interface StatementSearchResult {
  readonly found: readonly FoundStatement[]
  readonly rejected: readonly RejectedCandidate[]
  /** How many of the rejected were not read. */
  readonly unread: number
  /** The first failed read: there may be more statements than were found. */
  readonly failure?: WasmpackError
}

/** Bounds against flooding by anyone with push access. */
export interface SearchLimits {
  readonly referrers: number
  /** Of manifests and bundles together. */
  readonly bytes: number
}

const LIMITS: SearchLimits = { referrers: 10_000, bytes: 512 * 1024 * 1024 }
/** Referrers that are read before the search asks whether one was found. */
const BATCH = 100
const PARALLEL_EXAMINATIONS = 8
/** Reads that may fail because the registry is unavailable before the search ends: each was retried. */
const OUTAGES = 10
/** In bytes: the smallest bundle has a signature and a statement in base64. */
const SMALLEST_BUNDLE = 256

/**
 * Reads referrers in batches until one satisfies the requirement: first those that are listed with the predicate type, then
 * the others, in each group from both ends, since what hides a signature was attached before or after it. A place or a referrer that
 * cannot be read does not hide the others; it is the failure if nothing is found.
 */
export async function findStatements(
  target: ReadOnlyTarget,
  subject: Digest,
  wanted: Wanted,
  operation: Operation,
  limits: SearchLimits = LIMITS,
): Promise<StatementSearchResult> {
  let unreadable: WasmpackError | undefined
  const onUnreadable = (problem: WasmpackError): void => void (unreadable = problem)
  const listed = alternateEnds(
    await listReferrers(target, subject, wanted.predicateType, { ...operation, onUnreadable }),
    wanted.predicateType,
  )
  const likely = listed.filter((descriptor) => mayState(descriptor, wanted.predicateType)).length
  const examined: Examination[] = []
  const budget = { left: limits.bytes }
  const spend = (bytes: number): void => {
    budget.left -= bytes
  }
  const listFound = (): readonly FoundStatement[] =>
    examined.flatMap((one) => (one.kind === 'found' ? [one.statement] : []))
  const { isEnough = (found) => found.length > 0 } = wanted
  while (examined.length < Math.min(listed.length, limits.referrers) && budget.left > 0) {
    const start = examined.length
    if (isEnough(listFound()) || countOutages(examined) >= OUTAGES) break
    const end = Math.min(start + BATCH, start < likely ? likely : listed.length, limits.referrers)
    const batch = await inParallel(listed.slice(start, end), PARALLEL_EXAMINATIONS, async (descriptor) =>
      budget.left > 0 ? examine(target, subject, descriptor, wanted, operation, spend) : undefined,
    )
    // inParallel starts items in order, so the examined ones are a prefix of the list.
    examined.push(...batch.filter((one) => one !== undefined))
  }
  const unread = listed.slice(examined.length)
  const describeUnread = (at: number): string => {
    if (!isEnough(listFound()))
      return `not read: it is beyond the first ${examined.length} of ${listed.length} referrers`
    return at < likely
      ? 'not read: a valid statement was found before it'
      : 'not read: it is listed as something else'
  }
  const rejected = [
    ...examined,
    ...unread.map((descriptor, at) => rejectCandidate(descriptor, describeUnread(examined.length + at))),
  ].flatMap((one) => (one.kind === 'rejected' ? [one.candidate] : []))
  const failed = examined.find((one) => one.kind === 'failed')
  const failure = failed?.failure ?? unreadable
  return {
    found: listFound(),
    rejected,
    unread: unread.length,
    ...(failure && { failure }),
  }
}

const countOutages = (examined: readonly Examination[]): number =>
  examined.filter((one) => one.kind === 'failed' && one.failure.code === 'UNAVAILABLE').length

/** The list, sorted by rank, with those of one rank from both ends: the first, the last, the second, the last but one. */
function alternateEnds(
  listed: readonly Descriptor[],
  predicateType: string | undefined,
): readonly Descriptor[] {
  const groups = new Map<number, Descriptor[]>()
  for (const descriptor of listed) {
    const rank = rankReferrer(descriptor, predicateType)
    const group = groups.get(rank)
    if (group === undefined) groups.set(rank, [descriptor])
    else group.push(descriptor)
  }
  return [...groups.values()].flatMap((group) =>
    group.map((_, at) => group[at % 2 === 0 ? at / 2 : group.length - (at + 1) / 2]!),
  )
}

type Examination =
  | { readonly kind: 'found'; readonly statement: FoundStatement }
  | { readonly kind: 'rejected'; readonly candidate: RejectedCandidate }
  | { readonly kind: 'failed'; readonly failure: WasmpackError }

const rejectCandidate = (
  descriptor: Descriptor,
  reason: string,
  kind: ReferrerKind = guessKind(descriptor),
  predicateType = descriptor.annotations?.[ANNOTATION_PREDICATE_TYPE],
): Examination => ({
  kind: 'rejected',
  candidate: {
    digest: descriptor.digest,
    kind,
    ...(kind === 'attestation' && predicateType !== undefined && { predicateType }),
    reason,
  },
})

/** Failures of one candidate while another one may be readable. */
const FAILURES: ReadonlySet<string> = new Set([
  'UNAVAILABLE',
  'UNAUTHENTICATED',
  'REGISTRY_REFUSED',
  'FILE_UNREADABLE',
])

async function examine(
  target: ReadOnlyTarget,
  subject: Digest,
  descriptor: Descriptor,
  wanted: Wanted,
  operation: Operation,
  spend: (bytes: number) => void,
): Promise<Examination> {
  const { bundleLimit } = wanted
  let kind = guessKind(descriptor)
  let claimed: string | undefined
  const reject = (reason: string): Examination => rejectCandidate(descriptor, reason, kind, claimed)
  try {
    const referrer = await readReferrer(target, subject, descriptor, operation, spend)
    kind = referrer.kind
    claimed = referrer.predicateType
    const { bundle, artifactType, problem } = referrer
    if (problem !== undefined) return reject(problem)
    if (bundle === undefined) return reject(`has the type ${quoted((artifactType ?? '').slice(0, 120))}`)
    if (bundle.size > bundleLimit)
      return reject(`its bundle has ${bundle.size} bytes, more than ${bundleLimit}`)
    if (bundle.size < SMALLEST_BUNDLE)
      return reject(`its bundle has ${bundle.size} bytes, which hold no signature`)
    spend(bundle.size)
    const bytes = await collect(target.fetch(bundle, operation), bundleLimit, 'bundle')
    const verdict = await verifyStatement(bytes, subject, wanted)
    if (verdict.kind === 'rejected') return reject(verdict.reason)
    const { kind: _, ...statement } = verdict
    return { kind: 'found', statement: { digest: descriptor.digest, ...statement } }
  } catch (error) {
    if (isContentFault(error)) return reject(error.message)
    if (error instanceof WasmpackError && FAILURES.has(error.code)) return { kind: 'failed', failure: error }
    throw error
  }
}
