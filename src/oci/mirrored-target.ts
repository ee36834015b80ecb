import { type ErrorCode, WasmpackError } from '../errors.ts'
import type { Blob, Descriptor, UnhashedBlob } from './descriptor.ts'
import type { Digest } from './digest.ts'
import type { Index, Manifest } from './manifest.ts'
import type {
  Mirror,
  Operation,
  PushOperation,
  PushOutcome,
  ReadOnlyTarget,
  ReferrersOperation,
  PushUnhashedOperation,
  Target,
} from './target.ts'

export interface MirroredLocations {
  /** Where users write that it is, and where it is written to. */
  readonly written: Target
  /** In the order in which they are asked. */
  readonly mirrors: readonly Mirror[]
  /** Asked last, and alone for lists: of tags, and of referrers. */
  readonly primary: ReadOnlyTarget
  /** Hears why a mirror was passed over. */
  readonly note: (line: string) => void
}

/** What ends the question to one mirror and not the run; whatever it handed out was verified before. */
const PASSED_OVER: ReadonlySet<ErrorCode> = new Set([
  'NOT_FOUND',
  'UNAVAILABLE',
  'UNAUTHENTICATED',
  'REGISTRY_REFUSED',
  'ARTIFACT_MALFORMED',
  'DIGEST_MISMATCH',
])

/**
 * A repository that is read from the first of its mirrors that has what is asked for, and from its primary location last.
 * Lists come from the primary location only: of a mirror that has no signature nobody can tell whether there is none.
 */
export const createMirroredTarget = (places: MirroredLocations): Target => new MirroredTarget(places)

class MirroredTarget implements Target {
  readonly name: string
  readonly #places: MirroredLocations
  /** Where the last manifest came from: what it names is likely to be there too. */
  #last: ReadOnlyTarget | undefined
  /** Mirrors that did not answer; they are not waited for again. */
  readonly #silent = new Set<ReadOnlyTarget>()

  constructor(places: MirroredLocations) {
    this.name = places.written.name
    this.#places = places
  }

  get unlisted(): string | undefined {
    return this.#places.primary.unlisted
  }

  resolve(reference: string, operation?: Operation): Promise<Descriptor> {
    return this.#first(this.#serving(reference), (target) => target.resolve(reference, operation))
  }

  manifest(reference: string, operation?: Operation): Promise<Manifest | Index> {
    return this.#first(this.#serving(reference), async (target) => {
      const manifest = await target.manifest(reference, operation)
      this.#last = target
      return manifest
    })
  }

  /** Once a first byte was handed out there is no other source for the rest: only one stream as a whole can be verified. */
  async *fetch(descriptor: Descriptor, operation?: Operation): AsyncGenerator<Uint8Array> {
    const last = this.#last === undefined ? [] : [this.#last]
    const targets = new Set([...last, ...this.#serving(descriptor.digest)])
    const { stream, first } = await this.#first(targets, async (target) => {
      const stream = target.fetch(descriptor, operation)[Symbol.asyncIterator]()
      return { stream, first: await stream.next() }
    })
    try {
      for (let next = first; next.done !== true; next = await stream.next()) yield next.value
    } finally {
      await stream.return?.()
    }
  }

  async exists(descriptor: Descriptor, operation?: Operation): Promise<boolean> {
    return await this.#first(this.#serving(descriptor.digest), async (target) => {
      if (await target.exists(descriptor, operation)) return true
      throw new WasmpackError('NOT_FOUND', `${target.name} has no ${descriptor.digest}`)
    }).catch((error: unknown) => {
      if (error instanceof WasmpackError && error.code === 'NOT_FOUND') return false
      throw error
    })
  }

  referrers(subject: Digest, operation?: ReferrersOperation): Promise<readonly Descriptor[]> {
    return this.#places.primary.referrers(subject, operation)
  }

  tags(operation?: Operation): Promise<readonly string[]> {
    return this.#places.primary.tags(operation)
  }

  push(blob: Blob, operation?: PushOperation): Promise<PushOutcome> {
    return this.#places.written.push(blob, operation)
  }

  pushUnhashed(source: UnhashedBlob, operation?: PushUnhashedOperation): Promise<Digest> {
    return this.#places.written.pushUnhashed(source, operation)
  }

  pushManifest(manifest: Manifest | Index, tag?: string, operation?: Operation): Promise<void> {
    return this.#places.written.pushManifest(manifest, tag, operation)
  }

  /** Whom to ask for a tag or a digest, in order; the primary is among them. */
  #serving(reference: string): readonly ReadOnlyTarget[] {
    const { mirrors, primary } = this.#places
    const other = reference.includes(':') ? 'tag-only' : 'digest-only'
    const able = mirrors.filter(({ serves }) => serves !== other).map(({ target }) => target)
    return [...able, primary]
  }

  async #first<T>(
    targets: Iterable<ReadOnlyTarget>,
    ask: (target: ReadOnlyTarget) => Promise<T>,
  ): Promise<T> {
    const { primary, note } = this.#places
    let failure: unknown
    for (const target of targets) {
      if (this.#silent.has(target)) continue
      try {
        return await ask(target)
      } catch (error) {
        if (!(error instanceof WasmpackError) || !PASSED_OVER.has(error.code)) throw error
        // The error of the primary location tells most, wherever it stood in the order.
        if (failure === undefined || target === primary) failure = error
        if (target !== primary && error.code === 'UNAVAILABLE') this.#silent.add(target)
        note(`* ${target.name} is passed over: ${error.message}`)
      }
    }
    throw failure
  }
}
