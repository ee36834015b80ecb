import { WasmpackError } from '../../errors.ts'
import type { Blob, Descriptor, UnhashedBlob } from '../descriptor.ts'
import { type Digest, isDigest } from '../digest.ts'
import { type Index, type Manifest, isManifestType, getSuccessors } from '../manifest.ts'
import type { RegistryReference } from '../reference.ts'
import {
  catchWithheld,
  type DeletableTarget,
  type Operation,
  type PushOperation,
  type PushOutcome,
  type ReferrersOperation,
  type RevalidatingTarget,
  type PushUnhashedOperation,
} from '../target.ts'
import { blobExists } from './blobs/blob-exists.ts'
import { fetchBlob } from './blobs/download.ts'
import { pushBlob, pushUnhashed } from './blobs/upload.ts'
import { RegistryConnection, type RegistryOptions } from './connection.ts'
import { deleteManifest } from './manifests/delete-manifest.ts'
import { deleteTag } from './delete-tag.ts'
import { keepsTag, nameKeptTag } from './kept-tag.ts'
import { addToFallback, removeFromFallback } from './manifests/fallback-tag.ts'
import { isMissingBlob, writeManifest } from './manifests/write-manifest.ts'
import { getManifest, getManifestIfChanged, manifestExists, resolveManifest } from './manifests/manifests.ts'
import { askReferrersApi, listReferrers } from './manifests/referrers.ts'
import { listTags } from './manifests/tags.ts'

/** Opens the repository of a reference; connects at the first operation. */
export const openRegistry = (
  reference: RegistryReference,
  options: RegistryOptions,
): DeletableTarget & RevalidatingTarget => new RegistryTarget(new RegistryConnection(reference, options))

class RegistryTarget implements DeletableTarget, RevalidatingTarget {
  readonly name: string
  readonly #connection: RegistryConnection
  /** Undefined until a response shows it. */
  #hasReferrersApi: boolean | undefined
  /** Blobs that were pushed or found since the target was opened; configs are often equal. */
  readonly #present = new Set<Digest>()
  /** Blobs that the registry claimed to have, to be uploaded if it turns out to lack them. */
  readonly #claimed = new Map<Digest, Blob>()

  constructor(connection: RegistryConnection) {
    this.name = connection.name
    this.#connection = connection
  }

  /** Seen in Harbor 2.15, which answers 200 with an empty list. */
  get unlisted(): string | undefined {
    return this.#connection.isProxyCache
      ? 'the project is a proxy cache, which does not list the signatures of the registry behind it: verify there'
      : undefined
  }

