import { inParallel } from '../in-parallel.ts'
import { describeManifest, type Index, type Manifest } from './manifest.ts'
import { findSubjectReferrers, ReferrerCopy, type SkippedReferrer } from './referrer-copy.ts'
import type { ReferrersOperation } from './target.ts'
import { type BlobCounts, listMembers, type CopyRoute, TreeCopy } from './tree-copy.ts'
import { findTagStates, writeTags } from './write-tags.ts'

/** An artifact, its source and its destination. */
export interface CopyRequest extends CopyRoute {
  /** The manifest that the reference was resolved to; everything else is found by digest from here. */
  readonly root: Manifest | Index
  /** Written last; without tags the copy is found by digest only. */
  readonly tags: readonly string[]
  /** Whether referrers are copied too. */
  readonly withReferrers: boolean
  /** Called when everything but the tags is there. */
  readonly beforeTags?: (() => Promise<void>) | undefined
}

export interface CopyResult {
  /** False if the destination already had everything under every tag. */
  readonly written: boolean
  /** The number of referrers at the destination: direct, indirect, and under tags of cosign. */
  readonly referrers: number
  readonly blobs: BlobCounts
  readonly skipped: readonly SkippedReferrer[]
}

const LOOKUPS_AT_ONCE = 4

/**
 * Copies an artifact with everything that it references and, if requested, its referrers, byte for byte. Tags are written last,
 * so a failure leaves no tag on an incomplete copy. Existing content is not written again. A list of referrers that the source cannot
 * read, while it can read another, is told to `onUnreadable`.
 */
export async function copyArtifact(
  request: CopyRequest,
  operation: ReferrersOperation = {},
): Promise<CopyResult> {
  const failed = new AbortController()
  const signal = operation.signal ? AbortSignal.any([operation.signal, failed.signal]) : failed.signal
  const tree = new TreeCopy(request, { ...operation, signal })
  try {
    return await copy(request, tree, { ...operation, signal })
  } catch (error) {
    // Abort concurrent transfers and wait until they have cancelled their uploads.
    failed.abort(error)
    await tree.settle()
    throw error
  }
}

async function copy(
  request: CopyRequest,
  tree: TreeCopy,
  operation: ReferrersOperation,
): Promise<CopyResult> {
  const { source, destination, root, tags, withReferrers, beforeTags, trustsExistingManifests } = request
  const { signal, onUnreadable } = operation
  const lookup = { signal, ...(onUnreadable && { onUnreadable }) }
  const referrers = new ReferrerCopy(request, tree, lookup)
  const named = await findTagStates(destination, tags, { signal })
  const hasRoot =
    tags.length > 0
      ? named.some(({ digest }) => digest === root.digest)
      : await destination.exists(describeManifest(root), { signal })
  // Within one repository only tags are written.
  if (source.name !== destination.name) {
    const members = withReferrers ? await listMembers(root, source, { signal }) : []
    const [found] = await Promise.all([
      inParallel(members, LOOKUPS_AT_ONCE, (member) => findSubjectReferrers(source, member, lookup)),
      hasRoot && trustsExistingManifests ? undefined : tree.copyDependencies(root),
    ])
    const hasReferrers = found.some(({ listed, cosign }) => listed.length + cosign.found.length > 0)
    if (!hasRoot && (hasReferrers || tags.length === 0 || beforeTags !== undefined))
      await destination.pushManifest(root, undefined, { signal })
    for (const one of found) await referrers.copy(one, !hasRoot)
  }
  await beforeTags?.()
  const tagged = await writeTags(destination, root, named, { signal })
  const blobs = tree.counts
  const isNew = tags.length === 0 && !hasRoot
  return {
    written: isNew || tagged + referrers.written + blobs.copied + blobs.mounted > 0,
    referrers: referrers.total,
    blobs,
    skipped: referrers.skipped,
  }
}
