import { inParallel } from '../in-parallel.ts'
import type { Digest } from './digest.ts'
import { describeManifest, type Index, type Manifest } from './manifest.ts'
import { findSubjectReferrers, ReferrerCopy, type SkippedReferrer } from './referrer-copy.ts'
import { type Operation, type ReadOnlyTarget, undefinedIfNotFound } from './target.ts'
import { type BlobCounts, listMembers, type CopyRoute, TreeCopy } from './tree-copy.ts'

/** One artifact and where it goes. */
export interface CopyRequest extends CopyRoute {
  /** What the source's reference named when it was looked up, once: everything else is found by digests from here. */
  readonly root: Manifest | Index
  /** Written last. None: the copy is found by its digest only. */
  readonly tags: readonly string[]
  /** Whether what refers to the artifact comes along. */
  readonly withReferrers: boolean
}

/** What a copy did. */
export interface CopyResult {
  /** False if the destination had all of it already, under every tag. */
  readonly written: boolean
  /** What refers to the artifact, directly, through another or by a tag of cosign's; all of it is there now. */
  readonly referrers: number
  readonly blobs: BlobCounts
  readonly skipped: readonly SkippedReferrer[]
}

const LOOKUPS_AT_ONCE = 4

/**
 * Copies an artifact with everything that it points to and everything that refers to it, byte for byte. Tags are written last,
 * when all else is there: whatever fails before leaves none that names the artifact. What is there already is not written
 * again.
 */
export async function copyArtifact(request: CopyRequest, operation: Operation = {}): Promise<CopyResult> {
  const failed = new AbortController()
  const signal = operation.signal ? AbortSignal.any([operation.signal, failed.signal]) : failed.signal
  const tree = new TreeCopy(request, { ...operation, signal })
  try {
    return await copy(request, tree, { ...operation, signal })
  } catch (error) {
    // What else is under way would go on for nothing, and has to take back what it began.
    failed.abort(error)
    await tree.settle()
    throw error
  }
}

async function copy(request: CopyRequest, tree: TreeCopy, operation: Operation): Promise<CopyResult> {
  const { source, destination, root, tags, withReferrers, trustsExistingManifests } = request
  const { signal } = operation
  const referrers = new ReferrerCopy(request, tree, { signal })
  const stale = await findStaleTags(destination, tags, root.digest, { signal })
  const hasRoot =
    tags.length > 0
      ? stale.length < tags.length
      : await destination.exists(describeManifest(root), { signal })
  // Within one repository there is nothing to do but to write tags.
  if (source.name !== destination.name) {
    const members = withReferrers ? await listMembers(root, source, { signal }) : []
    const [companions] = await Promise.all([
      inParallel(members, LOOKUPS_AT_ONCE, (member) => findSubjectReferrers(source, member, { signal })),
      hasRoot && trustsExistingManifests ? undefined : tree.copyDependencies(root),
    ])
    const accompanied = companions.some(({ listed, cosign }) => listed.length + cosign.length > 0)
    if (!hasRoot && (accompanied || tags.length === 0))
      await destination.pushManifest(root, undefined, { signal })
    for (const one of companions) await referrers.copy(one, !hasRoot)
  }
  for (const tag of stale) await destination.pushManifest(root, tag, { signal })
  const blobs = tree.counts
  const isNew = tags.length === 0 && !hasRoot
  return {
    written: isNew || stale.length + referrers.written + blobs.copied + blobs.mounted > 0,
    referrers: referrers.total,
    blobs,
    skipped: referrers.skipped,
  }
}

/** The tags that do not name the digest yet. */
async function findStaleTags(
  target: ReadOnlyTarget,
  tags: readonly string[],
  digest: Digest,
  operation: Operation,
): Promise<readonly string[]> {
  const named = await Promise.all(tags.map((tag) => undefinedIfNotFound(target.resolve(tag, operation))))
  return tags.filter((_, at) => named[at]?.digest !== digest)
}
