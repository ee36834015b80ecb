import { constants, type FileHandle, open, stat } from 'node:fs/promises'
import type { BigIntStats, Stats } from 'node:fs'

import { WasmpackError } from '../errors.ts'
import { readFailure } from './system-errors.ts'

export interface RegularFile {
  readonly file: FileHandle
  /** As it was when the file was opened, in bytes. */
  readonly size: number
}

/**
 * Opens a regular file for reading, and nothing that could keep the reader waiting: a named pipe, a socket, a device and a
 * directory are refused. /dev/null is an empty file. Throws FILE_NOT_FOUND and FILE_UNREADABLE; `what` names the purpose of the file.
 */
export async function openRegularFile(what: string, path: string): Promise<RegularFile> {
  let file: FileHandle | undefined
  try {
    // Opening a pipe would wait for its writer, and opening a terminal could make it that of this process.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    const found = await file.stat()
    if (found.isFile() || (await isNullDevice(found))) return { file, size: found.size }
    if (found.isDirectory()) throw Object.assign(new Error('EISDIR'), { code: 'EISDIR' })
    throw new WasmpackError(
      'FILE_UNREADABLE',
      `cannot read ${what} ${path}: is ${nameFileKind(found)}, not a regular file`,
      { hint: 'name a regular file; write what a program prints to one first' },
    )
  } catch (error) {
    await file?.close()
    throw readFailure(what, path, error)
  }
}

/** Whether a file that was found is /dev/null, by whatever name. */
export const isNullDevice = async (device: Stats | BigIntStats): Promise<boolean> =>
  device.isCharacterDevice() &&
  (await stat('/dev/null').then(
    (found) => found.isCharacterDevice() && BigInt(found.rdev) === BigInt(device.rdev),
    () => false,
  ))

function nameFileKind(found: Stats): string {
  if (found.isFIFO()) return 'a pipe'
  return found.isSocket() ? 'a socket' : 'a device'
}
