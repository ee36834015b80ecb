import { type UnhashedBlob, hashWhileReading } from '../../descriptor.ts'
import { type Digest, Digester } from '../../digest.ts'
import type { Operation } from '../../target.ts'
import { blobExists } from './blob-exists.ts'
import type { RegistryConnection } from '../connection.ts'

/** What was not sent within this time may take long. In milliseconds. */
const PATIENCE = 1000
/** An upload is slow if at the pace of that time it would take so many times as long. */
const SLOW = 5
/** An upload that gets on as fast as this in that time, in bytes, has no processor to spare for another hash. */
const BUSY = 128 * 1024 * 1024
/** What is hashed between two turns of the event loop, in bytes: the upload must not wait for it. */
const PIECE = 64 * 1024

/** Why an upload is given up: the repository has the content. */
export class DuplicateFound extends Error {
  readonly digest: Digest

  constructor(digest: Digest) {
    super(`${digest} is there`)
    this.digest = digest
  }
}

/**
 * A second reader of content that is hashed while it is sent. Where the upload is slow it is at the end long before, and asks
 * the registry once whether it has the content. What goes wrong with it is no concern of the upload.
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

  /** The operation of the upload: its signal is aborted with {@link DuplicateFound} where the content is found. */
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

  /** Done when nothing is read any more. */
  async end(): Promise<void> {
    this.#ended.abort()
    await this.#looking
  }

  async #look(): Promise<void> {
    const { transport, name } = this.#connection
    const { signal } = this.#ended
    await transport.clock.sleep(PATIENCE, signal)
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
