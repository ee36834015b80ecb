import { WasmpackError } from '../errors.ts'
import { collect, type Descriptor } from '../oci/descriptor.ts'
import type { Digest } from '../oci/digest.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import { quoted } from '../printable.ts'
import {
  BEYOND_LIMIT,
  isUnusable,
  listedKind,
  listReferrers,
  mayState,
  readReferrer,
  REFERRER_LIMIT,
  type ReferrerKind,
} from './discover.ts'
import { inParallel } from './in-parallel.ts'
import type { VerificationKey } from './public-key.ts'
import type { TrustPolicy } from './trust-policy.ts'
import { verifyBundle } from './verify-bundle.ts'

/** What is looked for. */
export interface Wanted {
  readonly predicateType: string
  readonly policy: TrustPolicy
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

/** The outcome of a search: `failure` is why a referrer could not be read, if any could not. */
export interface StatementSearch {
  readonly found: readonly FoundStatement[]
  readonly rejected: readonly RejectedCandidate[]
  readonly failure?: WasmpackError
}

const PARALLEL_EXAMINATIONS = 4

/** Reads every referrer that may be what is wanted; the others only if none of those satisfies the policy. */
export async function findStatements(
  target: ReadOnlyTarget,
  subject: Digest,
  wanted: Wanted,
  operation: Operation,
): Promise<StatementSearch> {
  const listed = await listReferrers(target, subject, wanted.predicateType, operation)
  const readable = listed.slice(0, REFERRER_LIMIT)
  const likely = readable.filter((descriptor) => mayState(descriptor, wanted.predicateType))
  const unlikely = readable.slice(likely.length)
  const examineAll = (descriptors: readonly Descriptor[]): Promise<Examination[]> =>
    inParallel(descriptors, PARALLEL_EXAMINATIONS, (descriptor) =>
      examine(target, subject, descriptor, wanted, operation),
    )
  const examined = await examineAll(likely)
  examined.push(
    ...(examined.some(({ kind }) => kind === 'found')
      ? unlikely.map((descriptor) => rejection(descriptor, 'not read: it is listed as something else'))
      : await examineAll(unlikely)),
    ...listed.slice(REFERRER_LIMIT).map((descriptor) => rejection(descriptor, BEYOND_LIMIT)),
  )
  const failed = examined.find((one) => one.kind === 'failed')
  return {
    found: examined.flatMap((one) => (one.kind === 'found' ? [one.statement] : [])),
    rejected: examined.flatMap((one) => (one.kind === 'rejected' ? [one.candidate] : [])),
    ...(failed === undefined ? {} : { failure: failed.failure }),
  }
}

type Examination =
  | { readonly kind: 'found'; readonly statement: FoundStatement }
  | { readonly kind: 'rejected'; readonly candidate: RejectedCandidate }
  | { readonly kind: 'failed'; readonly failure: WasmpackError }

const rejection = (
  descriptor: Descriptor,
  reason: string,
  kind: ReferrerKind = listedKind(descriptor),
): Examination => ({ kind: 'rejected', candidate: { digest: descriptor.digest, kind, reason } })

/** What one candidate may meet while another one is in order. */
const FAILURES: ReadonlySet<string> = new Set(['UNAVAILABLE', 'UNAUTHENTICATED', 'REGISTRY_REFUSED'])

async function examine(
  target: ReadOnlyTarget,
  subject: Digest,
  descriptor: Descriptor,
  { predicateType, policy, bundleLimit }: Wanted,
  operation: Operation,
): Promise<Examination> {
  let kind = listedKind(descriptor)
  try {
    const referrer = await readReferrer(target, subject, descriptor, operation)
    kind = referrer.kind
    const { bundle, artifactType, problem } = referrer
    if (problem !== undefined) return rejection(descriptor, problem, kind)
    if (bundle === undefined)
      return rejection(descriptor, `is of the type ${quoted((artifactType ?? '').slice(0, 120))}`, kind)
    if (bundle.size > bundleLimit)
      return rejection(descriptor, `its bundle has ${bundle.size} bytes, more than ${bundleLimit}`, kind)
    const bytes = await collect(target.fetch(bundle, operation), bundleLimit, 'bundle')
    const verdict = verifyBundle(bytes, subject, predicateType, policy)
    if (verdict.kind === 'rejected') return rejection(descriptor, verdict.reason, kind)
    const { key, annotations, predicate } = verdict
    return { kind: 'found', statement: { digest: descriptor.digest, key, annotations, predicate } }
  } catch (error) {
    if (isUnusable(error)) return rejection(descriptor, error.message, kind)
    if (error instanceof WasmpackError && FAILURES.has(error.code)) return { kind: 'failed', failure: error }
    throw error
  }
}
