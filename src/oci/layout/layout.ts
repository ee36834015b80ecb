import { join } from 'node:path'

import { WasmpackError } from '../../errors.ts'
import { type Blob, blobOf, collect, type Descriptor, once, type Source } from '../descriptor.ts'
import { type Digest, isDigest, referrersTag } from '../digest.ts'
import { isRecord, parseJson } from '../json.ts'
import {
  describeManifest,
  describeReferrer,
  type Index,
  isIndexType,
  isManifestType,
  type Manifest,
  parseManifest,
  successors,
} from '../manifest.ts'
import { MANIFEST_SIZE_LIMIT } from '../media-types.ts'
import { formatRepository, isTag } from '../reference.ts'
import type { DeletableTarget, Operation } from '../target.ts'
import { BlobDirectory } from './blobs.ts'
import { createDirectory, isSystemError, readRegular, unreadable, writeAtomically } from './files.ts'
import {
  createIndexFile,
  type Entry,
  listManifest,
  readEntries,
  unlistManifest,
  untag,
} from './index-file.ts'

const VERSION = '1.0.0'
/** In bytes of manifests: what a search for referrers reads; what is beyond is left to whoever asked. */
const SEARCH_LIMIT = 256 * 1024 * 1024
const SHOWN_TAGS = 5

interface Creation {
  readonly create: boolean
  /** Ends the wait for others who write to the directory. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens an OCI image layout, a repository as a directory that needs no server, and writes an empty one first where
 * `create` is given and none is there. Any number of processes may read and write it at the same time.
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 * Throws NOT_FOUND if there is none, ARTIFACT_MALFORMED, FILE_UNREADABLE and FILE_UNWRITABLE.
 */
export async function openLayout(path: string, { create, signal }: Creation): Promise<DeletableTarget> {
  const name = formatRepository({ kind: 'layout', path })
  if (!(await isLayout(path, name))) {
    if (!create)
      throw new WasmpackError(
        'NOT_FOUND',
        `${name} is not there: ${join(path, 'oci-layout')} does not exist`,
        {
          hint: 'check the path, or write something to it first with: wasmpack push',
        },
      )
    // The marker comes last: what has one is whole, also if this process is killed between the two.
    await createDirectory(path)
    await createIndexFile(path, name, signal)
    const marker = new TextEncoder().encode(JSON.stringify({ imageLayoutVersion: VERSION }))
    await writeAtomically(join(path, 'oci-layout'), once(marker))
  }
  return new LayoutTarget(path, name)
}

async function isLayout(path: string, name: string): Promise<boolean> {
  const file = join(path, 'oci-layout')
  const what = `oci-layout of ${name}`
  let version: unknown
  try {
    const marker = parseJson(await collect(readRegular(file), 4096, what), what)
    version = isRecord(marker) ? marker['imageLayoutVersion'] : undefined
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false
    throw unreadable(file, error)
  }
  if (version === VERSION) return true
  throw new WasmpackError(
    'ARTIFACT_MALFORMED',
    `${what} has the version ${JSON.stringify(version)?.slice(0, 40)}, not ${JSON.stringify(VERSION)}`,
    { hint: 'the directory is no OCI layout, or one of a kind that is not known yet' },
  )
}

class LayoutTarget implements DeletableTarget {
  readonly name: string
  readonly #directory: string
  readonly #blobs: BlobDirectory

  constructor(directory: string, name: string) {
    this.name = name
    this.#directory = directory
    this.#blobs = new BlobDirectory(directory, name)
  }

  async resolve(reference: string, operation?: Operation): Promise<Descriptor> {
    return describeManifest(await this.manifest(reference, operation))
  }

  async manifest(reference: string, operation?: Operation): Promise<Manifest | Index> {
    return this.#read(await this.#find(reference), operation)
  }

  fetch(descriptor: Descriptor, operation?: Operation): AsyncIterable<Uint8Array> {
    return this.#blobs.read(descriptor, operation)
  }

  exists(descriptor: Descriptor, operation?: Operation): Promise<boolean> {
    return this.#blobs.holds(descriptor, operation?.signal)
  }

  async tags(): Promise<readonly string[]> {
    const names = (await this.#entries()).flatMap(({ tag }) => (tag !== undefined && isTag(tag) ? [tag] : []))
    return [...new Set(names)].sort()
  }

  /**
   * Those that index.json lists, and those of a fallback tag as regctl writes it. What is damaged or beyond the limit, and
   * so might have been one, is given back as it is listed: whoever reads it finds what is wrong with it.
   */
  async referrers(subject: Digest, operation?: Operation): Promise<readonly Descriptor[]> {
    const entries = await this.#entries()
    const fallback = entries.find(({ tag }) => tag === referrersTag(subject))
    const listed = fallback === undefined ? undefined : await this.#attempt(fallback.descriptor, operation)
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
      const manifest = left < 0 ? 'unread' : await this.#attempt(candidate, operation)
      if (manifest === 'unread') found.push(candidate)
      else if (manifest === 'damaged') found.push(...(mayRefer(candidate) ? [candidate] : []))
      else if (manifest?.subject?.digest === subject) found.push(describeReferrer(manifest))
    }
    return found
  }

