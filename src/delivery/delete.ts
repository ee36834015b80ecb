import { WasmpackError } from '../errors.ts'
import { inParallel } from '../in-parallel.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import {
  catchWithheld,
  undefinedIfNotFound,
  type DeletableTarget,
  type Operation,
  type ReadOnlyTarget,
  type ReferrersOperation,
  type Target,
} from '../oci/target.ts'
import { discover, discoverCosignTags, type Referrer } from '../attestations/discover.ts'

/** What a deletion would touch. */
export interface DeletePlan {
  readonly digest: Digest
  /** The tags that go: the one that was named, or with a manifest all that name it. */
  readonly tags: readonly string[]
  /** Tags that cannot be looked up and may name it: they go too if they do. */
  readonly unknownTags: readonly string[]
  /** Signatures, attestations and whatever else refers to the manifest, cosign's tags included; a tag alone leaves them in their place. */
  readonly referrers: readonly Referrer[]
}

const AT_ONCE = 8

/** Throws USAGE for what nothing can be taken out of again. */
export function requireDeletable(target: Target): DeletableTarget {
  if ('delete' in target) return target as DeletableTarget
  throw new WasmpackError('USAGE', `cannot delete from ${target.name}`, {
    hint: 'copy the artifacts that you need to an OCI layout instead',
  })
}

/**
 * Looks at what goes with a tag, or with a manifest by its digest. A place that lists referrers and cannot be read is told to
 * `onUnreadable`. Throws NOT_FOUND.
 */
export async function planDelete(
  target: ReadOnlyTarget,
  reference: string,
  operation: ReferrersOperation,
): Promise<DeletePlan> {
  const found = await catchWithheld(target.resolve(reference, operation))
  if (!isDigest(reference)) {
    // The error says why it is withheld.
    const { digest } = found === 'withheld' ? await target.resolve(reference, operation) : found
    return { digest, tags: [reference], unknownTags: [], referrers: [] }
  }
  const [tags, referrers, tagged] = await Promise.all([
    findTags(target, reference, found === 'withheld', operation),
    discover(target, reference, operation),
    discoverCosignTags(target, reference, operation),
  ])
  const listed = new Set(referrers.map(({ digest }) => digest))
  const others = tagged.filter(({ digest }) => !listed.has(digest))
  return { digest: reference, ...tags, referrers: [...referrers, ...others] }
}

/** A withheld tag can name only a withheld manifest. Another tag's failure never stops the deletion. */
async function findTags(
  target: ReadOnlyTarget,
  digest: Digest,
  isWithheld: boolean,
  operation: Operation,
): Promise<Pick<DeletePlan, 'tags' | 'unknownTags'>> {
  const tags = await target.tags(operation)
  const named = await inParallel(tags, AT_ONCE, (tag) => tagNames(target, tag, digest, operation))
  return {
    tags: tags.filter((_, at) => named[at] === 'yes'),
    unknownTags: tags.filter((_, at) => named[at] === 'unknown' || (named[at] === 'withheld' && isWithheld)),
  }
}

const tagNames = (
  target: ReadOnlyTarget,
  tag: string,
  digest: Digest,
  operation: Operation,
): Promise<'yes' | 'no' | 'withheld' | 'unknown'> =>
  catchWithheld(target.resolve(tag, operation)).then(
    (found) => (found === 'withheld' ? 'withheld' : found.digest === digest ? 'yes' : 'no'),
    (cause: unknown) => {
      operation.signal?.throwIfAborted()
      if (isNotFound(cause)) return 'no'
      if (cause instanceof WasmpackError) return 'unknown'
      throw cause
    },
  )

const isNotFound = (cause: unknown): boolean => cause instanceof WasmpackError && cause.code === 'NOT_FOUND'

/** What became of referrers that were not to be deleted, as far as the registry tells. */
export interface DeleteResult {
  readonly kept: readonly Referrer[]
  /** Harbor deletes them with the artifact. */
  readonly deletedWith: readonly Referrer[]
}

/**
 * Deletes what was planned, and then the referrers if they are wanted: in this order, so that nobody finds the artifact without
 * its signatures. What a registry has deleted along with it is no failure; a tag that it has left is deleted as well. Then looks what
 * became of the referrers that stay.
 */
export async function deleteArtifact(
  target: DeletableTarget,
  reference: string,
  { digest, tags, referrers }: DeletePlan,
  { withReferrers = false, ...operation }: Operation & { readonly withReferrers?: boolean },
): Promise<DeleteResult> {
  await target.delete(reference, operation)
  if (!isDigest(reference)) return { kept: referrers, deletedWith: [] }
  // go-containerregistry's registry keeps a manifest under each of its tags apart.
  for (const tag of tags)
    if ((await tagNames(target, tag, digest, operation)) === 'yes') await target.delete(tag, operation)
  if (!withReferrers) return await findRemaining(target, referrers, operation)
  // One by one: where they stand in one list, each deletion is a change of it.
  for (const referrer of referrers)
    await target.delete(nameReferrer(referrer), operation).catch((cause: unknown) => {
      if (!isNotFound(cause)) throw cause
    })
  return { kept: [], deletedWith: [] }
}

/** A tag of cosign is deleted as a tag: it may name the manifest of another artifact. */
const nameReferrer = ({ digest, tag }: Referrer): string => tag ?? digest

async function findRemaining(
  target: ReadOnlyTarget,
  referrers: readonly Referrer[],
  operation: Operation,
): Promise<DeleteResult> {
  const found = await inParallel(referrers, AT_ONCE, async (referrer) => {
    try {
      const there = await catchWithheld(
        undefinedIfNotFound(target.resolve(nameReferrer(referrer), operation)),
      )
      return there === undefined ? 'gone' : 'there'
    } catch (cause) {
      operation.signal?.throwIfAborted()
      if (cause instanceof WasmpackError) return 'unknown'
      throw cause
    }
  })
  return {
    kept: referrers.filter((_, at) => found[at] === 'there'),
    deletedWith: referrers.filter((_, at) => found[at] === 'gone'),
  }
}
