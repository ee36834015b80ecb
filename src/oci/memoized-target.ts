import type { WasmpackError } from '../errors.ts'
import { type Descriptor, streamBytes } from './descriptor.ts'
import type { Digest } from './digest.ts'
import type { Index, Manifest } from './manifest.ts'
import type { Operation, ReadOnlyTarget, ReferrersOperation } from './target.ts'

/** For all blobs together, in bytes; larger ones are read again. */
const CAPACITY = 8 * 1024 * 1024

interface ReferrersLookup {
  readonly listed: readonly Descriptor[]
  /** Of a place that could not be read. */
  readonly problem: WasmpackError | undefined
}

/**
 * A target that memoizes manifests, small blobs and lists of referrers. A copy after a check then writes the very bytes that were
 * checked, and a tag keeps its meaning.
 */
export class MemoizedTarget implements ReadOnlyTarget {
  readonly name: string
  readonly #target: ReadOnlyTarget
  readonly #manifests = new Map<string, Promise<Manifest | Index>>()
  readonly #referrers = new Map<Digest, Promise<ReferrersLookup>>()
  readonly #blobs = new Map<Digest, Uint8Array>()
  #left = CAPACITY

  constructor(target: ReadOnlyTarget) {
    this.name = target.name
    this.#target = target
  }

  resolve(reference: string, operation?: Operation): Promise<Descriptor> {
    return this.#target.resolve(reference, operation)
  }

  manifest(reference: string, operation?: Operation): Promise<Manifest | Index> {
    return memoize(this.#manifests, reference, () => this.#target.manifest(reference, operation))
  }

  async *fetch(descriptor: Descriptor, operation?: Operation): AsyncGenerator<Uint8Array> {
    const { digest, size } = descriptor
    const held = this.#blobs.get(digest)
    if (held?.length === size) return yield* streamBytes(held)
    const chunks: Uint8Array[] | undefined = size <= this.#left ? [] : undefined
    if (chunks !== undefined) this.#left -= size
    for await (const chunk of this.#target.fetch(descriptor, operation)) {
      chunks?.push(chunk)
      yield chunk
    }
    // A stream is verified only at its end.
    if (chunks !== undefined) this.#blobs.set(digest, Buffer.concat(chunks))
  }

  exists(descriptor: Descriptor, operation?: Operation): Promise<boolean> {
    return this.#target.exists(descriptor, operation)
  }

  /** Ignores `artifactType`, so that one list serves all callers. */
  async referrers(
    subject: Digest,
    { signal, onUnreadable }: ReferrersOperation = {},
  ): Promise<readonly Descriptor[]> {
    const { listed, problem } = await memoize(this.#referrers, subject, () =>
      this.#lookUpReferrers(subject, signal),
    )
    if (problem === undefined) return listed
    if (onUnreadable === undefined) throw problem
    onUnreadable(problem)
    return listed
  }

  async #lookUpReferrers(subject: Digest, signal: AbortSignal | undefined): Promise<ReferrersLookup> {
    let problem: WasmpackError | undefined
    const onUnreadable = (one: WasmpackError): void => void (problem = one)
    const listed = await this.#target.referrers(subject, { signal, onUnreadable })
    return { listed, problem }
  }

  tags(operation?: Operation): Promise<readonly string[]> {
    return this.#target.tags(operation)
  }
}

/** Failures are not memoized. */
function memoize<Key, Value>(
  memory: Map<Key, Promise<Value>>,
  key: Key,
  ask: () => Promise<Value>,
): Promise<Value> {
  const known = memory.get(key)
  if (known !== undefined) return known
  const pending = ask()
  memory.set(key, pending)
  pending.catch(() => memory.delete(key))
  return pending
}
