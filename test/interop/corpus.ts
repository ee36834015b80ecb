import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'

import { WasmpackError } from '../../src/errors.ts'
import { inspectBinary } from '../../src/wasm/inspect-binary.ts'
import type { Inspection } from '../../src/wasm/types/inspection.ts'
import { createRangeCursor } from '../../src/wasm/binary/range-cursor.ts'

/** A file that says it is WebAssembly. */
export interface Binary {
  /** Below the directory of its source: what a table of differences calls it. */
  readonly name: string
  readonly path: string
}

/** What this project's reader made of a binary: it reads it or refuses it. */
export interface Listed {
  readonly inspection?: Inspection
  readonly refusal?: string
  readonly size: number
  /** How many bytes of the file were asked for. */
  readonly bytesRead: number
}

/** The binaries in a directory, in the order of their names; one of several that are the same. */
export function binariesIn(directory: string): Binary[] {
  const seen = new Set<string>()
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.wasm'))
    .sort()
    .map((name) => ({ name, path: join(directory, name) }))
    .filter(({ path }) => {
      const digest = createHash('sha256').update(readFileSync(path)).digest('hex')
      return !seen.has(digest) && seen.add(digest)
    })
}

/** As `wasmpack inspect` reads a file, and how much of it. An error that users are not meant to see is thrown. */
export async function listed({ path }: Binary): Promise<Listed> {
  const file = openSync(path, 'r')
  const { size } = fstatSync(file)
  let bytesRead = 0
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(length)
    const there = readSync(file, bytes, 0, length, offset)
    bytesRead += there
    return bytes.subarray(0, there)
  }
  try {
    const inspection = await inspectBinary(createRangeCursor({ size, read }))
    return { inspection, size, bytesRead }
  } catch (error) {
    if (!(error instanceof WasmpackError) || error.code !== 'MODULE_MALFORMED') throw error
    return { refusal: error.message, size, bytesRead }
  } finally {
    closeSync(file)
  }
}
