import { constants, type FileHandle, lstat, open, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import { WasmpackError } from '../../errors.ts'
import { type AtomicFileOptions, createAtomicFile } from '../../files/atomic-file.ts'
import { holdDirectory } from '../../files/held-directory.ts'
import { makeDirectory } from '../../files/make-directory.ts'
import { isSystemError, readFailure, writeFailure } from '../../files/system-errors.ts'

/** The error of a file of a layout, an archive or a cache that cannot be read. */
export const toReadFailure = (path: string, error: unknown): unknown => readFailure('file', path, error)

/** The error of one that cannot be written. */
export const toWriteFailure = (path: string, error: unknown): unknown => writeFailure('file', path, error)

const CHUNK = 256 * 1024

/**
 * Streams a regular file. Refuses a symbolic link, a pipe or a device with ARTIFACT_MALFORMED, since a hostile layout could point
 * anywhere. Throws ENOENT unchanged, for the caller to name the missing file.
 */
export async function* readRegular(path: string): AsyncGenerator<Uint8Array> {
  try {
    const file = await openRegular(path)
    yield* file.createReadStream({ highWaterMark: CHUNK })
  } catch (error) {
    throw isSystemError(error, 'ENOENT') ? error : toReadFailure(path, error)
  }
}

const NO_LINKS = 'an OCI layout has no links: copy it with cp -rL if you trust their targets'

async function openRegular(path: string): Promise<FileHandle> {
  const refused = new WasmpackError('ARTIFACT_MALFORMED', `${path} is not a regular file`, {
    hint: NO_LINKS,
  })
  let file: FileHandle
  try {
    // Non-blocking, since opening a pipe would wait for its writer.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    throw isSystemError(error, 'ELOOP', 'EMLINK', 'ENXIO') ? refused : error
  }
  try {
    if ((await file.stat()).isFile()) return file
    throw refused
  } catch (error) {
    await file.close()
    throw error
  }
}

const notDirectory = (path: string): WasmpackError =>
  new WasmpackError('ARTIFACT_MALFORMED', `${path} is not a directory, or is a link`, { hint: NO_LINKS })

/** Throws ARTIFACT_MALFORMED for a link in place of one of the nested directories below `root`; they may be missing. */
export async function refuseLinks(root: string, below: readonly string[]): Promise<void> {
  let path = root
  for (const part of below) {
    path = join(path, part)
    try {
      if (!(await lstat(path)).isDirectory()) throw notDirectory(path)
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return
      throw toReadFailure(path, error)
    }
  }
}

/** The size in bytes of a regular file, or undefined if there is none. */
export async function getRegularSize(path: string): Promise<number | undefined> {
  try {
    const found = await lstat(path)
    return found.isFile() ? found.size : undefined
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw toReadFailure(path, error)
  }
}

/** Writes a file atomically at the end of `chunks`, and creates missing directories above it. */
export const writeAtomically = (
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  options?: AtomicFileOptions,
): Promise<void> => writeBelow(dirname(path), [], chunks, basename(path), options)

/**
 * Writes a file, whose name may be known only at the end, into the directory `below` a root, and creates missing directories. Never
 * writes through a link below the root: throws ARTIFACT_MALFORMED.
 */
export async function writeBelow(
  root: string,
  below: readonly string[],
  chunks: AsyncIterable<Uint8Array>,
  name: string | (() => string),
  options?: AtomicFileOptions,
): Promise<void> {
  const directory = join(root, ...below)
  const shown = join(directory, typeof name === 'string' ? name : 'a new file')
  const step = <T>(operation: Promise<T>): Promise<T> =>
    operation.catch((error) => Promise.reject(toWriteFailure(shown, error)))
  await createDirectory(root)
  const held = await holdDirectory(root, below, { create: true }).catch((error) =>
    Promise.reject(
      isSystemError(error, 'ENOTDIR', 'ELOOP') ? notDirectory(directory) : toWriteFailure(directory, error),
    ),
  )
  try {
    const file = await step(createAtomicFile(held.at('file'), options))
    try {
      for await (const chunk of chunks) await step(file.write(chunk))
      if (!(await held.isInPlace())) throw notDirectory(directory)
      await step(file.commit(held.at(typeof name === 'string' ? name : name())))
    } finally {
      await file.discard()
    }
  } finally {
    await held.release()
  }
}

/** Creates a directory and its parents, unless they exist. */
export async function createDirectory(path: string): Promise<void> {
  try {
    await makeDirectory(path)
  } catch (error) {
    throw toWriteFailure(path, error)
  }
}

/** Removes a file or a link; a missing one is not an error. */
export async function removeFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true })
  } catch (error) {
    throw toWriteFailure(path, error)
  }
}

/** Makes the entries of a directory durable, if the file system supports that. */
export async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, constants.O_RDONLY)
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  } catch (error) {
    if (!isSystemError(error, 'EINVAL', 'EPERM', 'EISDIR', 'ENOTSUP', 'EACCES'))
      throw toWriteFailure(path, error)
  }
}
