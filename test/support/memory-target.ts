import { WasmpackError } from '../../src/errors.ts'
import {
  type Blob,
  collect,
  type Descriptor,
  hashWhileReading,
  streamBytes,
  type UnhashedBlob,
  verifyWhileReading,
} from '../../src/oci/descriptor.ts'
import { type Digest, Digester } from '../../src/oci/digest.ts'
import {
  describeManifest,
  describeReferrer,
  type Index,
  type Manifest,
  getSuccessors,
} from '../../src/oci/manifest.ts'
import type { DeletableTarget, Operation } from '../../src/oci/target.ts'

/** A repository in memory, for dry runs and tests. Content is copied on write. */
export class MemoryTarget implements DeletableTarget {
  readonly name: string
  readonly #blobs = new Map<Digest, Uint8Array>()
  readonly #manifests = new Map<Digest, Manifest | Index>()
  readonly #tags = new Map<string, Digest>()

  constructor(name = 'memory') {
    this.name = name
  }

  async resolve(reference: string, operation?: Operation): Promise<Descriptor> {
    return describeManifest(await this.manifest(reference, operation))
  }

  async manifest(reference: string, operation?: Operation): Promise<Manifest | Index> {
    operation?.signal?.throwIfAborted()
    const manifest = this.#manifests.get(this.#tags.get(reference) ?? (reference as Digest))
    if (manifest === undefined) throw this.#absent(reference)
    return manifest
  }

  async *fetch(descriptor: Descriptor, operation?: Operation): AsyncGenerator<Uint8Array> {
    operation?.signal?.throwIfAborted()
    const bytes = this.#blobs.get(descriptor.digest) ?? this.#manifests.get(descriptor.digest)?.bytes
    if (bytes === undefined) throw this.#absent(descriptor.digest)
    operation?.progress?.(bytes.length)
    yield* verifyWhileReading(streamBytes(bytes), descriptor)
  }

  async exists(descriptor: Descriptor): Promise<boolean> {
    return this.#blobs.has(descriptor.digest) || this.#manifests.has(descriptor.digest)
  }

  async referrers(subject: Digest): Promise<readonly Descriptor[]> {
    return [...this.#manifests.values()]
      .filter((manifest) => manifest.subject?.digest === subject)
      .map(describeReferrer)
  }

  async tags(): Promise<readonly string[]> {
    return [...this.#tags.keys()].sort()
  }

  async push(blob: Blob, operation?: Operation): Promise<'pushed' | 'present'> {
    operation?.signal?.throwIfAborted()
    const { digest, size } = blob.descriptor
    if (this.#blobs.has(digest)) return 'present'
    const bytes = await collect(verifyWhileReading(blob.open(), blob.descriptor), size, `blob ${digest}`)
    this.#blobs.set(digest, bytes.slice())
    operation?.progress?.(size)
    return 'pushed'
  }

  async pushUnhashed(source: UnhashedBlob, operation?: Operation): Promise<Digest> {
    operation?.signal?.throwIfAborted()
    const digester = new Digester()
    const bytes = await collect(
      hashWhileReading(source.open(), source.size, digester),
      source.size,
      'content',
    )
    const digest = digester.digest()
    this.#blobs.set(digest, bytes.slice())
    operation?.progress?.(source.size)
    return digest
  }

  async pushManifest(manifest: Manifest | Index, tag?: string, operation?: Operation): Promise<void> {
    operation?.signal?.throwIfAborted()
    for (const descriptor of getSuccessors(manifest))
      if (!(await this.exists(descriptor))) throw this.#absent(descriptor.digest)
    this.#manifests.set(manifest.digest, manifest)
    if (tag !== undefined) this.#tags.set(tag, manifest.digest)
  }

  async delete(reference: string): Promise<void> {
    if (this.#tags.delete(reference)) return
    if (!this.#manifests.delete(reference as Digest)) throw this.#absent(reference)
    for (const [tag, digest] of this.#tags) if (digest === reference) this.#tags.delete(tag)
  }

  #absent(reference: string): WasmpackError {
    return new WasmpackError('NOT_FOUND', `${this.name} has no ${reference}`)
  }
}
