import { isContentFault, WasmpackError } from '../errors.ts'
import { inParallel } from '../in-parallel.ts'
import { collect, type Descriptor } from '../oci/descriptor.ts'
import type { Digest } from '../oci/digest.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import { quoted } from '../printable.ts'
import { guessKind, listReferrers, mayState, readReferrer, type ReferrerKind } from './discover.ts'
import type { VerificationKey } from '../signing/public-key.ts'
import type { SignatureRequirement } from '../signing/requirement.ts'
import { verifyBundle } from './verify-bundle.ts'

/** What is looked for. */
export interface Wanted {
  readonly predicateType: string
  readonly policy: SignatureRequirement
  /** In bytes: larger bundles are not read. */
  readonly bundleLimit: number
}

/** A statement about the artifact that satisfies the policy. */
export interface FoundStatement {
  /** Of the manifest that attaches the bundle to the artifact. */
  readonly digest: Digest
  readonly key: VerificationKey
  readonly annotations: Readonly<Record<string, unknown>>
  readonly predicate: unknown
}

/** A referrer that does not count, and why. */
export interface RejectedCandidate {
  readonly digest: Digest
  readonly kind: ReferrerKind
  readonly reason: string
}

/** The outcome of a search: `failure` is why there may be more than was found, if a referrer could not be or was not read. */
export interface StatementSearchResult {
  readonly found: readonly FoundStatement[]
  readonly rejected: readonly RejectedCandidate[]
  readonly failure?: WasmpackError
}

/** Where a search gives up; whoever may attach something can attach this much. */
export interface SearchLimits {
  readonly referrers: number
  /** Of manifests and bundles together. */
  readonly bytes: number
}

const LIMITS: SearchLimits = { referrers: 1000, bytes: 512 * 1024 * 1024 }
/** Referrers that are read before it is asked whether that was enough. */
const BATCH = 100
const PARALLEL_EXAMINATIONS = 4

/**
 * Reads referrers until one satisfies the policy, in batches: first those that may be what is wanted, then the others.
 * What cannot be read for now does not end the search within the first batch, and does so beyond it.
 */
export async function findStatements(
  target: ReadOnlyTarget,
  subject: Digest,
  wanted: Wanted,
  operation: Operation,
  limits: SearchLimits = LIMITS,
): Promise<StatementSearchResult> {
  const listed = await listReferrers(target, subject, wanted.predicateType, operation)
  const likely = listed.filter((descriptor) => mayState(descriptor, wanted.predicateType)).length
  const examined: Examination[] = []
  const budget = { left: limits.bytes }
  const spend = (bytes: number): void => {
    budget.left -= bytes
  }
  const has = (kind: Examination['kind']): boolean => examined.some((one) => one.kind === kind)
  while (examined.length < Math.min(listed.length, limits.referrers) && budget.left > 0) {
    const start = examined.length
    if (has('found') || (start >= BATCH && has('failed'))) break
    const end = Math.min(start + BATCH, start < likely ? likely : listed.length, limits.referrers)
    const batch = await inParallel(listed.slice(start, end), PARALLEL_EXAMINATIONS, async (descriptor) =>
      budget.left > 0 ? examine(target, subject, descriptor, wanted, operation, spend) : undefined,
    )
    // What was begun before the bytes ran out is a beginning of the list, for the work is handed out in order.
    examined.push(...batch.filter((one) => one !== undefined))
  }
  const unread = listed.slice(examined.length)
  const reason = (at: number): string => {
    if (!has('found'))
      return `not read: it is beyond the first ${examined.length} of ${listed.length} referrers`
    return at < likely
      ? 'not read: what was looked for was found before it'
      : 'not read: it is listed as something else'
  }
  const failed = examined.find((one) => one.kind === 'failed')
  const found = examined.flatMap((one) => (one.kind === 'found' ? [one.statement] : []))
  const rejected = [
    ...examined,
    ...unread.map((descriptor, at) => rejectCandidate(descriptor, reason(examined.length + at))),
  ].flatMap((one) => (one.kind === 'rejected' ? [one.candidate] : []))
  const failure =
    failed?.failure ??
    (found.length === 0 && unread.length > 0
      ? tooMany(target, subject, examined.length, rejected)
      : undefined)
  return { found, rejected, ...(failure === undefined ? {} : { failure }) }
}

function tooMany(
  target: ReadOnlyTarget,
  subject: Digest,
  read: number,
  candidates: readonly RejectedCandidate[],
): WasmpackError {
  const unread = candidates.length - read
  return new WasmpackError(
    'SIGNATURE_UNTRUSTED',
    `none of the ${read} referrers of ${target.name}@${subject} that were read is trusted, and ${unread} more were not read`,
    {
      hint: 'delete what others attached to it from the repository: wasmpack discover lists it',
      details: { subject, read, unread, candidates },
    },
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
): Examination => ({ kind: 'rejected', candidate: { digest: descriptor.digest, kind, reason } })

/** What one candidate may meet while another one is in order. */
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
  { predicateType, policy, bundleLimit }: Wanted,
  operation: Operation,
  spend: (bytes: number) => void,
): Promise<Examination> {
  let kind = guessKind(descriptor)
  try {
    const referrer = await readReferrer(target, subject, descriptor, operation, spend)
    kind = referrer.kind
    const { bundle, artifactType, problem } = referrer
    if (problem !== undefined) return rejectCandidate(descriptor, problem, kind)
    if (bundle === undefined)
      return rejectCandidate(descriptor, `is of the type ${quoted((artifactType ?? '').slice(0, 120))}`, kind)
    if (bundle.size > bundleLimit)
      return rejectCandidate(
        descriptor,
        `its bundle has ${bundle.size} bytes, more than ${bundleLimit}`,
        kind,
      )
    spend(bundle.size)
    const bytes = await collect(target.fetch(bundle, operation), bundleLimit, 'bundle')
    const verdict = verifyBundle(bytes, subject, predicateType, policy)
    if (verdict.kind === 'rejected') return rejectCandidate(descriptor, verdict.reason, kind)
    const { key, annotations, predicate } = verdict
    return { kind: 'found', statement: { digest: descriptor.digest, key, annotations, predicate } }
  } catch (error) {
    if (isContentFault(error)) return rejectCandidate(descriptor, error.message, kind)
    if (error instanceof WasmpackError && FAILURES.has(error.code)) return { kind: 'failed', failure: error }
    throw error
  }
}
