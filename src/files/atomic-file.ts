import { randomBytes } from 'node:crypto'
import { link, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { SequentialFile } from './sequential-file.ts'

export interface AtomicFileOptions {
  readonly mode?: number
  /** False keeps a file that has the name, also one that comes up meanwhile: `commit` throws EEXIST then. */
  readonly overwrite?: boolean
  /** False leaves it to the system when the bytes reach the disk: for what can be had again, and is checked when it is read. */
  readonly durable?: boolean
}

/**
 * A file that appears under its name whole or not at all. What fails throws the system's error, at the latest on `commit`, and
 * leaves nothing.
 */
export interface AtomicFile {
  write(chunk: Uint8Array): Promise<void>
  /** Forgets what was written: it comes again from its start. */
  restart(): Promise<void>
  /** Makes the bytes durable and gives the file its name, or another one in the same directory. */
  commit(name?: string): Promise<void>
  /** After `commit` it does nothing. */
  discard(): Promise<void>
}

/**
 * Opens a temporary file beside `path`, so that naming it stays on one file system. If the process is killed, at most a
 * `.wasmpack-*.partial` stays behind, which nothing reads and anybody may delete.
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

/** In milliseconds: whatever was not written to for so long is nobody's any more. */
const ABANDONED = 24 * 60 * 60 * 1000

/** Removes what processes that were killed have left behind in a directory; what cannot be removed stays. */
export async function removeAbandoned(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => [])
  for (const name of names.filter((each) => /^\.wasmpack-[0-9a-f]{16}\.partial$/.test(each))) {
    const path = join(directory, name)
    const found = await stat(path).catch(() => undefined)
    if (found !== undefined && Date.now() - found.mtimeMs > ABANDONED)
      await rm(path, { force: true }).catch(() => undefined)
  }
}
