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
  /** The location in the user's reference; all writes go there. */
  readonly written: Target
  /** In the order in which they are tried. */
  readonly mirrors: readonly Mirror[]
  /** Tried last, and used alone for lists of tags and referrers. */
  readonly primary: ReadOnlyTarget
  /** Called with the reason when a mirror is skipped. */
  readonly note: (line: string) => void
}

/** Errors that skip a mirror; content that it served before was verified. */
const SKIPPABLE: ReadonlySet<ErrorCode> = new Set([
  'NOT_FOUND',
  'UNAVAILABLE',
  'UNAUTHENTICATED',
  'REGISTRY_REFUSED',
  'ARTIFACT_MALFORMED',
  'DIGEST_MISMATCH',
])

/**
 * A repository that is read from the first mirror that has the content, and from its primary location last. Lists come from
 * the primary location only, since a mirror may lack signatures.
 */
export const createMirroredTarget = (locations: MirroredLocations): Target => new MirroredTarget(locations)

class MirroredTarget implements Target {
  readonly name: string
  readonly #locations: MirroredLocations
  /** The source of the last manifest, which probably has its blobs too. */
  #last: ReadOnlyTarget | undefined
  /** Mirrors that were unavailable; they are not tried again. */
  readonly #unavailable = new Set<ReadOnlyTarget>()

  constructor(locations: MirroredLocations) {
    this.name = locations.written.name
    this.#locations = locations
  }

  get unlisted(): string | undefined {
    return this.#locations.primary.unlisted
  }

  resolve(reference: string, operation?: Operation): Promise<Descriptor> {
    return this.#tryEach(this.#findTargets(reference), (target) => target.resolve(reference, operation))
  }

  manifest(reference: string, operation?: Operation): Promise<Manifest | Index> {
    return this.#tryEach(this.#findTargets(reference), async (target) => {
      const manifest = await target.manifest(reference, operation)
      this.#last = target
      return manifest
    })
  }

  /** After the first byte there is no switch to another source: only a stream as a whole can be verified. */
  async *fetch(descriptor: Descriptor, operation?: Operation): AsyncGenerator<Uint8Array> {
    const last = this.#last === undefined ? [] : [this.#last]
    const targets = new Set([...last, ...this.#findTargets(descriptor.digest)])
    const { stream, first } = await this.#tryEach(targets, async (target) => {
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
    return await this.#tryEach(this.#findTargets(descriptor.digest), async (target) => {
      if (await target.exists(descriptor, operation)) return true
      throw new WasmpackError('NOT_FOUND', `${target.name} has no ${descriptor.digest}`)
    }).catch((error: unknown) => {
      if (error instanceof WasmpackError && error.code === 'NOT_FOUND') return false
      throw error
    })
  }

  referrers(subject: Digest, operation?: ReferrersOperation): Promise<readonly Descriptor[]> {
    return this.#locations.primary.referrers(subject, operation)
  }

  tags(operation?: Operation): Promise<readonly string[]> {
    return this.#locations.primary.tags(operation)
  }

  push(blob: Blob, operation?: PushOperation): Promise<PushOutcome> {
    return this.#locations.written.push(blob, operation)
  }

  pushUnhashed(source: UnhashedBlob, operation?: PushUnhashedOperation): Promise<Digest> {
    return this.#locations.written.pushUnhashed(source, operation)
  }

  pushManifest(manifest: Manifest | Index, tag?: string, operation?: Operation): Promise<void> {
    return this.#locations.written.pushManifest(manifest, tag, operation)
  }

  /** The targets that serve a tag or a digest, in order, including the primary. */
  #findTargets(reference: string): readonly ReadOnlyTarget[] {
    const { mirrors, primary } = this.#locations
    const other = reference.includes(':') ? 'tag-only' : 'digest-only'
    const able = mirrors.filter(({ serves }) => serves !== other).map(({ target }) => target)
    return [...able, primary]
  }

  async #tryEach<T>(
    targets: Iterable<ReadOnlyTarget>,
    ask: (target: ReadOnlyTarget) => Promise<T>,
  ): Promise<T> {
    const { primary, note } = this.#locations
    let failure: unknown
    for (const target of targets) {
      if (this.#unavailable.has(target)) continue
      try {
        return await ask(target)
      } catch (error) {
        if (!(error instanceof WasmpackError) || !SKIPPABLE.has(error.code)) throw error
        // The error of the primary location is the most useful one.
        if (failure === undefined || target === primary) failure = error
        if (target !== primary && error.code === 'UNAVAILABLE') this.#unavailable.add(target)
        note(`* mirror ${target.name} skipped: ${error.message}`)
      }
    }
    throw failure
  }
}
