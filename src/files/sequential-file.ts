import type { FileHandle } from 'node:fs/promises'

/** What may wait while the system is writing, in bytes. */
const WAITING = 2 * 1024 * 1024
/** What is handed to the disk at once where it has to get there, in bytes. */
const STRETCH = 16 * 1024 * 1024

/**
 * A file that is written from its start to its end, and anew from its start when what was written turns out to be wrong. The
 * system writes in the background: a chunk that was handed over must not change any more, and what goes wrong with it is
 * told by a later call.
 */
export class SequentialFile {
  readonly #file: FileHandle
  readonly #durable: boolean
  #size = 0
  /** Of that, what the disk has or is being given. */
  #handedOn = 0
  #handingOn: Promise<void> | undefined
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #underWay: Promise<void> | undefined
  #failure: { readonly cause: unknown } | undefined

  /**
   * The file is open for writing and empty; whoever opened it closes it, after `flush`. A durable one is handed to the disk
   * while more of it comes, so that `sync` has little to wait for.
   */
  constructor(file: FileHandle, { durable = false }: { readonly durable?: boolean } = {}) {
    this.#file = file
    this.#durable = durable
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#failure) throw this.#failure.cause
    this.#waiting.push(chunk)
    this.#waitingBytes += chunk.length
    this.#underWay ??= this.#drain()
    if (this.#waitingBytes >= WAITING) await this.#underWay
  }

  /** Forgets what was written. */
  async restart(): Promise<void> {
    await this.flush()
    await this.#file.truncate(0)
    this.#size = this.#handedOn = 0
  }

  /** Done when the system has all that was written. */
  async flush(): Promise<void> {
    await this.#underWay
    await this.#handingOn
    if (this.#failure) throw this.#failure.cause
  }

  /** Done when the disk has it too. */
  async sync(): Promise<void> {
    await this.flush()
    await this.#file.sync()
  }

  /** Writes until nothing waits any more; never rejects. */
  async #drain(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const chunks = this.#waiting
        this.#waiting = []
        this.#waitingBytes = 0
        await this.#append(chunks)
        if (this.#durable && this.#size - this.#handedOn >= STRETCH) this.#handingOn ??= this.#handOn()
      }
    } catch (cause) {
      this.#failure = { cause }
    }
    this.#underWay = undefined
  }

  /** Never rejects. */
  async #handOn(): Promise<void> {
    this.#handedOn = this.#size
    try {
      await this.#file.datasync()
    } catch (cause) {
      this.#failure ??= { cause }
    }
    this.#handingOn = undefined
  }

  async #append(chunks: readonly Uint8Array[]): Promise<void> {
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    const { bytesWritten } = await this.#file.writev(chunks, this.#size)
    this.#size += bytesWritten
    if (bytesWritten === size) return
    // The system may take less at once than it is given.
    const rest = Buffer.concat(chunks).subarray(bytesWritten)
    for (let at = 0; at < rest.length;) {
      const written = await this.#file.write(rest, at, rest.length - at, this.#size)
      at += written.bytesWritten
      this.#size += written.bytesWritten
    }
  }
}
