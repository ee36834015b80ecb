import { WasmpackError } from '../../errors.ts'
import { type Descriptor, collect } from '../descriptor.ts'
import { type Digest, isDigest } from '../digest.ts'
import { type Index, type Manifest, describeManifest } from '../manifest.ts'
import type { Operation, ReadOnlyTarget, ReferrersOperation, RevalidatingTarget } from '../target.ts'
import type { CachedContent } from './cached-content.ts'

/** Blobs up to this size are read whole before the first byte is passed on, so that damage leads to a new download. In bytes. */
const SMALL = 1024 * 1024

/**
 * A repository whose manifests and blobs are read from the cache if possible. Tags, existence and referrers always come from the
 * repository itself.
 */
export class CachedTarget implements ReadOnlyTarget {
  readonly name: string
  readonly #origin: RevalidatingTarget
  readonly #content: CachedContent

  constructor(origin: RevalidatingTarget, content: CachedContent) {
    this.name = origin.name
    this.#origin = origin
    this.#content = content
  }

  async manifest(reference: string, operation: Operation = {}): Promise<Manifest | Index> {
    if (isDigest(reference)) {
      const kept = operation.fresh === true ? undefined : await this.#content.readManifest(reference)
      if (kept !== undefined) return kept
      const manifest = await this.#origin.manifest(reference, operation)
      await this.#content.keepManifest(manifest)
      return manifest
    }
    const known = await this.#content.readTagged(reference)
    const changed =
      known === undefined
        ? await this.#origin.manifest(reference, operation)
        : await this.#origin.manifestIfChanged(known.digest, reference, operation)
    if (changed === undefined) return known!
    await this.#content.keepManifest(changed)
    await this.#content.keepTag(reference, changed.digest)
    return changed
  }

  async *fetch(descriptor: Descriptor, operation: Operation = {}): AsyncGenerator<Uint8Array> {
    if (operation.fresh !== true && (await this.#content.hasBlob(descriptor))) {
      const kept = this.#content.readBlob(descriptor, operation)
      if (descriptor.size > SMALL) return yield* kept
      const bytes = await collectIfIntact(kept, descriptor)
      if (bytes !== undefined) return yield bytes
    }
    yield* this.#content.keepWhileReading(descriptor, this.#origin.fetch(descriptor, operation))
  }

  async resolve(reference: string, operation?: Operation): Promise<Descriptor> {
    const kept = isDigest(reference) ? await this.#content.readManifest(reference) : undefined
    return kept === undefined ? await this.#origin.resolve(reference, operation) : describeManifest(kept)
  }

  exists(descriptor: Descriptor, operation?: Operation): Promise<boolean> {
    return this.#origin.exists(descriptor, operation)
  }

  referrers(subject: Digest, operation?: ReferrersOperation): Promise<readonly Descriptor[]> {
    return this.#origin.referrers(subject, operation)
  }

  tags(operation?: Operation): Promise<readonly string[]> {
    return this.#origin.tags(operation)
  }
}

async function collectIfIntact(
  chunks: AsyncIterable<Uint8Array>,
  { size, digest }: Descriptor,
): Promise<Uint8Array | undefined> {
  try {
    return await collect(chunks, size, `blob ${digest}`)
  } catch (error) {
    if (error instanceof WasmpackError && error.code === 'DIGEST_MISMATCH') return undefined
    throw error
  }
}
