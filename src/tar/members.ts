import { WasmpackError } from '../errors.ts'
import { findAmbiguity, findNameAmbiguity, quoteShort } from './ambiguity.ts'
import { EntryNames } from './entry-names.ts'
import { extend, type Extension, EXTENSION_LIMIT, findEntrySize } from './extension.ts'
import { BLOCK, countPadding, isZero, normalizePath, readPaxRecords, readTarHeader } from './header.ts'

/** Where a file's bytes are within a tar. */
export interface Member {
  readonly offset: number
  readonly size: number
}

/** Bytes of a file, by their place; fewer where the file ends. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>

const HEADERS_LIMIT = 200_000
/** In bytes, of zeros after the end marker; tar writes up to one record of them, by default 10 KiB. */
const ENDING_LIMIT = 16 * 1024 * 1024
const PIECE = 64 * 1024

/**
 * Finds the files of a tar that `isWanted`, from header to header without reading their content, which `entries.ts` cannot. Names
 * may begin with `./`. Throws ARTIFACT_MALFORMED for a tar that is compressed, truncated or damaged, or has more headers than anybody
 * writes, and for what two readers could understand differently, whether wanted or not: sparse files, names that are duplicated, absolute
 * or lead out of the directory, links in place of directories, content after the end.
 */
export async function indexTar(
  readAt: ReadAt,
  fileSize: number,
  { name: archive, isWanted }: { readonly name: string; readonly isWanted: (name: string) => boolean },
): Promise<ReadonlyMap<string, Member>> {
  const fail = (problem: string): WasmpackError => malformed(archive, problem)
  const refuse = (problem: string | undefined): void => {
    if (problem !== undefined) throw fail(problem)
  }
  const members = new Map<string, Member>()
  const names = new EntryNames(isWanted)
  let extension: Extension = {}
  let at = 0
  for (let headers = 0; headers < HEADERS_LIMIT; headers++) {
    const block = await readAt(at, BLOCK)
    if (at === 0) refuseCompressed(block, archive)
    if (block.length < BLOCK) throw at === 0 ? noTar(archive) : cutOff(archive, at)
    if (isZero(block)) {
      if (Object.keys(extension).length > 0) throw fail('ends after a tar record that has no entry')
      refuse(await findContentAfter(readAt, at + BLOCK))
      return members
    }
    const header = readTarHeader(block)
    if (header === undefined) throw at === 0 ? noTar(archive) : fail(`has no header at ${at}`)
    const offset = at + BLOCK
    const { kind } = header
    const isComment = kind === 'all-records'
    if (!isComment) refuse(findAmbiguity(block, header))
    const isEntry = kind === 'file' || kind === 'other' || kind === 'directory'
    const size = isEntry ? findEntrySize(header, extension) : header.size
    if (size === undefined) throw fail(`gives ${quoteShort(header.name)} two sizes`)
    if (offset + size > fileSize) throw cutOff(archive, at)
    at = offset + size + countPadding(size)
    if (isEntry) {
      const name = extension.path ?? header.name
      refuse(findNameAmbiguity(name, kind))
      const path = normalizePath(name)
      if (path !== '') refuse(names.add(path, kind))
      else if (kind !== 'directory') throw fail(`has ${header.word} in place of its directory`)
      if (isWanted(path)) {
        if (kind !== 'file') throw fail(`has ${path}, which is ${header.word}`)
        members.set(path, { offset, size })
      }
      extension = {}
      continue
    }
    if (size > EXTENSION_LIMIT) throw fail(`has a tar record of more than ${EXTENSION_LIMIT} bytes`)
    const content = await readAt(offset, size)
    if (isComment) {
      // Go's reader forgets the records before it.
      refuse(
        Object.keys(extension).length > 0
          ? 'has global PAX records before an entry'
          : findGlobalAmbiguity(content),
      )
    } else extension = extend(extension, header, content, fail)
  }
  throw fail(`has more than ${HEADERS_LIMIT} entries`)
}

/** Readers disagree about whether global records count; `git archive` writes a comment, which changes nothing. */
function findGlobalAmbiguity(content: Uint8Array): string | undefined {
  const records = readPaxRecords(content)
  if (records === undefined) return 'has damaged PAX records'
  return [...records.keys()].every((keyword) => keyword === 'comment')
    ? undefined
    : 'has global PAX records, which some readers ignore'
}

/** Some readers go on after a block of zeros. */
async function findContentAfter(readAt: ReadAt, start: number): Promise<string | undefined> {
  for (let at = start; at < start + ENDING_LIMIT; at += PIECE) {
    const piece = await readAt(at, PIECE)
    if (!isZero(piece)) return 'has content after the end of its archive'
    if (piece.length < PIECE) return undefined
  }
  return `has more than ${ENDING_LIMIT} bytes after the end of its archive`
}

const malformed = (archive: string, problem: string, hint?: string): WasmpackError =>
  new WasmpackError('ARTIFACT_MALFORMED', `${archive} ${problem}`, {
    hint: hint ?? 'the archive is damaged or malicious; create it again',
  })

const noTar = (archive: string): WasmpackError =>
  malformed(
    archive,
    'is not a tar',
    'an OCI archive is a tar of an OCI layout, as skopeo, podman and regctl write it',
  )

const cutOff = (archive: string, at: number): WasmpackError =>
  malformed(
    archive,
    `is truncated at the entry at ${at}, or has no end marker`,
    'the transfer was interrupted: copy the archive again',
  )

/** The first bytes of what people compress tars with, and how to undo it. */
const COMPRESSIONS = [
  { magic: [0x1f, 0x8b], called: 'gzip', undo: 'gunzip it first' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], called: 'zstd', undo: 'unzstd it first' },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], called: 'xz', undo: 'unxz it first' },
  { magic: [0x42, 0x5a, 0x68], called: 'bzip2', undo: 'bunzip2 it first' },
] as const

function refuseCompressed(start: Uint8Array, archive: string): void {
  for (const { magic, called, undo } of COMPRESSIONS)
    if (magic.every((byte, at) => start[at] === byte))
      throw malformed(
        archive,
        `is compressed with ${called}`,
        `${undo}: compressed archives cannot be read in place`,
      )
}
