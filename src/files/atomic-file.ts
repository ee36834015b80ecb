import { randomBytes } from 'node:crypto'
import { link, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { SequentialFile } from './sequential-file.ts'

export interface AtomicFileOptions {
  readonly mode?: number
  /** False keeps an existing file, even one that appears meanwhile: `commit` then throws EEXIST. */
  readonly overwrite?: boolean
  /** False skips fsync, for content that can be fetched again and is verified when it is read. */
  readonly durable?: boolean
}

/**
 * A file that appears under its name complete or not at all. Failures throw the system's error, on `commit` at the latest, and leave
 * no file.
 */
export interface AtomicFile {
  write(chunk: Uint8Array): Promise<void>
  /** Discards what was written, to write again from the start. */
  restart(): Promise<void>
  /** Makes the bytes durable and names the file, by default with its path, or another name in the same directory. */
  commit(name?: string): Promise<void>
  /** Removes the temporary file; does nothing after `commit`. */
  discard(): Promise<void>
}

/**
 * Opens a temporary file beside `path`, so that the rename stays on one file system. A killed process leaves at most a
 * `.wasmpack-*.partial` file, which nothing reads and which may be deleted.
 */
export async function createAtomicFile(
  path: string,
  { mode = 0o666, overwrite = true, durable = true }: AtomicFileOptions = {},
): Promise<AtomicFile> {
  const temporary = join(dirname(path), `.wasmpack-${randomBytes(8).toString('hex')}.partial`)
  const file = await open(temporary, 'wx', mode)
  const content = new SequentialFile(file, { durable })
  let pending = true
  const discard = async (): Promise<void> => {
    if (!pending) return
    pending = false
    await content.flush().catch(() => undefined)
    await file.close()
    await rm(temporary, { force: true })
  }
  const orDiscard = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      await discard()
      throw error
    }
  }
  return {
    discard,
    write: (chunk) => orDiscard(() => content.write(chunk)),
    restart: () => orDiscard(() => content.restart()),
    commit: (name = path) =>
      orDiscard(async () => {
        await (durable ? content.sync() : content.flush())
        await file.close()
        await (overwrite ? rename(temporary, name) : link(temporary, name))
        if (!overwrite) await rm(temporary, { force: true })
        pending = false
      }),
  }
}

/** A temporary file that was not written to for this long is abandoned. In milliseconds. */
const ABANDONED = 24 * 60 * 60 * 1000

/** Removes temporary files of killed processes from a directory, as far as possible. */
export async function removeAbandoned(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => [])
  for (const name of names.filter((each) => /^\.wasmpack-[0-9a-f]{16}\.partial$/.test(each))) {
    const path = join(directory, name)
    const found = await stat(path).catch(() => undefined)
    if (found !== undefined && Date.now() - found.mtimeMs > ABANDONED)
      await rm(path, { force: true }).catch(() => undefined)
  }
}
