import { constants, type FileHandle, open } from 'node:fs/promises'

import { WasmpackError } from '../../errors.ts'
import { type Cursor } from '../../wasm/binary/cursor.ts'
import { inspect } from '../../wasm/inspect.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'
import { rangeCursor } from '../../wasm/binary/range-cursor.ts'
import { readFailure } from '../../files/system-errors.ts'
import { named } from './named.ts'

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

/** Throws FILE_NOT_FOUND or FILE_UNREADABLE; what is in the file is not looked at yet. */
export async function openModuleFile(path: string): Promise<ModuleFile> {
  if (path === '-')
    throw new WasmpackError('USAGE', 'a module is read from a file, not from stdin', {
      hint: 'write it to a file first: it is read more than once',
    })
  let file: FileHandle | undefined
  try {
    // Non-blocking, for the opening of a pipe waits for its writer.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stat = await file.stat()
    if (!stat.isFile()) {
      const found = stat.isDirectory() ? 'a directory' : 'no regular file'
      throw new WasmpackError('FILE_UNREADABLE', `module ${path} is ${found}`, { hint: 'name a .wasm file' })
    }
    return moduleFile(path, file, stat.size)
  } catch (cause) {
    await file?.close()
    if (cause instanceof WasmpackError) throw cause
    const failure = readFailure(path, 'module', cause)
    throw failure.code === 'FILE_NOT_FOUND' && REFERENCE.test(path)
      ? new WasmpackError(failure.code, failure.message, {
          cause,
          hint: 'this command reads a file: wasmpack pull fetches the module of an artifact, wasmpack inspect shows it',
        })
      : failure
  }
}

/** What nobody calls a file. */
const REFERENCE = /^oci-(?:layout|archive):|^[^/]+\/.+(?::[\w.-]+|@sha256:[0-9a-f]+)$/

const moduleFile = (path: string, file: FileHandle, size: number): ModuleFile => ({
  path,
  size,
  read: (reader) => named(path, reader(cursorOf(path, file, size))),
  async *stream() {
    for (let offset = 0; ;) {
      // A fresh buffer each time: the one before may still be on its way to a socket.
      const { bytesRead, buffer } = await reading(
        path,
        file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, offset),
      )
      if (bytesRead === 0) return
      offset += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  },
  inspect: () => named(path, inspect(cursorOf(path, file, size))),
  close: () => file.close(),
})

const cursorOf = (path: string, file: FileHandle, size: number): Cursor =>
  rangeCursor({
    size,
    async read(offset, length) {
      const { bytesRead, buffer } = await reading(
        path,
        file.read(Buffer.allocUnsafe(length), 0, length, offset),
      )
      return buffer.subarray(0, bytesRead)
    },
  })

async function reading<T>(path: string, result: Promise<T>): Promise<T> {
  try {
    return await result
  } catch (cause) {
    throw readFailure(path, 'module', cause)
  }
}
