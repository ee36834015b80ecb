import {
  BLOCK,
  countPadding,
  isZero,
  normalizePath,
  readTarHeader,
  type TarHeader,
  textIn,
} from './header.ts'
import { ByteQueue } from './byte-queue.ts'
import { findAmbiguity, findNameAmbiguity, quoteShort } from './ambiguity.ts'
import { extend, type Extension, EXTENSION_LIMIT, findEntrySize } from './extension.ts'

/** One entry of a tar that every reader understands in the same way. */
export interface TarEntry {
  /** Relative, without `.` and `..`, separated by single slashes; empty for the root directory. */
  readonly path: string
  readonly kind: 'file' | 'directory' | 'link' | 'device'
  /** Where a hard or symbolic link points to, as written. */
  readonly target: string | undefined
  readonly isSymbolic: boolean
  /** Empty unless it is a file; whatever is not read is skipped. */
  readonly content: AsyncIterable<Uint8Array>
}

const ENTRIES_LIMIT = 100_000

/**
 * Reads the entries of a tar from its start to its end, which is zeros only. Throws what `malformed` makes of the problem for a tar that
 * is damaged or that two readers could understand differently: sparse files, global PAX records, unknown types, two names of one entry,
 * names that are absolute or lead out of the directory.
 */
export async function* readTarEntries(
  chunks: AsyncIterable<Uint8Array>,
  malformed: (problem: string) => Error,
): AsyncGenerator<TarEntry> {
  const queue = new ByteQueue(chunks)
  try {
    let extension: Extension = {}
    for (let headers = 0; ; headers++) {
      const block = await queue.take(BLOCK)
      if (block.length === 0 && headers > 0) break
      if (block.length === BLOCK && isZero(block)) {
        if (!(await queue.skipZeros())) throw malformed('has content after the end of its archive')
        break
      }
      if (headers >= ENTRIES_LIMIT) throw malformed(`has more than ${ENTRIES_LIMIT} entries`)
      const header = block.length === BLOCK ? readTarHeader(block) : undefined
      if (header === undefined)
        throw malformed(
          headers === 0 ? 'is not a file tree: it has no tar header' : 'has a damaged tar header',
        )
      const ambiguity = findAmbiguity(block, header)
      if (ambiguity !== undefined) throw malformed(ambiguity)
      if (header.kind === 'name' || header.kind === 'link-name' || header.kind === 'records') {
        if (header.size > EXTENSION_LIMIT)
          throw malformed(`has a tar record of more than ${EXTENSION_LIMIT} bytes`)
        const content = await queue.take(header.size)
        if (content.length < header.size) throw malformed('ends within a tar record')
        await queue.skip(countPadding(header.size))
        extension = extend(extension, header, content, malformed)
        continue
      }
      yield* readEntry(queue, header, extension, block, malformed)
      extension = {}
    }
    if (Object.keys(extension).length > 0) throw malformed('ends after a tar record that has no entry')
  } finally {
    await queue.close()
  }
}

async function* readEntry(
  queue: ByteQueue,
  header: TarHeader,
  extension: Extension,
  block: Uint8Array,
  malformed: (problem: string) => Error,
): AsyncGenerator<TarEntry> {
  const name = extension.path ?? header.name
  const ambiguity = findNameAmbiguity(name, header.kind)
  if (ambiguity !== undefined) throw malformed(ambiguity)
  const size = findEntrySize(header, extension)
  if (size === undefined) throw malformed(`gives ${quoteShort(name)} two sizes`)
  let rest = header.kind === 'file' ? size : 0
  const content = (async function* () {
    while (rest > 0) {
      const piece = await queue.takeSome(rest)
      if (piece.length === 0) throw malformed(`is not a file tree: it ends within ${quoteShort(name)}`)
      rest -= piece.length
      yield piece
    }
  })()
  const flag = String.fromCharCode(block[156]!)
  const isLink = flag === '1' || flag === '2'
  yield {
    path: normalizePath(name),
    kind: header.kind === 'file' || header.kind === 'directory' ? header.kind : isLink ? 'link' : 'device',
    target: isLink ? (extension.target ?? textIn(block.subarray(157, 257))) : undefined,
    isSymbolic: flag === '2',
    content,
  }
  for await (const _ of content);
  if (rest > 0) {
    await queue.skip(rest)
    rest = 0
  }
  await queue.skip(countPadding(header.kind === 'file' ? size : 0))
}
