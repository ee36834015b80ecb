import { WasmpackError } from '../../errors.ts'
import { collect, type Descriptor } from '../descriptor.ts'
import { type Digest, isDigest, formatReferrersTag } from '../digest.ts'
import {
  describeManifest,
  describeReferrer,
  type Index,
  isManifestType,
  type Manifest,
  parseManifest,
  getSuccessors,
} from '../manifest.ts'
import { MANIFEST_SIZE_LIMIT } from '../media-types.ts'
import { isTag } from '../reference.ts'
import type { Operation, ReadOnlyTarget } from '../target.ts'
import { findTagged, type IndexEntry } from './index-document.ts'
import { listFirst } from '../../listing.ts'

/** Manifests that a search for referrers reads, in bytes; the caller gets the rest unread. */
const SEARCH_LIMIT = 256 * 1024 * 1024
const SHOWN_NAMES = 5

/** The blobs of a layout, in a directory or in an archive. */
export interface BlobReader {
  /** The size in bytes; undefined if the blob does not exist. */
  size(digest: Digest): Promise<number | undefined>
  /** The bytes, verified; throws NOT_FOUND before the first one. */
  read(descriptor: Pick<Descriptor, 'digest' | 'size'>, operation?: Operation): AsyncIterable<Uint8Array>
  notFound(kind: 'blob' | 'manifest', digest: Digest): WasmpackError
}

/** Whether a blob of this size exists; its bytes are not read. */
export const hasBlob = async (blobs: BlobReader, { digest, size }: Descriptor): Promise<boolean> =>
  (await blobs.size(digest)) === size

/** Whether the blob exists and is intact, which reads it. */
export async function holdsBlob(
  blobs: BlobReader,
  descriptor: Descriptor,
  signal?: AbortSignal,
): Promise<boolean> {
  if (!(await hasBlob(blobs, descriptor))) return false
  try {
    for await (const _ of blobs.read(descriptor, { signal }));
    return true
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof WasmpackError) return false
    throw error
  }
}

/** Throws NOT_FOUND unless everything that the manifest references exists. */
export async function requireSuccessors(blobs: BlobReader, manifest: Manifest | Index): Promise<void> {
  for (const needed of getSuccessors(manifest))
    if (!(await hasBlob(blobs, needed)))
      throw blobs.notFound(manifest.kind === 'index' ? 'manifest' : 'blob', needed.digest)
}

/** Reads an OCI image layout from a directory or an archive. */
export class LayoutReader implements ReadOnlyTarget {
  readonly name: string
  readonly #blobs: BlobReader
  readonly #list: () => Promise<readonly IndexEntry[]>

  constructor(name: string, blobs: BlobReader, list: () => Promise<readonly IndexEntry[]>) {
    this.name = name
    this.#blobs = blobs
    this.#list = list
  }

  async resolve(reference: string, operation?: Operation): Promise<Descriptor> {
    return describeManifest(await this.manifest(reference, operation))
  }

  async manifest(reference: string, operation?: Operation): Promise<Manifest | Index> {
    return this.#readManifest(await this.find(reference), operation)
  }

  fetch(descriptor: Descriptor, operation?: Operation): AsyncIterable<Uint8Array> {
    return this.#blobs.read(descriptor, operation)
  }

