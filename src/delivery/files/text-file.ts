import { addAbortSignal } from 'node:stream'

import { collectUpTo } from '../../collect.ts'
import {
  decodeText,
  readTextFile,
  refuseSize,
  type SmallFileOptions,
  TEXT_LIMIT,
} from '../../files/read-text-file.ts'
import { readFailure } from '../../files/system-errors.ts'

/** Reads a small text whole, such as a capability manifest, from a file or, with `-`, from standard input; at most 1 MiB. */
export const readText = (path: string, what: string, signal?: AbortSignal): Promise<string> =>
  readBounded(path, { what, signal })

/** The same for keys and certificates. Throws KEY_INVALID for content that is not text or too large. */
export const readPemFile = (path: string, what: string, signal?: AbortSignal): Promise<string> =>
  readBounded(path, { what, signal, refusal: 'KEY_INVALID', hint: NOT_PEM })

const NOT_PEM = 'expected PEM; convert DER with openssl x509 -inform der, or openssl pkey -inform der'

async function readBounded(path: string, options: SmallFileOptions): Promise<string> {
  return path === '-'
    ? decodeText(await readStdin(options), 'stdin', options)
    : await readTextFile(path, options)
}

/** Reads standard input whole, within the limit of the options. Throws FILE_UNREADABLE or the given `refusal`. */
export async function readStdin(options: SmallFileOptions): Promise<Uint8Array> {
  const { signal, what, limit = TEXT_LIMIT } = options
  try {
    const bytes = await collectUpTo(signal ? addAbortSignal(signal, process.stdin) : process.stdin, limit)
    if (bytes === undefined) throw refuseSize('stdin', options)
    return bytes
  } catch (error) {
    signal?.throwIfAborted()
    throw readFailure(what, 'stdin', error)
  }
}
