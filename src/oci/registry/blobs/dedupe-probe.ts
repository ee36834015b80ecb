import { type UnhashedBlob, hashWhileReading } from '../../descriptor.ts'
import { type Digest, Digester } from '../../digest.ts'
import type { Operation } from '../../target.ts'
import { blobExists } from './blob-exists.ts'
import type { RegistryConnection } from '../connection.ts'

/** The upload's speed is measured after this time, in milliseconds. */
const MEASURED_AFTER = 1000
/** An upload is slow if it would take this many times as long. */
const SLOW = 5
/** An upload that sent this much by then leaves no CPU time for a second hash. In bytes. */
const BUSY = 128 * 1024 * 1024
/** Hashed between two turns of the event loop, so that the upload is not delayed. In bytes. */
const PIECE = 64 * 1024

/** Aborts an upload: the repository already has the content. */
export class DuplicateFound extends Error {
  readonly digest: Digest

  constructor(digest: Digest) {
    super(`${digest} is there`)
    this.digest = digest
  }
}

/**
 * Hashes content ahead of a slow upload, and checks once whether the registry already has it. Its own errors do not affect the
 * upload.
 */
export class DedupeProbe {
  readonly #connection: RegistryConnection
  readonly #source: UnhashedBlob
  readonly #found = new AbortController()
  readonly #ended = new AbortController()
  #sent = 0
  #looking: Promise<void> | undefined

  constructor(connection: RegistryConnection, source: UnhashedBlob) {
    this.#connection = connection
    this.#source = source
  }

  /** The operation to upload with: its signal is aborted with {@link DuplicateFound} if the content exists. */
  watch({ signal, progress, ...operation }: Operation): Operation {
    return {
      ...operation,
      signal: AbortSignal.any([this.#found.signal, ...(signal === undefined ? [] : [signal])]),
      progress: (bytes) => {
        this.#sent += bytes
        this.#looking ??= this.#look().catch(() => undefined)
        progress?.(bytes)
      },
    }
  }

  /** Stops the probe; resolves when nothing is read any more. */
  async end(): Promise<void> {
    this.#ended.abort()
    await this.#looking
  }

  async #look(): Promise<void> {
    const { transport, name } = this.#connection
    const { signal } = this.#ended
    await transport.clock.sleep(MEASURED_AFTER, signal)
    if (this.#sent >= Math.min(this.#source.size / SLOW, BUSY)) return
    const digest = await this.#hash(signal)
    if (!(await blobExists(this.#connection, digest, { signal, retry: false }))) return
    transport.debug(`* ${name} already has blob ${digest}; upload cancelled`)
    this.#found.abort(new DuplicateFound(digest))
  }

  async #hash(signal: AbortSignal): Promise<Digest> {
    const digester = new Digester()
    const pieces = splitChunks(this.#source.open())
    for await (const _ of hashWhileReading(pieces, this.#source.size, digester)) {
      await new Promise(setImmediate)
      signal.throwIfAborted()
    }
    return digester.digest()
  }
}

async function* splitChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.length; at += PIECE) yield chunk.subarray(at, at + PIECE)
}
