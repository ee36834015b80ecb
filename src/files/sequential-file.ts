import type { FileHandle } from 'node:fs/promises'

/** Buffered at most while the system is writing, in bytes. */
const WAITING = 2 * 1024 * 1024
/** Synced to the disk at once, for durable files, in bytes. */
const STRETCH = 16 * 1024 * 1024

/**
 * A file that is written sequentially, and again from its start after `restart`. Writes run in the background: a chunk must not be
 * changed after `write`, and its error is thrown by a later call.
 */
export class SequentialFile {
  readonly #file: FileHandle
  readonly #durable: boolean
  #size = 0
  /** Bytes that were synced, or are being synced. */
  #synced = 0
  #syncing: Promise<void> | undefined
  #buffer: Uint8Array[] = []
  #bufferedBytes = 0
  #writing: Promise<void> | undefined
  #failure: { readonly cause: unknown } | undefined

  /**
   * The file must be open for writing and empty; the caller closes it after `flush`. A durable file is synced while it is
   * written, so that `sync` is fast.
   */
  constructor(file: FileHandle, { durable = false }: { readonly durable?: boolean } = {}) {
    this.#file = file
    this.#durable = durable
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#failure) throw this.#failure.cause
    this.#buffer.push(chunk)
    this.#bufferedBytes += chunk.length
    this.#writing ??= this.#drain()
    if (this.#bufferedBytes >= WAITING) await this.#writing
  }

  /** Discards what was written. */
  async restart(): Promise<void> {
    await this.flush()
    await this.#file.truncate(0)
    this.#size = this.#synced = 0
  }

  /** Resolves when all writes have completed. */
  async flush(): Promise<void> {
    await this.#writing
    await this.#syncing
    if (this.#failure) throw this.#failure.cause
  }

  /** Resolves when the file is durable. */
  async sync(): Promise<void> {
    await this.flush()
    await this.#file.sync()
  }

  /** Writes until the buffer is empty; never rejects. */
  async #drain(): Promise<void> {
    try {
      while (this.#buffer.length > 0) {
        const chunks = this.#buffer
        this.#buffer = []
        this.#bufferedBytes = 0
        await this.#append(chunks)
        if (this.#durable && this.#size - this.#synced >= STRETCH) this.#syncing ??= this.#datasync()
      }
    } catch (cause) {
      this.#failure = { cause }
    }
    this.#writing = undefined
  }

  /** Never rejects. */
  async #datasync(): Promise<void> {
    this.#synced = this.#size
    try {
      await this.#file.datasync()
    } catch (cause) {
      this.#failure ??= { cause }
    }
    this.#syncing = undefined
  }

  async #append(chunks: readonly Uint8Array[]): Promise<void> {
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    const { bytesWritten } = await this.#file.writev(chunks, this.#size)
    this.#size += bytesWritten
    if (bytesWritten === size) return
    // The system may write less than requested.
    const rest = Buffer.concat(chunks).subarray(bytesWritten)
    for (let at = 0; at < rest.length;) {
      const written = await this.#file.write(rest, at, rest.length - at, this.#size)
      at += written.bytesWritten
      this.#size += written.bytesWritten
    }
  }
}
