import { WasmpackError } from '../errors.ts'
import { inParallel, turnstile } from '../in-parallel.ts'
import type { Descriptor } from './descriptor.ts'
import type { Digest } from './digest.ts'
import { type Index, isManifestType, type Manifest, getSuccessors } from './manifest.ts'
import type { Operation, ReadOnlyTarget, Target } from './target.ts'

/** The source and the destination of a copy. */
export interface CopyRoute {
  readonly source: ReadOnlyTarget
  readonly destination: Target
  /** The source repository, if it is in the same registry: blobs are mounted from it. */
  readonly mountFrom?: string | undefined
  /** Whether an existing manifest implies its blobs: registries ensure that, while files of a layout may be lost. */
  readonly trustsExistingManifests: boolean
  /** Why something beside the artifact must not be copied; undefined if it may be. Absent: everything is copied. */
  readonly findObstacle?: ((companion: Manifest | Index) => Promise<string | undefined>) | undefined
}

/** The number of blobs of a copy, by outcome. */
export interface BlobCounts {
  readonly copied: number
  readonly mounted: number
  readonly present: number
  /** Of the copied blobs. */
  readonly bytes: number
}

const BLOBS_AT_ONCE = 4
const MANIFESTS_AT_ONCE = 4
/** Limit for manifests and blobs of one copy. */
const NODES_LIMIT = 20_000
/** Limit for nested indexes. */
const DEPTH_LIMIT = 8

/** Copies the dependencies of manifests, each blob once, streaming from source to destination. */
export class TreeCopy {
  readonly #route: CopyRoute
  readonly #operation: Operation
  readonly #blobs = new Map<Digest, Promise<void>>()
  readonly #counts = { copied: 0, mounted: 0, present: 0, bytes: 0 }
  readonly #inTurn = turnstile(BLOBS_AT_ONCE)
  #nodes = 0

  constructor(route: CopyRoute, operation: Operation) {
    this.#route = route
    this.#operation = operation
  }

  get counts(): BlobCounts {
    return { ...this.#counts }
  }

  /** Resolves when no transfer is pending. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#blobs.values())
  }

  /** Copies everything that the manifest references; the caller writes the manifest itself. */
  async copyDependencies(manifest: Manifest | Index, depth = 0): Promise<void> {
    await inParallel(getSuccessors(manifest), MANIFESTS_AT_ONCE, (descriptor) =>
      manifest.kind === 'index' && isManifestType(descriptor.mediaType)
        ? this.#copyChild(descriptor, depth + 1)
        : this.#copyBlobOnce(descriptor),
    )
  }

  async #copyChild(descriptor: Descriptor, depth: number): Promise<void> {
    const { source, destination, trustsExistingManifests } = this.#route
    const { signal } = this.#operation
    this.#count(descriptor.digest)
    if (depth > DEPTH_LIMIT) throw tooDeep(source.name, descriptor.digest)
    if (trustsExistingManifests && (await destination.exists(descriptor, { signal }))) return
    const manifest = await source.manifest(descriptor.digest, { signal })
    await this.copyDependencies(manifest, depth)
    await destination.pushManifest({ ...manifest, digest: descriptor.digest }, undefined, { signal })
  }

  #copyBlobOnce(descriptor: Descriptor): Promise<void> {
    const pending = this.#blobs.get(descriptor.digest)
    if (pending !== undefined) return pending
    this.#count(descriptor.digest)
    const copied = this.#inTurn(() => this.#copyBlob(descriptor))
    this.#blobs.set(descriptor.digest, copied)
    return copied
  }

  async #copyBlob(descriptor: Descriptor): Promise<void> {
    const { source, destination, mountFrom } = this.#route
    const { signal, progress } = this.#operation
    signal?.throwIfAborted()
    const blob = { descriptor, open: () => source.fetch(descriptor, { signal }) }
    const outcome = await destination.push(blob, { signal, progress, from: mountFrom })
    this.#counts[outcome === 'pushed' ? 'copied' : outcome]++
    if (outcome === 'pushed') this.#counts.bytes += descriptor.size
  }

  #count(digest: Digest): void {
    if (++this.#nodes <= NODES_LIMIT) return
    throw new WasmpackError(
      'ARTIFACT_MALFORMED',
      `${this.#route.source.name}@${digest} is part of an artifact with more than ${NODES_LIMIT} manifests and blobs`,
      { hint: 'copy its parts separately, by digest' },
    )
  }
}

const tooDeep = (name: string, digest: Digest): WasmpackError =>
  new WasmpackError('ARTIFACT_MALFORMED', `${name}@${digest} is nested in more than ${DEPTH_LIMIT} indexes`, {
    hint: 'copy the part that you need, by its digest',
  })

/** The digests of a manifest and of all manifests below it, each of which may have referrers. */
export async function listMembers(
  root: Manifest | Index,
  source: ReadOnlyTarget,
  operation: Operation,
  depth = 0,
): Promise<readonly Digest[]> {
  if (root.kind === 'manifest') return [root.digest]
  if (depth > DEPTH_LIMIT) throw tooDeep(source.name, root.digest)
  const children = root.manifests.filter(({ mediaType }) => isManifestType(mediaType))
  const below = await inParallel(children, MANIFESTS_AT_ONCE, async ({ mediaType, digest }) =>
    /index|list/.test(mediaType)
      ? listMembers(await source.manifest(digest, operation), source, operation, depth + 1)
      : [digest],
  )
  return [root.digest, ...new Set(below.flat())]
}
