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
    const stream = file ? file.createReadStream({ autoClose: false }) : process.stdin
    for await (const chunk of signal ? addAbortSignal(signal, stream) : stream) {
      size += (chunk as Buffer).length
      if (size > LIMIT)
        throw new WasmpackError('FILE_UNREADABLE', `${what} ${path} is larger than 1 MiB`, {
          hint: `is it really a ${what}?`,
        })
      parts.push(chunk as Buffer)
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
