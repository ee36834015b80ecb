import { randomBytes } from 'node:crypto'
import { type FileHandle, link, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { WasmpackError } from '../errors.ts'
import { writeFailure } from './file-errors.ts'

/** A file that appears under its name whole or not at all. */
export interface OutputFile {
  readonly path: string
  write(chunk: Uint8Array): Promise<void>
  /** Makes the bytes durable and gives the file its name, in place of one that had it. */
  commit(): Promise<void>
  /** Leaves nothing behind; after `commit` it does nothing. */
  discard(): Promise<void>
}

interface OutputOptions {
  /** False keeps a file that has the name, also one that comes up meanwhile. */
  readonly overwrite: boolean
  readonly mode?: number
}

/** Opens a temporary file beside `path`, so that the renaming at the end stays on one file system. Throws FILE_UNWRITABLE. */
export async function createOutputFile(
  path: string,
  { overwrite, mode = 0o644 }: OutputOptions = { overwrite: true },
): Promise<OutputFile> {
  const temporary = join(dirname(path), `.wasmpack-${randomBytes(8).toString('hex')}.partial`)
  let file: FileHandle | undefined
  let pending = true
  try {
    await refuseUnreplaceable(path, overwrite)
    file = await open(temporary, 'wx', mode)
  } catch (cause) {
    throw writeFailure(path, cause)
  }
  const discard = async (): Promise<void> => {
    if (!pending) return
    pending = false
    await file?.close()
    await rm(temporary, { force: true })
  }
  const step = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work()
    } catch (cause) {
      await discard()
      throw cause instanceof WasmpackError ? cause : writeFailure(path, cause)
    }
  }
  return {
    path,
    write: (chunk) =>
      step(async () => {
        for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten
      }),
    commit: () =>
      step(async () => {
        await file.sync()
        await file.close()
        await (overwrite ? rename(temporary, path) : link(temporary, path))
        if (!overwrite) await rm(temporary)
        pending = false
      }),
    discard,
  }
}

/** Writes a small file whole. Throws FILE_UNWRITABLE. */
export async function writeOutputFile(path: string, content: string, options: OutputOptions): Promise<void> {
  const file = await createOutputFile(path, options)
  await file.write(Buffer.from(content))
  await file.commit()
}

/** Only a regular file may lose its place to ours, above all no device such as /dev/null, and none without `overwrite`. */
async function refuseUnreplaceable(path: string, overwrite: boolean): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined || (found.isFile() && overwrite)) return
  const code = found.isDirectory() ? 'EISDIR' : found.isFile() ? 'EEXIST' : 'ENODEV'
  throw Object.assign(new Error(code), { code })
}
