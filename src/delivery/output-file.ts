import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

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

/** Opens a temporary file beside `path`, so that the renaming at the end stays on one file system. Throws FILE_UNWRITABLE. */
export async function createOutputFile(path: string, mode = 0o644): Promise<OutputFile> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.partial`)
  let file: FileHandle | undefined
  let pending = true
  try {
    await refuseUnreplaceable(path)
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
        await rename(temporary, path)
        pending = false
      }),
    discard,
  }
}

/** Writes a small file whole; with `overwrite` false an existing one is kept and FILE_UNWRITABLE thrown. */
export async function writeOutputFile(
  path: string,
  content: string,
  options: { readonly overwrite: boolean; readonly mode?: number },
): Promise<void> {
  if (!options.overwrite && (await exists(path)))
    throw new WasmpackError('FILE_UNWRITABLE', `${path} exists already`, {
      hint: 'give another path, or --force to overwrite it',
    })
  const file = await createOutputFile(path, options.mode)
  await file.write(Buffer.from(content))
  await file.commit()
}

/** Only a regular file may lose its place to ours: above all no device, such as /dev/null. */
async function refuseUnreplaceable(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found && !found.isFile())
    throw Object.assign(new Error(), { code: found.isDirectory() ? 'EISDIR' : 'ENODEV' })
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
