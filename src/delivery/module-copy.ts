import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { writeFailure } from './file-errors.ts'

/** A module's bytes in a temporary file of its own, for programs that read files; `discard` removes it. */
export interface ModuleCopy {
  readonly path: string
  readonly write: (chunk: Uint8Array) => Promise<void>
  readonly discard: () => Promise<void>
}

/** Throws FILE_UNWRITABLE. */
export async function createModuleCopy(): Promise<ModuleCopy> {
  const path = join(tmpdir(), `wasmpack-${randomBytes(8).toString('hex')}.wasm`)
  const failed = (cause: unknown): Promise<never> => Promise.reject(writeFailure(path, cause))
  const file = await open(path, 'wx', 0o600).catch(failed)
  return {
    path,
    write: async (chunk) => {
      for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at).catch(failed)).bytesWritten
    },
    discard: async () => {
      await file.close()
      await rm(path, { force: true })
    },
  }
}
