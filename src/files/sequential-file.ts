import type { FileHandle } from 'node:fs/promises'

/** A file that is written from its start to its end, and anew from its start when what was written turns out to be wrong. */
export class SequentialFile {
  readonly #file: FileHandle
  #size = 0

  /** The file is open for writing and empty; whoever opened it closes it. */
  constructor(file: FileHandle) {
    this.#file = file
  }

  async write(chunk: Uint8Array): Promise<void> {
    // The system may take less at once than it is given.
    for (let at = 0; at < chunk.length;) {
      const { bytesWritten } = await this.#file.write(chunk, at, chunk.length - at, this.#size)
      at += bytesWritten
      this.#size += bytesWritten
    }
  }

  /** Forgets what was written. */
  async restart(): Promise<void> {
    await this.#file.truncate(0)
    this.#size = 0
  }
}
