import { WasmpackError } from '../../errors.ts'
import { requestBytes } from '../../http/bytes.ts'
import { createRefusalError } from '../../http/refusal.ts'
import type { Transport } from '../../http/transport.ts'
import { printable } from '../../printable.ts'
import { toRfc3339Seconds } from '../../time.ts'
import type { StateFile } from './state-file.ts'
import { openKnownState, refreshRepository } from './refresh-repository.ts'
import type { RepositoryState } from './repository-state.ts'
import { findHashPrefix, isContentOf, RepositoryRefused, type TrustedMetadata } from './trusted-metadata.ts'

export interface TufRepositoryOptions {
  /** Where it is served, without a final slash. */
  readonly mirror: string
  /** The root that the user trusts: a `root.json`, of any version. */
  readonly root: Uint8Array
  /** Keeps what was read of it between runs; undefined if there is no place for that. */
  readonly stateFile: StateFile | undefined
  readonly transport: Transport
  readonly warn: (message: string) => void
  readonly signal?: AbortSignal | undefined
}

const AGAIN_OR_A_FILE = 'run the same command again later, or pass --trusted-root FILE'
const DAY = 24 * 60 * 60 * 1000
/** In bytes; the largest that is read of one has 10 KB. */
const FILE_LIMIT = 1024 * 1024

/**
 * A repository of The Update Framework that distributes the trusted root and the signing configs of a Sigstore. It is asked for
 * anything newer once a day at most; in between, nothing is sent.
 */
export class TufRepository {
  readonly #options: TufRepositoryOptions
  #opened: Promise<OpenRepository> | undefined

  constructor(options: TufRepositoryOptions) {
    this.#options = options
  }

  /** For people. */
  get name(): string {
    return `the TUF repository ${this.#options.mirror}`
  }

  /**
   * The bytes of a file that the repository lists. Throws TRUST_ROOT_UNAVAILABLE if the repository is not to be trusted, or is
   * expired and cannot be reached.
   */
  async readFile(name: string): Promise<Uint8Array> {
    try {
      this.#opened ??= this.#open()
      const { metadata, state } = await this.#opened
      const file = metadata.findFile(name)
      if (file === undefined) throw new RepositoryRefused(`it lists no ${name}`)
      const kept = state.files.get(name)
      if (kept !== undefined && isContentOf(file, kept)) return kept
      if (file.length > FILE_LIMIT)
        throw new RepositoryRefused(`its ${name} has more than ${FILE_LIMIT} bytes`)
      const prefix = findHashPrefix(file)
      const path = metadata.hasConsistentSnapshots && prefix !== undefined ? `${prefix}.${name}` : name
      const bytes = await this.#fetch(`targets/${path}`, file.length)
      if (bytes === undefined || !isContentOf(file, bytes))
        throw new RepositoryRefused(`its ${name} is not the one that it lists`)
      await this.#keep(metadata, { ...state, files: new Map([...state.files, [name, bytes]]) })
      return bytes
    } catch (error) {
      if (!(error instanceof RepositoryRefused)) throw error
      throw new WasmpackError(
        'TRUST_ROOT_UNAVAILABLE',
        `${this.name} is refused: ${printable(error.message)}`,
        {
          hint: 'its operator must publish it anew; to trust a file instead, pass --trusted-root FILE',
          cause: error,
        },
      )
    }
  }

  async #open(): Promise<OpenRepository> {
    const { root, stateFile, transport } = this.#options
    const now = transport.clock.now()
    const state = await stateFile?.read()
    const known = state && openIfValid(root, state, new Date(now))
    const age = now - (state?.refreshedAt ?? 0)
    if (state !== undefined && known !== undefined && age >= 0 && age < DAY) return { metadata: known, state }
    try {
      const fresh = await refreshRepository(root, state, new Date(now), (path, limit) =>
        this.#fetch(path, limit),
      )
      const files = new Map(
        [...(state?.files ?? [])].filter(([name, bytes]) => {
          const file = fresh.metadata.findFile(name)
          return file !== undefined && isContentOf(file, bytes)
        }),
      )
      return await this.#keep(fresh.metadata, { ...fresh.state, refreshedAt: now, files })
    } catch (error) {
      if (!(error instanceof WasmpackError) || error.code !== 'UNAVAILABLE') throw error
      if (state === undefined || known === undefined) throw this.#unreachable(error, state !== undefined)
      const read = toRfc3339Seconds(new Date(state.refreshedAt))
      this.#options.warn(
        `${this.name} cannot be reached; what was read of it at ${read} is still valid and used: ${error.message}`,
      )
      return { metadata: known, state }
    }
  }

  #unreachable(error: WasmpackError, wasKnown: boolean): WasmpackError {
    const problem = wasKnown
      ? 'cannot be reached, and what was read of it before is expired'
      : 'cannot be read'
    return new WasmpackError('TRUST_ROOT_UNAVAILABLE', `${this.name} ${problem}: ${error.message}`, {
      hint: AGAIN_OR_A_FILE,
      details: error.details,
      cause: error,
    })
  }

  async #keep(metadata: TrustedMetadata, state: RepositoryState): Promise<OpenRepository> {
    await this.#options.stateFile?.write(state)
    const opened = { metadata, state }
    this.#opened = Promise.resolve(opened)
    return opened
  }

  /** A document of the repository; undefined if there is none. */
  async #fetch(path: string, limit: number): Promise<Uint8Array | undefined> {
    const { mirror, transport, signal } = this.#options
    const what = `${this.name} was asked for ${path} and`
    const request = { url: `${mirror}/${path}`, accept: '*/*', what, limit, signal }
    const answer = await requestBytes(transport, request)
    if (answer.ok) return answer.bytes
    // A bucket whose files may not be listed answers 403 for one that it does not have.
    if (answer.status === 403 || answer.status === 404) return undefined
    throw createRefusalError(what, answer, transport, { code: 'UNAVAILABLE', hint: AGAIN_OR_A_FILE })
  }
}

interface OpenRepository {
  readonly metadata: TrustedMetadata
  readonly state: RepositoryState
}

function openIfValid(root: Uint8Array, state: RepositoryState, now: Date): TrustedMetadata | undefined {
  try {
    return openKnownState(root, state, now)
  } catch (error) {
    if (error instanceof RepositoryRefused) return undefined
    throw error
  }
}
