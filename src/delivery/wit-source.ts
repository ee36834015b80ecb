import { open } from 'node:fs/promises'

import type { WorldTarget } from '../capabilities/targets/run-target.ts'
import { worldsOf } from '../capabilities/targets/wit-worlds.ts'
import { WasmpackError } from '../errors.ts'
import { bytesCursor } from '../wasm/bytes-cursor.ts'
import { inspect } from '../wasm/inspect.ts'
import { readFailure } from './file-errors.ts'
import { named } from './named.ts'

const LIMIT = 4 * 1024 * 1024

/** The worlds of a binary WIT package. Throws MODULE_MALFORMED, FILE_NOT_FOUND or FILE_UNREADABLE. */
export async function readWit(path: string): Promise<readonly WorldTarget[]> {
  return worldsOf(await named(path, inspect(bytesCursor(await readWhole(path)))))
}

async function readWhole(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path)
    try {
      const { size } = await file.stat()
      if (size > LIMIT)
        throw new WasmpackError('FILE_UNREADABLE', `WIT ${path} is larger than 4 MiB`, {
          hint: 'is it really a WIT package?',
        })
      return await file.readFile()
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw cause instanceof WasmpackError ? cause : readFailure(path, 'WIT', cause)
  }
}
