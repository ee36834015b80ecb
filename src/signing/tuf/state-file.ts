import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'

import { WasmpackError } from '../../errors.ts'
import { createAtomicFile } from '../../files/atomic-file.ts'
import { makeDirectory } from '../../files/make-directory.ts'
import { readSmallFile } from '../../files/read-text-file.ts'
import { isSystemError } from '../../files/system-errors.ts'
import { printable } from '../../printable.ts'
import {
  parseRepositoryState,
  type RepositoryState,
  STATE_LIMIT,
  writeRepositoryState,
} from './repository-state.ts'

/**
 * Keeps the state of a repository in one file of a cache directory. Any number of processes may use it at once: it is written as a
 * whole or not at all. A file that cannot be used is as good as none; one that cannot be written is a warning.
 */
export class StateFile {
  readonly #path: string
  readonly #warn: (message: string) => void

  /** `mirror` is the address of the repository, which names the file. */
  constructor(directory: string, mirror: string, warn: (message: string) => void) {
    this.#path = join(directory, `${createHash('sha256').update(mirror).digest('hex')}.json`)
    this.#warn = warn
  }

  async read(): Promise<RepositoryState | undefined> {
    try {
      return parseRepositoryState(
        await readSmallFile(this.#path, { what: 'cached repository', limit: STATE_LIMIT }),
      )
    } catch (error) {
      if (!(error instanceof WasmpackError && error.code === 'FILE_NOT_FOUND'))
        this.#warn(`the cached repository ${printable(this.#path)} is ignored: ${printable(reasonOf(error))}`)
      return undefined
    }
  }

  async write(state: RepositoryState): Promise<void> {
    try {
      await makeDirectory(dirname(this.#path), 0o700)
      const file = await createAtomicFile(this.#path, { mode: 0o600 })
      try {
        await file.write(writeRepositoryState(state))
        await file.commit()
      } finally {
        await file.discard()
      }
    } catch (error) {
      if (!isSystemError(error)) throw error
      this.#warn(
        `${printable(this.#path)} cannot be written, so every run reads the TUF repository: ${printable(error.message)}`,
      )
    }
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
