import type { RepositoryState } from './repository-state.ts'
import { RepositoryRefused, TrustedMetadata } from './trusted-metadata.ts'

/** Reads a document of the repository, of at most `limit` bytes; undefined if there is none. */
export type FetchDocument = (path: string, limit: number) => Promise<Uint8Array | undefined>

/** The repository's roles as they are now, and what to keep of them. */
export interface RefreshedRepository {
  readonly metadata: TrustedMetadata
  readonly state: Omit<RepositoryState, 'refreshedAt' | 'files'>
}

/** Those of tuf-js; in bytes, where nothing else says how long a document is. */
const LIMITS = { root: 512_000, timestamp: 16_384, snapshot: 2_000_000, targets: 5_000_000 }
const ROOT_ROTATIONS = 256

/** The roles of a state that was read before, if it still is what the trusted root leads to. Throws {@link RepositoryRefused}. */
export function openKnownState(root: Uint8Array, state: RepositoryState, now: Date): TrustedMetadata {
  const metadata = new TrustedMetadata(root, now)
  for (const one of state.roots) metadata.updateRootIfNewer(one)
  metadata.updateTimestamp(state.timestamp)
  metadata.updateSnapshot(state.snapshot)
  metadata.updateTargets(state.targets)
  return metadata
}

/**
 * Reads what is new in a repository, from a root that the user trusts. What was read before is only compared with: nothing may
 * be older than it. Throws {@link RepositoryRefused} for a repository that is not to be trusted, and what `fetch` throws.
 */
export async function refreshRepository(
  root: Uint8Array,
  known: RepositoryState | undefined,
  now: Date,
  fetch: FetchDocument,
): Promise<RefreshedRepository> {
  const metadata = new TrustedMetadata(root, now)
  const roots = known === undefined ? [] : keepRoots(metadata, known.roots)
  await fetchRoots(metadata, roots, fetch)
  const timestamp = await updateTimestamp(metadata, known?.timestamp, fetch)
  const snapshot = await updateRole('snapshot', metadata, known?.snapshot, fetch)
  const targets = await updateRole('targets', metadata, known?.targets, fetch)
  return { metadata, state: { roots, timestamp, snapshot, targets } }
}

/** Applies the roots that led to what was read before, as far as they lead from the trusted one. */
function keepRoots(metadata: TrustedMetadata, roots: readonly Uint8Array[]): Uint8Array[] {
  const kept: Uint8Array[] = []
  for (const root of roots)
    try {
      metadata.updateRootIfNewer(root)
      kept.push(root)
    } catch (error) {
      if (error instanceof RepositoryRefused) break
      throw error
    }
  return kept
}

async function fetchRoots(
  metadata: TrustedMetadata,
  roots: Uint8Array[],
  fetch: FetchDocument,
): Promise<void> {
  for (let rotation = 0; rotation < ROOT_ROTATIONS; rotation += 1) {
    const root = await fetch(`${metadata.rootVersion + 1}.root.json`, LIMITS.root)
    if (root === undefined) return
    metadata.updateRoot(root)
    roots.push(root)
  }
  throw new RepositoryRefused(`it has more than ${ROOT_ROTATIONS} new roots`)
}

async function updateTimestamp(
  metadata: TrustedMetadata,
  known: Uint8Array | undefined,
  fetch: FetchDocument,
): Promise<Uint8Array> {
  // One that is expired, or signed with a key that is not trusted any more, still is what nothing may be older than.
  if (known !== undefined) ignoreRefusal(() => metadata.updateTimestamp(known))
  const timestamp = await fetchRequired('timestamp.json', LIMITS.timestamp, fetch)
  return metadata.updateTimestamp(timestamp) || known === undefined ? timestamp : known
}

/** A document that is known already is read again only if those above it expect another. */
async function updateRole(
  role: 'snapshot' | 'targets',
  metadata: TrustedMetadata,
  known: Uint8Array | undefined,
  fetch: FetchDocument,
): Promise<Uint8Array> {
  const apply = (bytes: Uint8Array, isKnown: boolean): void =>
    role === 'snapshot' ? metadata.updateSnapshot(bytes, isKnown) : metadata.updateTargets(bytes)
  if (known !== undefined && ignoreRefusal(() => apply(known, true))) return known
  const { version, length } = role === 'snapshot' ? metadata.expectedSnapshot : metadata.expectedTargets
  const path = metadata.hasConsistentSnapshots ? `${version}.${role}.json` : `${role}.json`
  const limit = Math.min(length ?? LIMITS[role], LIMITS[role])
  const bytes = await fetchRequired(path, limit, fetch)
  apply(bytes, false)
  return bytes
}

async function fetchRequired(path: string, limit: number, fetch: FetchDocument): Promise<Uint8Array> {
  const bytes = await fetch(path, limit)
  if (bytes === undefined) throw new RepositoryRefused(`it has no ${path}`)
  return bytes
}

function ignoreRefusal(apply: () => unknown): boolean {
  try {
    apply()
    return true
  } catch (error) {
    if (error instanceof RepositoryRefused) return false
    throw error
  }
}
