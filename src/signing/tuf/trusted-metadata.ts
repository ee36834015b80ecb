import { createHash } from 'node:crypto'

import { EqualVersionError } from 'tuf-js/dist/error.js'
import { TrustedMetadataStore } from 'tuf-js/dist/store.js'

import { MalformedJson, parseJson } from '../../json.ts'

/** Content of a repository that is not to be trusted: expired, older than before, wrongly signed, malformed. */
export class RepositoryRefused extends Error {
  override readonly name = 'RepositoryRefused'
}

/** A file of a repository, as its targets list it. */
export interface TargetFile {
  readonly name: string
  /** In bytes. */
  readonly length: number
  /** By algorithm, in hexadecimal. */
  readonly hashes: Readonly<Record<string, string>>
}

/** What is expected of a role's document by those above it. */
export interface ExpectedMetadata {
  readonly version: number
  /** In bytes; undefined if nobody says. */
  readonly length: number | undefined
}

/**
 * The roles of one repository, each trusted by those above it and at last by a root that the user trusts.
 * https://theupdateframework.github.io/specification/v1.0.34/#detailed-client-workflow
 *
 * Each method throws {@link RepositoryRefused} for a document that is not to be trusted.
 */
export class TrustedMetadata {
  readonly #store: TrustedMetadataStore

  /** `now` decides what has expired. */
  constructor(root: Uint8Array, now: Date) {
    this.#store = check('root', root, (bytes) => new TrustedMetadataStore(bytes))
    // The library takes the time of the system.
    Object.assign(this.#store, { referenceTime: now })
  }

  get rootVersion(): number {
    return this.#store.root.signed.version
  }

  /** Whether the documents of roles are named with their versions, and files with their hashes. */
  get hasConsistentSnapshots(): boolean {
    return this.#store.root.signed.consistentSnapshot
  }

  /** The next root, signed by the one before and by itself. */
  updateRoot(bytes: Uint8Array): void {
    check('root', bytes, (root) => this.#store.updateRoot(root))
  }

  /** The same, unless it is no newer: the trusted root may be one of those that led to what was read before. */
  updateRootIfNewer(bytes: Uint8Array): void {
    const isNewer = check('root', bytes, (root) => {
      const { signed } = JSON.parse(root.toString()) as { readonly signed: { readonly version: number } }
      return signed.version > this.rootVersion
    })
    if (isNewer) this.updateRoot(bytes)
  }

  /** False for one of the version that is known already. */
  updateTimestamp(bytes: Uint8Array): boolean {
    return check('timestamp', bytes, (timestamp) => {
      try {
        this.#store.updateTimestamp(timestamp)
        return true
      } catch (error) {
        if (error instanceof EqualVersionError) return false
        throw error
      }
    })
  }

  /** Needs a timestamp. */
  get expectedSnapshot(): ExpectedMetadata {
    const { version, length } = this.#store.timestamp!.signed.snapshotMeta
    return { version, length }
  }

  /** Needs a timestamp. One that was `known` before was compared with its hash then, and the timestamp may be a newer one. */
  updateSnapshot(bytes: Uint8Array, known = false): void {
    check('snapshot', bytes, (snapshot) => this.#store.updateSnapshot(snapshot, known))
  }

  /** Needs a snapshot. */
  get expectedTargets(): ExpectedMetadata {
    const meta = this.#store.snapshot!.signed.meta['targets.json']
    if (meta === undefined) throw new RepositoryRefused('the snapshot does not list targets.json')
    return { version: meta.version, length: meta.length }
  }

  /** Needs a snapshot. */
  updateTargets(bytes: Uint8Array): void {
    check('targets', bytes, (targets) => this.#store.updateDelegatedTargets(targets, 'targets', 'root'))
  }

  /** The file of that name; undefined if there is none. Needs targets. */
  findFile(name: string): TargetFile | undefined {
    const { targets } = this.#store.targets!.signed
    if (!Object.hasOwn(targets, name)) return undefined
    const { length, hashes } = targets[name]!
    return { name, length, hashes }
  }
}

const KNOWN_HASHES = ['sha256', 'sha512'] as const

/** Whether the bytes are those of the file, by its length and every known hash; a file without a known hash is nobody's. */
export function isContentOf({ length, hashes }: TargetFile, bytes: Uint8Array): boolean {
  const stated = KNOWN_HASHES.filter((algorithm) => Object.hasOwn(hashes, algorithm))
  return (
    bytes.length === length &&
    stated.length > 0 &&
    stated.every((algorithm) => createHash(algorithm).update(bytes).digest('hex') === hashes[algorithm])
  )
}

/** The name of a file in a repository with consistent snapshots. */
export function findHashPrefix({ hashes }: TargetFile): string | undefined {
  const algorithm = KNOWN_HASHES.find((one) => Object.hasOwn(hashes, one))
  return algorithm && hashes[algorithm]
}

/** Applies a document that two readers cannot read in two ways. */
function check<T>(role: string, bytes: Uint8Array, apply: (bytes: Buffer) => T): T {
  try {
    parseJson(bytes, `${role}.json`)
    return apply(Buffer.from(bytes))
  } catch (error) {
    // The library throws errors of many kinds, TypeErrors too: none of them is a fault of ours.
    const reason = error instanceof Error ? error.message : String(error)
    throw new RepositoryRefused(error instanceof MalformedJson ? reason : `${role}.json: ${reason}`, {
      cause: error,
    })
  }
}
