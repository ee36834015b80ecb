import { join } from 'node:path'

import { WasmpackError } from '../../errors.ts'
import { type Blob, blobOf, collect, type Descriptor } from '../descriptor.ts'
import { type Digest, isDigest, referrersTag } from '../digest.ts'
import { isRecord, parseJson } from '../json.ts'
import {
  describeManifest,
  describeReferrer,
  type Index,
  type Manifest,
  parseManifest,
  successors,
} from '../manifest.ts'
import { MANIFEST_SIZE_LIMIT } from '../media-types.ts'
import { formatRepository, isTag } from '../reference.ts'
import type { Operation, Target } from '../target.ts'
import { BlobDirectory } from './blobs.ts'
import { isSystemError, readRegular, unreadable, writeAtomically } from './files.ts'
import { createIndexFile, type Entry, listManifest, readEntries } from './index-file.ts'

const VERSION = '1.0.0'

/**
 * Opens an OCI image layout, a repository as a directory that needs no server, and writes an empty one first where
 * `create` is given and none is there. Any number of processes may read and write it at the same time.
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 * Throws NOT_FOUND if there is none, ARTIFACT_MALFORMED, FILE_UNREADABLE and FILE_UNWRITABLE.
 */
export async function openLayout(path: string, { create }: { readonly create: boolean }): Promise<Target> {
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
    const marker = new TextEncoder().encode(JSON.stringify({ imageLayoutVersion: VERSION }))
    await writeAtomically(join(path, 'oci-layout'), once(marker))
    await createIndexFile(path, name)
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

class LayoutTarget implements Target {
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

  exists(descriptor: Descriptor): Promise<boolean> {
    return this.#blobs.has(descriptor)
  }

  async tags(): Promise<readonly string[]> {
    const names = (await this.#entries()).flatMap(({ tag }) => (tag !== undefined && isTag(tag) ? [tag] : []))
    return [...new Set(names)].sort()
  }

  /** Those that index.json lists, and those of a fallback tag as regctl writes it. */
  async referrers(subject: Digest, operation?: Operation): Promise<readonly Descriptor[]> {
    const entries = await this.#entries()
    const fallback = entries.find(({ tag }) => tag === referrersTag(subject))
    const listed = fallback === undefined ? undefined : await this.#read(fallback.descriptor, operation)
    const candidates = [
      ...entries.map(({ descriptor }) => descriptor),
      ...(listed?.kind === 'index' ? listed.manifests : []),
    ]
    const found = new Map<Digest, Descriptor>()
    for (const candidate of candidates) {
      if (found.has(candidate.digest)) continue
      const manifest = await this.#readIfThere(candidate, operation)
      if (manifest?.subject?.digest === subject) found.set(candidate.digest, describeReferrer(manifest))
    }
    return [...found.values()]
  }

  push(blob: Blob, operation?: Operation): Promise<'pushed' | 'present'> {
    return this.#blobs.write(blob, operation)
  }

  async pushManifest(manifest: Manifest | Index, tag?: string, operation?: Operation): Promise<void> {
    for (const needed of successors(manifest))
      if (!(await this.#blobs.has(needed))) throw this.#blobs.absent(needed.digest)
    await this.#blobs.write(blobOf(manifest.bytes, describeManifest(manifest)), { signal: operation?.signal })
    await this.#blobs.sync(manifest.digest)
    await listManifest(this.#directory, this.name, manifest, tag)
  }

  #entries(): Promise<readonly Entry[]> {
    return readEntries(this.#directory, this.name)
  }

  async #find(reference: string): Promise<Pick<Descriptor, 'digest' | 'size'> & Partial<Descriptor>> {
    const entries = await this.#entries()
    if (isDigest(reference)) {
      const listed = entries.find(({ descriptor }) => descriptor.digest === reference)
      if (listed !== undefined) return listed.descriptor
      // A child of an index need not be listed itself.
      const size = await this.#blobs.size(reference)
      if (size !== undefined) return { digest: reference, size }
    }
    const named = entries.filter(({ tag }) => tag === reference).map(({ descriptor }) => descriptor)
    if (new Set(named.map(({ digest }) => digest)).size > 1)
      throw new WasmpackError('ARTIFACT_MALFORMED', `${this.name} has the tag ${reference} more than once`, {
        hint: `name the manifest by its digest: ${named.map(({ digest }) => digest).join(' or ')}`,
      })
    if (named[0] === undefined) throw this.#blobs.absent(reference)
    return named[0]
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
  async #readIfThere(candidate: Descriptor, operation?: Operation): Promise<Manifest | Index | undefined> {
    if ((await this.#blobs.size(candidate.digest)) === undefined) return undefined
    return this.#read(candidate, operation)
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
