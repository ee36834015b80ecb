import { WasmpackError } from '../errors.ts'
import type { Blob, Descriptor, UnhashedBlob } from './descriptor.ts'
import type { Digest } from './digest.ts'
import type { Index, Manifest } from './manifest.ts'

export interface Operation {
  readonly signal?: AbortSignal | undefined
  /** Called with the size in bytes of every chunk of a blob that was transferred. */
  readonly progress?: ((bytes: number) => void) | undefined
  /** Bypass caches (sends Cache-Control: no-cache); used after a digest mismatch. */
  readonly fresh?: boolean | undefined
}

/** Whether a blob was uploaded, was mounted from another repository, or existed already. */
export type PushOutcome = 'pushed' | 'mounted' | 'present'

export interface PushOperation extends Operation {
  /**
   * A repository of the same registry, without its host, to mount the blob from if the registry can; else it is uploaded.
   * Ignored by targets that cannot mount.
   */
  readonly from?: string | undefined
}

export interface PushUnhashedOperation extends Operation {
  /** Called at most once, as soon as all bytes have been hashed. */
  readonly onDigest?: ((digest: Digest) => void) | undefined
}

/**
 * The content of one repository: in memory, in an OCI layout or archive, or in a registry. All content is verified against its
 * digest, so callers need not verify again.
 */
export interface ReadOnlyTarget {
  /** The repository as users write it, without tag and digest; for messages and `docker-reference`. */
  readonly name: string
  /** Why the list of referrers may be incomplete, for messages, once one was requested; absent if it is complete. */
  readonly unlisted?: string | undefined
  /** The manifest that a tag or digest names, without its content. Throws NOT_FOUND. */
  resolve(reference: string, operation?: Operation): Promise<Descriptor>
  /** The manifest or index that a tag or digest names, verified and parsed, in one request. Throws NOT_FOUND. */
  manifest(reference: string, operation?: Operation): Promise<Manifest | Index>
  /** A blob's bytes; the stream throws DIGEST_MISMATCH at its end if they are wrong, NOT_FOUND at its start. */
  fetch(descriptor: Descriptor, operation?: Operation): AsyncIterable<Uint8Array>
  /** Whether the blob or manifest exists; where that needs no transfer, also whether it is intact. */
  exists(descriptor: Descriptor, operation?: Operation): Promise<boolean>
  /**
   * The manifests with the given subject, as descriptors with artifactType and annotations where known. Merges every place
   * that may list referrers; a failed lookup throws, or is told to `onUnreadable`, and is never an empty list.
   */
  referrers(subject: Digest, operation?: ReferrersOperation): Promise<readonly Descriptor[]>
  /** Every tag, sorted. */
  tags(operation?: Operation): Promise<readonly string[]>
}

/** Options of a referrers lookup. */
export interface ReferrersOperation extends Operation {
  /**
   * Lets a registry list only this type. It may list others too, or list a manifest under another type than its own: omit it
   * to miss none, and check the manifests if it is given.
   */
  readonly artifactType?: string | undefined
  /**
   * Called with the error of one place that lists referrers and cannot be read, while another one can: the list may then be incomplete.
   * Without it such an error is thrown.
   */
  readonly onUnreadable?: ((problem: WasmpackError) => void) | undefined
}

/** A repository that can be written to. Every write is idempotent. */
export interface Target extends ReadOnlyTarget {
  /** Writes a blob unless it exists, and returns which. */
  push(blob: Blob, operation?: PushOperation): Promise<PushOutcome>
  /**
   * Writes content that is hashed while it is written, unless it turns out to exist; returns its digest. If the content
   * throws, so does this, and nothing is stored.
   */
  pushUnhashed(source: UnhashedBlob, operation?: PushUnhashedOperation): Promise<Digest>
  /**
   * Writes a manifest by its digest, or by a tag; everything that it references must exist. With a subject it is listed by
   * `referrers` from then on.
   */
  pushManifest(manifest: Manifest | Index, tag?: string, operation?: Operation): Promise<void>
  /**
   * Publishes all writes atomically. Targets without it publish each write at once. Writers call it at the end, and always
   * call `discard`, which removes what was not committed.
   */
  commit?(operation?: Operation): Promise<void>
  discard?(): Promise<void>
}

/** A repository that supports deletion. */
export interface DeletableTarget extends Target {
  /**
   * Deletes a tag alone, or by digest a manifest with all its tags. Blobs and referrers of the manifest stay. A deleted
   * referrer is removed from `referrers`. Throws NOT_FOUND.
   */
  delete(reference: string, operation?: Operation): Promise<void>
}

/** A target that can revalidate a tag. */
export interface RevalidatingTarget extends ReadOnlyTarget {
  /** The manifest that a tag names, or undefined if it is still `known`; in one request. Throws NOT_FOUND. */
  manifestIfChanged(known: Digest, tag: string, operation?: Operation): Promise<Manifest | Index | undefined>
}

/** A repository that mirrors another one. */
export interface Mirror {
  readonly target: ReadOnlyTarget
  readonly serves: 'all' | 'digest-only' | 'tag-only'
}

/** Whether a policy of the registry withholds a manifest, as Harbor does with those that are not signed. */
export const isWithheld = (error: unknown): error is WasmpackError =>
  error instanceof WasmpackError && error.details?.['withheld'] === true

/** Turns the error of a withheld manifest into a value; other errors are thrown. */
export async function catchWithheld<T>(lookup: Promise<T>): Promise<T | 'withheld'> {
  try {
    return await lookup
  } catch (error) {
    if (isWithheld(error)) return 'withheld'
    throw error
  }
}

/** Turns NOT_FOUND into undefined; other errors are thrown. */
export async function undefinedIfNotFound<T>(lookup: Promise<T>): Promise<T | undefined> {
  try {
    return await lookup
  } catch (error) {
    if (error instanceof WasmpackError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}
