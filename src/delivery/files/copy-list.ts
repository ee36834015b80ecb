import { WasmpackError } from '../../errors.ts'
import { quoted } from '../../printable.ts'
import { redactWords } from '../../redacted.ts'
import { readText } from './text-file.ts'

/** Where an artifact is, and where it goes, as references. */
export interface CopyLine {
  readonly source: string
  readonly destination: string
}

const LINES_LIMIT = 10_000
const FORM = 'write two references on a line: SOURCE DESTINATION'

/**
 * Reads a list of copies: on each line a source, blanks and a destination; empty lines and those that begin with # count for
 * nothing. `-` is standard input. Throws USAGE for a line that is something else, FILE_NOT_FOUND and FILE_UNREADABLE.
 */
export async function readCopyList(path: string, signal: AbortSignal): Promise<readonly CopyLine[]> {
  const name = path === '-' ? 'stdin' : path
  const copies: CopyLine[] = []
  for (const [at, line] of (await readText(path, 'list of copies', signal)).split('\n').entries()) {
    const words = line.trim().split(/\s+/)
    if (words[0] === '' || words[0]!.startsWith('#')) continue
    const [source, destination, ...more] = words as [string, ...string[]]
    if (destination === undefined || more.length > 0)
      throw new WasmpackError(
        'USAGE',
        `${name}:${at + 1}: ${quoted(redactWords(line.trim()).slice(0, 300))} is not a source and a destination`,
        { hint: FORM },
      )
    copies.push({ source, destination })
    if (copies.length > LINES_LIMIT)
      throw new WasmpackError('USAGE', `${name} lists more than ${LINES_LIMIT} copies`, {
        hint: 'split the list and run the command for each part',
      })
  }
  if (copies.length > 0) return copies
  throw new WasmpackError('USAGE', `${name} is empty: nothing to copy`, {
    hint: FORM,
  })
}
