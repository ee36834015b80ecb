import { realpath, stat } from 'node:fs/promises'
import { resolve } from 'node:path'

import { type AtomicFile, type AtomicFileOptions, createAtomicFile } from '../../files/atomic-file.ts'
import { writeFailure } from '../../files/system-errors.ts'

export interface OutputFileOptions extends AtomicFileOptions {
  /** What the file is for: `cannot write WHAT PATH: ...`. */
  readonly what: string
}

/**
 * Opens a file of the user's choice for output: it appears whole or not at all. A link stays a link, and the file that it
 * names is written. Throws FILE_UNWRITABLE, and leaves nothing of it behind then.
 */
export async function createOutputFile(
  path: string,
  { what, ...options }: OutputFileOptions,
): Promise<AtomicFile> {
  const step = <T>(work: Promise<T>): Promise<T> =>
    work.catch((cause) => Promise.reject(writeFailure(what, path, cause)))
  await step(refuseUnreplaceable(path, options.overwrite !== false))
  const file = await step(createAtomicFile(await realpath(path).catch(() => path), options))
  return {
    write: (chunk) => step(file.write(chunk)),
    restart: () => step(file.restart()),
    commit: () => step(file.commit()),
    discard: () => file.discard(),
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

/** Only a regular file may lose its place to ours, above all no device such as /dev/null, and none without `overwrite`. */
async function refuseUnreplaceable(path: string, overwrite: boolean): Promise<void> {
  if (/^\/(?:dev|proc)\//.test(resolve(path))) throw Object.assign(new Error('ENODEV'), { code: 'ENODEV' })
  const found = await stat(path).catch(() => undefined)
  if (found === undefined || (found.isFile() && overwrite)) return
  const code = found.isDirectory() ? 'EISDIR' : found.isFile() ? 'EEXIST' : 'ENODEV'
  throw Object.assign(new Error(code), { code })
}