  push(blob: Blob, operation?: Operation): Promise<'pushed' | 'present'> {
    return this.#blobs.write(blob, operation)
  }

  pushSource(source: Source, operation?: Operation): Promise<Digest> {
    return this.#blobs.writeSource(source, operation)
  }

  async pushManifest(manifest: Manifest | Index, tag?: string, operation?: Operation): Promise<void> {
    for (const needed of successors(manifest))
      if (!(await this.#blobs.has(needed)))
        throw this.#blobs.absent(manifest.kind === 'index' ? 'manifest' : 'blob', needed.digest)
    await this.#blobs.write(blobOf(manifest.bytes, describeManifest(manifest)), { signal: operation?.signal })
    await this.#blobs.sync(manifest.digest)
    await listManifest(this.#directory, this.name, manifest, tag, operation?.signal)
    // Somebody may have deleted it just before it was listed again.
    if (!(await this.#blobs.has(describeManifest(manifest))))
      await this.#blobs.write(blobOf(manifest.bytes, describeManifest(manifest)), {
        signal: operation?.signal,
      })
  }

  async delete(reference: string, operation?: Operation): Promise<void> {
    const { digest } = await this.#find(reference)
    if (!isDigest(reference)) return untag(this.#directory, this.name, reference, operation?.signal)
    await this.#refuseChild(digest, operation)
    const remove = (): Promise<void> => this.#blobs.remove(digest)
    await unlistManifest(this.#directory, this.name, digest, remove, operation?.signal)
  }

  async #refuseChild(digest: Digest, operation: Operation | undefined): Promise<void> {
    for (const { descriptor } of await this.#entries()) {
      if (!isIndexType(descriptor.mediaType) || descriptor.digest === digest) continue
      const index = await this.#attempt(descriptor, operation)
      if (typeof index !== 'object' || !successors(index).some((child) => child.digest === digest)) continue
      throw new WasmpackError(
        'REGISTRY_REFUSED',
        `${digest} is part of the index ${index.digest} in ${this.name}`,
        {
          hint: 'delete the index first: without this manifest it would not be whole',
        },
      )
    }
  }

  #entries(): Promise<readonly Entry[]> {
    return readEntries(this.#directory, this.name)
  }

  async #find(reference: string): Promise<Pick<Descriptor, 'digest' | 'size'> & Partial<Descriptor>> {
    if (isDigest(reference)) {
      // Not by index.json: a child of an index need not be listed, and what is listed need not be listed rightly.
      const size = await this.#blobs.size(reference)
      if (size === undefined) throw this.#blobs.absent('manifest', reference)
      return { digest: reference, size }
    }
    const entries = await this.#entries()
    const named = entries.filter(({ tag }) => tag === reference).map(({ descriptor }) => descriptor)
    if (new Set(named.map(({ digest }) => digest)).size > 1)
      throw new WasmpackError('ARTIFACT_MALFORMED', `${this.name} has the tag ${reference} more than once`, {
        hint: `name the manifest by its digest: ${named.map(({ digest }) => digest).join(' or ')}`,
      })
    if (named[0] !== undefined) return named[0]
    throw new WasmpackError('NOT_FOUND', `${this.name} has no tag ${reference}`, {
      hint: tagsHint(await this.tags()),
    })
  }

  async #read(
    found: Pick<Descriptor, 'digest' | 'size'> & Partial<Descriptor>,
    operation?: Operation,
  ): Promise<Manifest | Index> {
    const what = `manifest ${found.digest} of ${this.name}`
    const bytes = await collect(
      this.#blobs.read(found, { signal: operation?.signal }),
      MANIFEST_SIZE_LIMIT,
      what,
    )
    // The digest that it was found by, which may be a sha512.
    return { ...parseManifest(bytes, found.mediaType, what), digest: found.digest }
  }

  /** A manifest that is listed and not there cannot be what anybody looks for; one that is damaged could have been. */
  async #attempt(
    candidate: Descriptor,
    operation?: Operation,
  ): Promise<Manifest | Index | 'damaged' | 'unread' | undefined> {
    try {
      if ((await this.#blobs.size(candidate.digest)) === undefined) return undefined
      return await this.#read(candidate, operation)
    } catch (error) {
      operation?.signal?.throwIfAborted()
      if (!(error instanceof WasmpackError)) throw error
      return error.code === 'FILE_UNREADABLE' ? 'unread' : 'damaged'
    }
  }
}

/** By the type that it is listed with: what is listed by the type of its config is an artifact in its own right. */
const mayRefer = ({ artifactType }: Descriptor): boolean => !/\.config\.v[0-9]/.test(artifactType ?? '')

function tagsHint(tags: readonly string[]): string {
  if (tags.length === 0) return 'nothing in it has a tag yet: push it first, or name it by its digest'
  const more = tags.length > SHOWN_TAGS ? ` and ${tags.length - SHOWN_TAGS} more` : ''
  return `it has: ${tags.slice(0, SHOWN_TAGS).join(', ')}${more}`
}
