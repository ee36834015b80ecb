import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

import { createOutputFile, type OutputFile } from './output-file.ts'

/** Where a pulled module goes: a file, or with `-` standard output, which gets its first byte only on commit. */
export const createOutput = (path: string): Promise<OutputFile> =>
  path === '-' ? heldBack() : createOutputFile(path)

/** Keeps the bytes in a temporary file of ours until they may be shown. */
async function heldBack(): Promise<OutputFile> {
  const path = join(tmpdir(), `wasmpack-${randomBytes(6).toString('hex')}`)
  const file = await createOutputFile(path, 0o600)
  return {
    ...file,
    path: '-',
    async commit() {
      await file.commit()
      try {
        await pipeline(createReadStream(path), process.stdout, { end: false })
      } finally {
        await rm(path, { force: true })
      }
    },
  }
}
