import { type BigIntStats, fstatSync } from 'node:fs'
import { lstat, realpath, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'

import { WasmpackError } from '../../errors.ts'
import { type AtomicFile, type AtomicFileOptions, createAtomicFile } from '../../files/atomic-file.ts'
import { holdDirectory } from '../../files/held-directory.ts'
import { makeDirectory } from '../../files/make-directory.ts'
import { isNullDevice } from '../../files/open-regular-file.ts'
import { writeFailure } from '../../files/system-errors.ts'

export interface OutputFileOptions extends AtomicFileOptions {
  /** What the file is for: `cannot write WHAT PATH: ...`. */
  readonly what: string
}

/**
 * Opens a file of the user's choice for output: it appears whole or not at all. A link stays a link, and the file that it
 * names is written; what is written to /dev/null is discarded. Throws FILE_UNWRITABLE, and leaves nothing of it behind then.
 */
export async function createOutputFile(
  path: string,
  { what, ...options }: OutputFileOptions,
): Promise<AtomicFile> {
  const step = wrapFailures(what, path)
  const found = await stat(path).catch(() => undefined)
  if (found !== undefined && (await isNullDevice(found))) return DISCARDED
  await step(refuseUnreplaceable(found, options.overwrite !== false))
  const file = await step(createAtomicFile(await realpath(path).catch(() => path), options))
  return {
    write: (chunk) => step(file.write(chunk)),
    restart: () => step(file.restart()),
    commit: () => step(file.commit()),
    discard: () => file.discard(),
  }
}

/**
 * Opens a file under a name that somebody else chose, in a directory of the user's choice, which is created. Never writes through a link,
 * neither the file's nor one that comes in place of the directory meanwhile. Throws FILE_UNWRITABLE.
 */
export async function createFileInDirectory(path: string, what: string): Promise<AtomicFile> {
  const step = wrapFailures(what, path)
  const directory = dirname(path)
  await step(makeDirectory(directory))
  const hint = `check where the directory leads: namei -l ${directory}`
  const held = await holdDirectory(directory).catch((cause) =>
    Promise.reject(writeFailure(what, path, cause, { hint })),
  )
  try {
    const target = held.at(basename(path))
    const refuse = async (): Promise<void> => {
      const found = await lstat(target).catch(() => undefined)
      if (found?.isSymbolicLink() === true)
        throw new WasmpackError('FILE_UNWRITABLE', `cannot write ${what} ${path}: is a symbolic link`, {
          hint: 'remove it; to write the file that it names, pass -o FILE',
        })
      await refuseUnreplaceable(found, true)
    }
    await step(refuse())
    const file = await step(createAtomicFile(target))
    return {
      write: (chunk) => step(file.write(chunk)),
      restart: () => step(file.restart()),
      commit: async () => {
        await step(refuse())
        if (!(await held.isInPlace()))
          throw new WasmpackError(
            'FILE_UNWRITABLE',
            `cannot write ${what} ${path}: ${directory} was replaced`,
            {
              hint: 'run the command again when no other process changes the directory',
            },
          )
        await step(file.commit())
      },
      discard: async () => {
        await file.discard()
        await held.release()
      },
    }
  } catch (error) {
    await held.release()
    throw error
  }
}

/** Writes a small file whole. Throws FILE_UNWRITABLE. */
export async function writeOutputFile(
  path: string,
  content: string,
  options: OutputFileOptions,
): Promise<void> {
  const file = await createOutputFile(path, options)
  await file.write(Buffer.from(content))
  await file.commit()
}

/** Whether a path leads to the standard output of this process, as /dev/stdout does. */
export async function isStdout(path: string): Promise<boolean> {
  if (path === '-') return true
  try {
    const found = await stat(path, { bigint: true })
    const own: BigIntStats = fstatSync(1, { bigint: true })
    return found.dev === own.dev && found.ino === own.ino && !(await isNullDevice(found))
  } catch {
    return false
  }
}

const wrapFailures =
  (what: string, path: string) =>
  <T>(work: Promise<T>): Promise<T> =>
    work.catch((cause) => Promise.reject(writeFailure(what, path, cause)))

const DISCARDED: AtomicFile = {
  write: async () => undefined,
  restart: async () => undefined,
  commit: async () => undefined,
  discard: async () => undefined,
}

type Found = Pick<BigIntStats, 'isFile' | 'isDirectory'>

/** Only a regular file may lose its place to ours, above all no device, and none without `overwrite`. */
async function refuseUnreplaceable(found: Found | undefined, overwrite: boolean): Promise<void> {
  if (found === undefined || (found.isFile() && overwrite)) return
  const code = found.isDirectory() ? 'EISDIR' : found.isFile() ? 'EEXIST' : 'ENODEV'
  throw Object.assign(new Error(code), { code })
}
