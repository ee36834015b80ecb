import { type ErrorCode, WasmpackError } from '../errors.ts'
import { openRegularFile } from './open-regular-file.ts'
import { readFailure } from './system-errors.ts'

export interface SmallFileOptions {
  /** What the file is for: `cannot read WHAT PATH: ...`. */
  readonly what: string
  /** In bytes; 1 MiB by default. */
  readonly limit?: number
  /** Of a file that is larger than the limit, or is no text. FILE_UNREADABLE by default. */
  readonly refusal?: ErrorCode
  /** Of the same. */
  readonly hint?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export const TEXT_LIMIT = 1024 * 1024
const PIECE = 64 * 1024

/**
 * Reads a small regular file whole as UTF-8 text, without its byte order mark. Throws FILE_NOT_FOUND, FILE_UNREADABLE, the
 * given `refusal`, or the reason of an aborted signal.
 */
export async function readTextFile(path: string, options: SmallFileOptions): Promise<string> {
  return decodeText(await readSmallFile(path, options), path, options)
}

/** The same for any bytes. */
export async function readSmallFile(path: string, options: SmallFileOptions): Promise<Uint8Array> {
  const { what, limit = TEXT_LIMIT, signal } = options
  signal?.throwIfAborted()
  const { file } = await openRegularFile(what, path)
  try {
    const parts: Uint8Array[] = []
    let size = 0
    // Without a stream's machinery, which would take longer to load than a small file takes to read.
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(PIECE), 0, PIECE, null)
      signal?.throwIfAborted()
      if (bytesRead === 0) return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
      size += bytesRead
      if (size > limit) throw refuseSize(path, options)
      parts.push(buffer.subarray(0, bytesRead))
    }
  } catch (error) {
    throw readFailure(what, path, error)
  } finally {
    await file.close()
  }
}

/** The error of a file that is larger than its limit. */
export const refuseSize = (path: string, options: SmallFileOptions): WasmpackError => {
  const { what, limit = TEXT_LIMIT, refusal = 'FILE_UNREADABLE', hint = `is it really a ${what}?` } = options
  return new WasmpackError(refusal, `cannot read ${what} ${path}: larger than ${limit} bytes`, { hint })
}

/** Decodes UTF-8 without its byte order mark. Throws the given `refusal` for malformed text. */
export function decodeText(bytes: Uint8Array, path: string, options: SmallFileOptions): string {
  const { what, refusal = 'FILE_UNREADABLE', hint = `is it really a ${what}?` } = options
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new WasmpackError(refusal, `cannot read ${what} ${path}: not UTF-8 text`, { cause, hint })
  }
}