  resolve(reference: string, operation?: Operation): Promise<Descriptor> {
    return resolveManifest(this.#connection, reference, operation)
  }

  manifest(reference: string, operation?: Operation): Promise<Manifest | Index> {
    return getManifest(this.#connection, reference, operation)
  }

  manifestIfChanged(
    known: Digest,
    tag: string,
    operation?: Operation,
  ): Promise<Manifest | Index | undefined> {
    return getManifestIfChanged(this.#connection, known, tag, operation)
  }

  fetch(descriptor: Descriptor, operation?: Operation): AsyncIterable<Uint8Array> {
    return fetchBlob(this.#connection, descriptor, operation)
  }

  exists({ mediaType, digest }: Descriptor, operation?: Operation): Promise<boolean> {
    return isManifestType(mediaType)
      ? manifestExists(this.#connection, digest, operation)
      : blobExists(this.#connection, digest, operation)
  }

  async referrers(subject: Digest, operation?: ReferrersOperation): Promise<readonly Descriptor[]> {
    const { api, referrers } = await listReferrers(this.#connection, subject, operation)
    this.#hasReferrersApi = api ?? this.#hasReferrersApi
    return referrers
  }

  tags(operation?: Operation): Promise<readonly string[]> {
    return listTags(this.#connection, operation)
  }

  async push(blob: Blob, operation?: PushOperation): Promise<PushOutcome> {
    const { digest } = blob.descriptor
    if (this.#present.has(digest)) return 'present'
    const outcome = await pushBlob(this.#connection, blob, operation)
    this.#note(blob, outcome)
    return outcome
  }

  async pushUnhashed(source: UnhashedBlob, operation?: PushUnhashedOperation): Promise<Digest> {
    const { digest, outcome } = await pushUnhashed(this.#connection, source, operation)
    const descriptor = { mediaType: 'application/octet-stream', digest, size: source.size }
    this.#note({ descriptor, open: () => source.open() }, outcome)
    return digest
  }

  #note(blob: Blob, outcome: PushOutcome): void {
    const { digest } = blob.descriptor
    this.#present.add(digest)
    if (outcome === 'present') this.#claimed.set(digest, blob)
  }

  async pushManifest(manifest: Manifest | Index, tag?: string, operation?: Operation): Promise<void> {
    const write = (): Promise<string | undefined> => writeManifest(this.#connection, manifest, tag, operation)
    const ociSubject = await write().catch(async (cause: unknown) => {
      if (!(cause instanceof WasmpackError)) throw cause
      if (tag !== undefined && (await keepsTag(this.#connection, cause, tag, operation)))
        throw nameKeptTag(cause, tag)
      if (!isMissingBlob(cause)) throw cause
      if (!(await this.#sendClaimed(manifest, operation))) throw cause
      return await write()
    })
    const subject = manifest.subject?.digest
    if (subject === undefined) return
    if (ociSubject === subject && (await this.#referrersApi(subject, operation))) return
    await addToFallback(this.#connection, subject, manifest, operation)
  }

  /** Uploads the blobs that the registry claimed to have: a proxy's cache may know a blob that the registry lost. False if there are none. */
  async #sendClaimed(manifest: Manifest | Index, operation: Operation | undefined): Promise<boolean> {
    const claimed = getSuccessors(manifest).flatMap(({ digest }) => this.#claimed.get(digest) ?? [])
    for (const blob of claimed) {
      await pushBlob(this.#connection, blob, { ...operation, fresh: true })
      this.#claimed.delete(blob.descriptor.digest)
    }
    return claimed.length > 0
  }

  async delete(reference: string, operation?: Operation): Promise<void> {
    if (!isDigest(reference)) {
      const named = await this.manifest(reference, operation)
      return await deleteTag(this.#connection, reference, named, operation ?? {})
    }
    const manifest = await catchWithheld(this.manifest(reference, operation))
    // Only registries with the referrers API withhold manifests, so no list names it.
    const subject = manifest === 'withheld' ? undefined : manifest.subject?.digest
    if (manifest === 'withheld' || subject === undefined)
      return await deleteManifest(this.#connection, reference, operation)
    // Remove it from the list first: registries refuse a list with a missing manifest.
    const wasListed = await removeFromFallback(this.#connection, subject, manifest, operation).catch(
      async (cause: unknown) => {
        operation?.signal?.throwIfAborted()
        // Where the API lists referrers, a tag that cannot be read keeps none of them.
        const isListed = await this.#referrersApi(subject, operation).catch(() => false)
        if (!(cause instanceof WasmpackError && isListed)) throw cause
        return false
      },
    )
    await deleteManifest(this.#connection, reference, operation).catch(async (cause: unknown) => {
      // Report why the deletion failed, even if restoring the list fails too.
      if (wasListed)
        await addToFallback(this.#connection, subject, manifest, operation).catch(() => undefined)
      throw cause
    })
  }

  /** Checked once: ECR sends OCI-Subject without having the API. */
  async #referrersApi(subject: Digest, operation: Operation | undefined): Promise<boolean> {
    this.#hasReferrersApi ??= (await askReferrersApi(this.#connection, subject, operation)) !== undefined
    return this.#hasReferrersApi
  }
}
