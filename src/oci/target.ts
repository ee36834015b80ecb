import { WasmpackError } from '../errors.ts'
import type { Blob, Descriptor, UnhashedBlob } from './descriptor.ts'
import type { Digest } from './digest.ts'
import type { Index, Manifest } from './manifest.ts'

export interface Operation {
  readonly signal?: AbortSignal | undefined
  /** Hears of every chunk of a blob that went over the wire or onto the disk, in bytes. */
  readonly progress?: ((bytes: number) => void) | undefined
  /** Past every cache on the way: what came from one before was damaged, or is not there. */
  readonly fresh?: boolean | undefined
}

/** Whether a blob was sent, was taken over from another repository without being sent, or was there. */
export type PushOutcome = 'pushed' | 'mounted' | 'present'

export interface PushOperation extends Operation {
  /**
   * A repository of the same registry, as its users write it without the registry, that the user or the copy named as one
   * that holds the blob: it is mounted from there where the registry can, and uploaded otherwise. Elsewhere it says nothing.
   */
  readonly from?: string | undefined
}

export interface PushUnhashedOperation extends Operation {
  /** Hears of the digest if it is known before the content is there; at most once. */
  readonly onDigest?: ((digest: Digest) => void) | undefined
}

/**
 * One repository's content, wherever it is: in memory, in an OCI layout, in a registry. Everything that it hands out is
 * what its digest says: a reader need not check again, and nobody can forget to.
 */
export interface ReadOnlyTarget {
  /** The repository as users write it, for messages and for `docker-reference`; no tag, no digest. */
  readonly name: string
  /** Why there may be referrers that are not listed, for messages; absent where the list is whole. */
  readonly unlisted?: string | undefined
  /** The manifest that a tag or digest names, without its content. Throws NOT_FOUND. */
  resolve(reference: string, operation?: Operation): Promise<Descriptor>
  /** The manifest or index that a tag or digest names, verified and parsed, in one request. Throws NOT_FOUND. */
  manifest(reference: string, operation?: Operation): Promise<Manifest | Index>
  /** A blob's bytes; the stream throws DIGEST_MISMATCH at its end if they are wrong, NOT_FOUND at its start. */
  fetch(descriptor: Descriptor, operation?: Operation): AsyncIterable<Uint8Array>
  /** Whether the blob or manifest is there; where the store can tell without a transfer, also whether it is whole. */
  exists(descriptor: Descriptor, operation?: Operation): Promise<boolean>
  /**
   * The manifests whose subject is the given one, as descriptors with artifactType and annotations where known. Joins
   * every place where referrers may be listed; a look-up that fails throws and is never "none".
   */
  referrers(subject: Digest, operation?: ReferrersOperation): Promise<readonly Descriptor[]>
  /** Every tag, sorted. */
  tags(operation?: Operation): Promise<readonly string[]>
}

/** How referrers are looked for. */
export interface ReferrersOperation extends Operation {
  /**
   * What is wanted, so that a registry need not list the rest. It may list it all the same, and under another type than the
   * manifest's own: whoever must miss none gives no type, and whoever gives one looks at the manifests.
   */
  readonly artifactType?: string | undefined
}

/** A repository that can be written to. Every write is idempotent. */
export interface Target extends ReadOnlyTarget {
  /** Writes a blob unless it is there already; tells which. */
  push(blob: Blob, operation?: PushOperation): Promise<PushOutcome>
  /**
   * Writes content that is hashed on its way, unless it turns out to be there meanwhile; gives its digest. What the source
   * throws is thrown, and nothing stored.
   */
  pushUnhashed(source: UnhashedBlob, operation?: PushUnhashedOperation): Promise<Digest>
  /**
   * Writes a manifest by its digest, or by the tag if one is given; what it points to must be there already. One with a
   * subject becomes discoverable by `referrers`, whatever the target's means.
   */
  pushManifest(manifest: Manifest | Index, tag?: string, operation?: Operation): Promise<void>
  /**
   * Only where what is written is there for others all at once: makes it so. Without it nothing was written. Whoever writes to a
   * target calls it when all is there, and `discard` in any case, which clears away what was not committed.
   */
  commit?(operation?: Operation): Promise<void>
  discard?(): Promise<void>
}

/** A repository that something can be taken out of again. */
export interface DeletableTarget extends Target {
  /**
   * Takes away a tag, and nothing but the tag; or by its digest a manifest, with every tag that names it. Blobs stay where
   * they are, and so does what refers to the manifest. A referrer is no longer found by `referrers`. Throws NOT_FOUND.
   */
  delete(reference: string, operation?: Operation): Promise<void>
}

/** A target that can be asked whether a tag still names what it did. */
export interface RevalidatingTarget extends ReadOnlyTarget {
  /** The manifest that a tag names, or undefined if it is still the `known` one; in one request. Throws NOT_FOUND. */
  manifestIfChanged(known: Digest, tag: string, operation?: Operation): Promise<Manifest | Index | undefined>
}

/** A repository that may hold what another one does. */
export interface Mirror {
  readonly target: ReadOnlyTarget
  readonly serves: 'all' | 'digest-only' | 'tag-only'
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