  exists(descriptor: Descriptor, operation?: Operation): Promise<boolean> {
    return holdsBlob(this.#blobs, descriptor, operation?.signal)
  }

  async tags(): Promise<readonly string[]> {
    const names = (await this.#list()).flatMap(({ tag }) => (tag !== undefined && isTag(tag) ? [tag] : []))
    return [...new Set(names)].sort()
  }

  /**
   * Searches index.json, and a fallback tag as regctl writes it. A damaged manifest, or one beyond the limit, may be a referrer,
   * so its descriptor is returned and reading it reports the damage.
   */
  async referrers(subject: Digest, operation?: Operation): Promise<readonly Descriptor[]> {
    const entries = await this.#list()
    const fallback = entries.find(({ tag }) => tag === formatReferrersTag(subject))
    const listed = fallback === undefined ? undefined : await this.tryManifest(fallback.descriptor, operation)
    const candidates = new Map<Digest, Descriptor>()
    for (const descriptor of [
      ...entries.map((entry) => entry.descriptor),
      ...(typeof listed === 'object' && listed.kind === 'index' ? listed.manifests : []),
    ])
      if (isManifestType(descriptor.mediaType) && !candidates.has(descriptor.digest))
        candidates.set(descriptor.digest, descriptor)
    candidates.delete(subject)
    const found: Descriptor[] = []
    let left = SEARCH_LIMIT
    for (const candidate of candidates.values()) {
      left -= Math.min(candidate.size, MANIFEST_SIZE_LIMIT)
      const manifest = left < 0 ? 'unread' : await this.tryManifest(candidate, operation)
      if (manifest === 'unread') found.push(candidate)
      else if (manifest === 'damaged') found.push(...(mayRefer(candidate) ? [candidate] : []))
      else if (manifest?.subject?.digest === subject) found.push(describeReferrer(manifest))
    }
    return found
  }

  /** Resolves a tag or a digest without reading the manifest. Throws NOT_FOUND. */
  protected async find(
    reference: string,
  ): Promise<Pick<Descriptor, 'digest' | 'size'> & Partial<Descriptor>> {
    if (isDigest(reference)) {
      // Not by index.json: children of an index need not be listed, and entries may be wrong.
      const size = await this.#blobs.size(reference)
      if (size === undefined) throw this.#blobs.notFound('manifest', reference)
      return { digest: reference, size }
    }
    const entries = await this.#list()
    const named = findTagged(entries, reference).map(({ descriptor }) => descriptor)
    if (new Set(named.map(({ digest }) => digest)).size > 1)
      throw new WasmpackError('ARTIFACT_MALFORMED', `${this.name} has the tag ${reference} more than once`, {
        hint: `use a digest instead: ${named.map(({ digest }) => digest).join(' or ')}`,
      })
    if (named[0] !== undefined) return named[0]
    throw new WasmpackError('NOT_FOUND', `${this.name} has no tag ${reference}`, {
      hint: formatNamesHint(entries),
    })
  }

  async #readManifest(
    found: Pick<Descriptor, 'digest' | 'size'> & Partial<Descriptor>,
    operation?: Operation,
  ): Promise<Manifest | Index> {
    const what = `manifest ${found.digest} of ${this.name}`
    const bytes = await collect(
      this.#blobs.read(found, { signal: operation?.signal }),
      MANIFEST_SIZE_LIMIT,
      what,
    )
    // Keep the digest of the reference, which may be a sha512.
    return { ...parseManifest(bytes, found.mediaType, what), digest: found.digest }
  }

  /** Undefined for a manifest that is listed but missing. */
  protected async tryManifest(
    candidate: Descriptor,
    operation?: Operation,
  ): Promise<Manifest | Index | 'damaged' | 'unread' | undefined> {
    try {
      if ((await this.#blobs.size(candidate.digest)) === undefined) return undefined
      return await this.#readManifest(candidate, operation)
    } catch (error) {
      operation?.signal?.throwIfAborted()
      if (!(error instanceof WasmpackError)) throw error
      return error.code === 'FILE_UNREADABLE' ? 'unread' : 'damaged'
    }
  }
}

/** By its listed type: an entry with the type of a config is an artifact, not a referrer. */
const mayRefer = ({ artifactType }: Descriptor): boolean => !/\.config\.v[0-9]/.test(artifactType ?? '')

function formatNamesHint(entries: readonly IndexEntry[]): string {
  const tags = new Set(entries.flatMap(({ tag }) => (tag !== undefined && isTag(tag) ? [tag] : [])))
  if (tags.size > 0) return `existing tags: ${listFirst([...tags].sort(), SHOWN_NAMES)}`
  const digests = new Set(entries.map(({ descriptor }) => descriptor.digest))
  return digests.size === 0
    ? 'it has no tags: push first, or use a digest'
    : `it has no tags; use a digest: ${listFirst([...digests], SHOWN_NAMES)}`
}
