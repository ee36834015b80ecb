import { WasmpackError } from '../errors.ts'
import { inParallel } from '../in-parallel.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import type { DeletableTarget, Operation, ReadOnlyTarget, Target } from '../oci/target.ts'
import { discover, type Referrer } from '../attestations/discover.ts'

/** What a deletion would touch. */
export interface DeletePlan {
  readonly digest: Digest
  /** The tags that go: the one that was named, or with a manifest all that name it. */
  readonly tags: readonly string[]
  /** Signatures, attestations and whatever else refers to the manifest; a tag alone leaves them in their place. */
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

/** Looks at what goes with a tag, or with a manifest by its digest. Throws NOT_FOUND. */
export async function planDelete(
  target: ReadOnlyTarget,
  reference: string,
  operation: Operation,
): Promise<DeletePlan> {
  const { digest } = await target.resolve(reference, operation)
  if (!isDigest(reference)) return { digest, tags: [reference], referrers: [] }
  const [tags, referrers] = await Promise.all([
    findTags(target, digest, operation),
    discover(target, digest, operation),
  ])
  return { digest, tags, referrers }
}

async function findTags(
  target: ReadOnlyTarget,
  digest: Digest,
  operation: Operation,
): Promise<readonly string[]> {
  const tags = await target.tags(operation)
  const named = await inParallel(tags, AT_ONCE, (tag) => tagNames(target, tag, digest, operation))
  return tags.filter((_, at) => named[at])
}

const tagNames = (
  target: ReadOnlyTarget,
  tag: string,
  digest: Digest,
  operation: Operation,
): Promise<boolean> =>
  target.resolve(tag, operation).then(
    (found) => found.digest === digest,
    (cause: unknown) => {
      if (isNotFound(cause)) return false
      throw cause
    },
  )

const isNotFound = (cause: unknown): boolean => cause instanceof WasmpackError && cause.code === 'NOT_FOUND'

/**
 * Deletes what was planned, and then the referrers if they are wanted: in this order, so that nobody finds the artifact without
 * its signatures. What a registry has deleted along with it is no failure; a tag that it has left is deleted as well.
 */
export async function deleteArtifact(
  target: DeletableTarget,
  reference: string,
  { digest, tags, referrers }: DeletePlan,
  operation: Operation,
): Promise<void> {
  await target.delete(reference, operation)
  if (!isDigest(reference)) return
  // go-containerregistry's registry keeps a manifest under each of its tags apart.
  for (const tag of tags)
    if (await tagNames(target, tag, digest, operation)) await target.delete(tag, operation)
  // One by one: where they stand in one list, each deletion is a change of it.
  for (const referrer of referrers)
    await target.delete(referrer.digest, operation).catch((cause: unknown) => {
      if (!isNotFound(cause)) throw cause
    })
}
