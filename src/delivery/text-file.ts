import { type FileHandle, open } from 'node:fs/promises'
import { addAbortSignal } from 'node:stream'

import { WasmpackError } from '../errors.ts'
import { readFailure } from './file-errors.ts'

const LIMIT = 1024 * 1024

/** Reads a small text file whole: a capability manifest, a key. `-` is standard input. Refuses more than 1 MiB. */
export async function readTextFile(path: string, what: string, signal?: AbortSignal): Promise<string> {
  let file: FileHandle | undefined
  try {
    file = path === '-' ? undefined : await open(path)
    const parts: Buffer[] = []
    let size = 0
    for await (const chunk of file ? pieces(file) : stdin(signal)) {
      size += chunk.length
      if (size > LIMIT)
        throw new WasmpackError('FILE_UNREADABLE', `${what} ${path} is larger than 1 MiB`, {
          hint: `is it really a ${what}?`,
        })
      parts.push(chunk)
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts))
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof WasmpackError) throw cause
    if (cause instanceof TypeError)
      throw new WasmpackError('FILE_UNREADABLE', `${what} ${path} is not UTF-8 text`, {
        cause,
        hint: `is it really a ${what}?`,
      })
    throw readFailure(path, what, cause)
  } finally {
    await file?.close()
  }
}

const PIECE = 64 * 1024

/** Without a stream's machinery, which would take longer to load than a small file takes to read. */
async function* pieces(file: FileHandle): AsyncGenerator<Buffer> {
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(PIECE), 0, PIECE, null)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}

const stdin = (signal: AbortSignal | undefined): AsyncIterable<Buffer> =>
  signal ? addAbortSignal(signal, process.stdin) : process.stdin
