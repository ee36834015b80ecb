import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

import type { AtomicFile } from '../../files/atomic-file.ts'
import { WasmpackError } from '../../errors.ts'
import { SequentialFile } from '../../files/sequential-file.ts'
import { writeFailure } from '../../files/system-errors.ts'
import { createFileInDirectory, createOutputFile } from './output-file.ts'

/**
 * Where a pulled module goes: a file, whose directory is made on demand, or with `-` standard output, which gets its first
 * byte only on commit. Throws FILE_UNWRITABLE.
 */
export async function createOutput(path: string, { inDirectory = false } = {}): Promise<AtomicFile> {
  if (path === '-') return createBufferedStdout()
  return inDirectory ? createFileInDirectory(path, 'module') : createOutputFile(path, { what: 'module' })
}

/** The reader of stdout closed it: a truncated module is useless, so this is an error. */
const markTruncated = (cause: unknown): unknown =>
  (cause as NodeJS.ErrnoException).code === 'EPIPE'
    ? new WasmpackError('FILE_UNWRITABLE', 'stdout was closed before it had the whole module', {
        cause,
        hint: 'check the exit status of the program that reads stdout',
      })
    : cause

/** Buffers in an unlinked temporary file until commit, then copies it to stdout. */
async function createBufferedStdout(): Promise<AtomicFile> {
  const path = join(tmpdir(), `wasmpack-${randomBytes(8).toString('hex')}`)
  const failed = (cause: unknown): Promise<never> =>
    Promise.reject(writeFailure('temporary file', path, cause))
  const file = await open(path, 'wx+', 0o600).catch(failed)
  await rm(path)
  const content = new SequentialFile(file)
  return {
    write: (chunk) => content.write(chunk).catch(failed),
    restart: () => content.restart().catch(failed),
    commit: async () => {
      await content.flush().catch(failed)
      const kept = file.createReadStream({ start: 0, autoClose: false })
      await pipeline(kept, process.stdout, { end: false }).catch((cause) =>
        Promise.reject(markTruncated(cause)),
      )
    },
    discard: async () => {
      await content.flush().catch(() => undefined)
      await file.close()
    },
  }
}
