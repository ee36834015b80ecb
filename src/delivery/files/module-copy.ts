import { open, rm } from 'node:fs/promises'

import { SequentialFile } from '../../files/sequential-file.ts'
import { createTemporaryPath, temporaryFailure } from '../../files/temporary-path.ts'
import type { Sink } from './sink.ts'

/** A module's bytes in a temporary file of its own, for programs that read files; `discard` removes it. */
export interface ModuleCopy extends Sink {
  readonly path: string
  discard(): Promise<void>
}

/** Throws FILE_UNWRITABLE. */
export async function createModuleCopy(): Promise<ModuleCopy> {
  const path = createTemporaryPath('.wasm')
  const failed = (cause: unknown): Promise<never> => Promise.reject(temporaryFailure(path, cause))
  const file = await open(path, 'wx', 0o600).catch(failed)
  const content = new SequentialFile(file)
  return {
    path,
    write: (chunk) =>
      content
        .write(chunk)
        .then(() => content.flush())
        .catch(failed),
    restart: () => content.restart().catch(failed),
    discard: async () => {
      await file.close()
      await rm(path, { force: true })
    },
  }
}
