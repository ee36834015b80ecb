import { type FileHandle, open, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { WasmpackError } from '../../errors.ts'
import type { AtomicFile } from '../../files/atomic-file.ts'
import { SequentialFile } from '../../files/sequential-file.ts'
import { createTemporaryPath, temporaryFailure } from '../../files/temporary-path.ts'

/** Held in memory up to here, in bytes: where no file can be written, most modules can still be pulled. */
const MEMORY = 16 * 1024 * 1024

/** Standard output as a file that appears on commit: until then the bytes wait in memory, or in an unlinked temporary file. */
export function createBufferedStdout(): AtomicFile {
  let held: Uint8Array[] = []
  let size = 0
  let spilled:
    | { readonly file: FileHandle; readonly content: SequentialFile; readonly path: string }
    | undefined

  const spill = async () => {
    const path = createTemporaryPath()
    const file = await open(path, 'wx+', 0o600).catch((cause) =>
      Promise.reject(temporaryFailure(path, cause)),
    )
    await rm(path)
    return { file, content: new SequentialFile(file), path }
  }
  const explained = async <T>(work: Promise<T>): Promise<T> =>
    work.catch((cause) => Promise.reject(temporaryFailure(spilled?.path ?? '', cause)))

  return {
    async write(chunk) {
      if (spilled === undefined && size + chunk.length <= MEMORY) {
        held.push(chunk)
        size += chunk.length
        return
      }
      if (spilled === undefined) {
        spilled = await spill()
        for (const earlier of held) await explained(spilled.content.write(earlier))
        held = []
      }
      await explained(spilled.content.write(chunk))
    },
    async restart() {
      held = []
      size = 0
      if (spilled !== undefined) await explained(spilled.content.restart())
    },
    async commit() {
      if (spilled !== undefined) await explained(spilled.content.flush())
      const kept = spilled?.file.createReadStream({ start: 0, autoClose: false }) ?? Readable.from(held)
      await pipeline(kept, process.stdout, { end: false }).catch((cause) =>
        Promise.reject(markTruncated(cause)),
      )
    },
    async discard() {
      held = []
      await spilled?.content.flush().catch(() => undefined)
      await spilled?.file.close()
    },
  }
}

/** The reader of stdout closed it: a truncated module is useless, so this is an error. */
const markTruncated = (cause: unknown): unknown =>
  (cause as NodeJS.ErrnoException).code === 'EPIPE'
    ? new WasmpackError('FILE_UNWRITABLE', 'stdout was closed before it had the whole module', {
        cause,
        hint: 'check the exit status of the program that reads stdout',
      })
    : cause
