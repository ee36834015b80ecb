import { type FileHandle, open } from 'node:fs/promises'
import { addAbortSignal } from 'node:stream'

import { type ErrorCode, WasmpackError } from '../../errors.ts'
import { readFailure } from '../../files/system-errors.ts'

const LIMIT = 1024 * 1024

/** Reads a small text file whole, such as a capability manifest. `-` is standard input. Refuses more than 1 MiB. */
export const readTextFile = (path: string, what: string, signal?: AbortSignal): Promise<string> =>
  readText(path, what, { refusal: 'FILE_UNREADABLE', hint: `is it really a ${what}?` }, signal)

/** The same for keys and certificates. Throws KEY_INVALID for what is no text, or more. */
export const readPemFile = (path: string, what: string, signal?: AbortSignal): Promise<string> =>
  readText(path, what, { refusal: 'KEY_INVALID', hint: NOT_PEM }, signal)

const NOT_PEM =
  'a PEM file is wanted, which is text; what is in DER becomes one by openssl x509 or openssl pkey, with -inform der'

/** What is said of a file that is none of those that are wanted. */
interface Unwanted {
  readonly refusal: ErrorCode
  readonly hint: string
}

async function readText(
  path: string,
  what: string,
  { refusal, hint }: Unwanted,
  signal: AbortSignal | undefined,
): Promise<string> {
  let file: FileHandle | undefined
  try {
    file = path === '-' ? undefined : await open(path)
    const parts: Buffer[] = []
    let size = 0
    for await (const chunk of file ? pieces(file) : stdin(signal)) {
      size += chunk.length
      if (size > LIMIT) throw new WasmpackError(refusal, `${what} ${path} is larger than 1 MiB`, { hint })
      parts.push(chunk)
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts))
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof WasmpackError) throw cause
    if (cause instanceof TypeError)
      throw new WasmpackError(refusal, `${what} ${path} is not UTF-8 text`, { cause, hint })
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
