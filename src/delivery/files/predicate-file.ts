import { parsePredicate } from '../../attestations/predicate.ts'
import { PREDICATE_LIMIT } from '../../attestations/statement.ts'
import { readSmallFile } from '../../files/read-text-file.ts'
import { readStdin } from './text-file.ts'

/**
 * Reads a predicate whole from a file or, with `-`, from standard input; at most 10 MiB. The bytes are returned as they are. Throws
 * FILE_NOT_FOUND, FILE_UNREADABLE and PREDICATE_INVALID.
 */
export async function readPredicateFile(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  const options = { what: 'predicate', limit: PREDICATE_LIMIT, signal }
  const bytes = path === '-' ? await readStdin(options) : await readSmallFile(path, options)
  parsePredicate(bytes, `predicate ${path === '-' ? 'stdin' : path}`)
  return bytes
}
