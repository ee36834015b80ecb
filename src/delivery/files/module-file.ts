import type { FileHandle } from 'node:fs/promises'

import { WasmpackError } from '../../errors.ts'
import { type Cursor } from '../../wasm/binary/cursor.ts'
import { inspectBinary } from '../../wasm/inspect-binary.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'
import { createRangeCursor } from '../../wasm/binary/range-cursor.ts'
import { openRegularFile } from '../../files/open-regular-file.ts'
import { readFailure } from '../../files/system-errors.ts'
import { withModuleName } from './module-name.ts'

const CHUNK = 1024 * 1024

/** A module on the disk, open for reading; `close` it. */
export interface ModuleFile {
  readonly path: string
  /** As it was when the file was opened, in bytes. */
  readonly size: number
  /** All of its bytes from the start, as they are now. */
  stream(): AsyncIterable<Uint8Array>
  /** Reads only what the reader asks for. */
  read<T>(reader: (cursor: Cursor) => Promise<T>): Promise<T>
  inspect(): Promise<Inspection>
  close(): Promise<void>
}

/** Throws FILE_NOT_FOUND or FILE_UNREADABLE; the content is not read yet. */
export async function openModuleFile(path: string): Promise<ModuleFile> {
  if (path === '-')
    throw new WasmpackError('USAGE', 'cannot read a module from stdin', {
      hint: 'write it to a file first; modules are read more than once',
    })
  try {
    const { file, size } = await openRegularFile('module', path)
    return createModuleFile(path, file, size)
  } catch (error) {
    throw error instanceof WasmpackError && error.code === 'FILE_NOT_FOUND' && REFERENCE.test(path)
      ? new WasmpackError(error.code, error.message, { cause: error, hint: NOT_A_FILE })
      : error
  }
}

const NOT_A_FILE =
  'pass a file; use wasmpack pull to get the module of an artifact, or wasmpack inspect to show it'

/** References that cannot be file names. */
const REFERENCE = /^oci-(?:layout|archive):|^[^/]+\/.+(?::[\w.-]+|@sha256:[0-9a-f]+)$/

const createModuleFile = (path: string, file: FileHandle, size: number): ModuleFile => ({
  path,
  size,
  read: (reader) => withModuleName(path, reader(createCursor(path, file, size))),
  async *stream() {
    for (let offset = 0; ;) {
      // A fresh buffer each time: the one before may still be on its way to a socket.
      const { bytesRead, buffer } = await mapReadErrors(
        path,
        file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, offset),
      )
      if (bytesRead === 0) return
      offset += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  },
  inspect: () => withModuleName(path, inspectBinary(createCursor(path, file, size))),
  close: () => file.close(),
})

const createCursor = (path: string, file: FileHandle, size: number): Cursor =>
  createRangeCursor({
    size,
    async read(offset, length) {
      const { bytesRead, buffer } = await mapReadErrors(
        path,
        file.read(Buffer.allocUnsafe(length), 0, length, offset),
      )
      return buffer.subarray(0, bytesRead)
    },
  })

async function mapReadErrors<T>(path: string, result: Promise<T>): Promise<T> {
  try {
    return await result
  } catch (cause) {
    throw readFailure('module', path, cause)
  }
}
