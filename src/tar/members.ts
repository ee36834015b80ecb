import { WasmpackError } from '../errors.ts'
import {
  BLOCK,
  countPadding,
  isZero,
  readPaxRecords,
  readTarHeader,
  type TarHeader,
  textIn,
} from './header.ts'

/** Where a file's bytes are within a tar. */
export interface Member {
  readonly offset: number
  readonly size: number
}

/** Stands under a name that nothing can be read by, and says why. */
export interface Misfit {
  readonly problem: string
}

/** Bytes of a file, by their place; fewer where the file ends. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>

const HEADERS_LIMIT = 200_000
/** Of long names and PAX records before one entry. */
const EXTENSIONS_LIMIT = 8
/** In bytes: of one of them. */
const EXTENSION_LIMIT = 64 * 1024

/** What an entry is called and how large it is, by what stands before it. */
interface Extension {
  readonly name?: string
  readonly size?: number
  readonly isSparse?: boolean
}

/**
 * Looks through the headers of a tar, from one to the next, and gives what stands under the names that `isWanted` takes: ustar with
 * GNU's long names and PAX's, in any order, with `./` in front or without. `entries.ts` reads a tar from its
 * start to its end and cannot skip what nobody asks for. Nothing is made of what a name says: one that leads out of the directory
 * is a name like any other, and is not wanted. What is no plain file, and what comes twice, is a {@link Misfit}.
 * Throws ARTIFACT_MALFORMED for what is no tar, is compressed, was cut off, or has more headers than anybody writes.
 */
export async function indexTar(
  readAt: ReadAt,
  fileSize: number,
  { name: archive, isWanted }: { readonly name: string; readonly isWanted: (name: string) => boolean },
): Promise<ReadonlyMap<string, Member | Misfit>> {
  const members = new Map<string, Member | Misfit>()
  let extension: Extension = {}
  let extensions = 0
  let at = 0
  for (let headers = 0; headers < HEADERS_LIMIT; headers++) {
    const block = await readAt(at, BLOCK)
    if (at === 0) refuseCompressed(block, archive)
    if (block.length < BLOCK) throw at === 0 ? noTar(archive) : cutOff(archive, at)
    if (isZero(block)) return members
    const header = readTarHeader(block)
    if (header === undefined) throw at === 0 ? noTar(archive) : malformed(archive, `has no header at ${at}`)
    const offset = at + BLOCK
    const isEntry = header.kind === 'file' || header.kind === 'other' || header.kind === 'directory'
    const size = (header.kind === 'file' ? extension.size : undefined) ?? header.size
    if (offset + size > fileSize) throw cutOff(archive, at)
    at = offset + size + countPadding(size)
    if (isEntry) {
      const name = (extension.name ?? header.name).replace(/^(?:\.\/+)+/, '')
      if (isWanted(name)) members.set(name, memberOf(header, { offset, size }, extension, members.has(name)))
      extension = {}
      extensions = 0
      continue
    }
    if (++extensions > EXTENSIONS_LIMIT || size > EXTENSION_LIMIT)
      throw malformed(archive, `has too many extension records before the entry at ${at}`)
    extension = { ...extension, ...extensionOf(header, await readAt(offset, size), archive) }
  }
  throw malformed(archive, `has more than ${HEADERS_LIMIT} entries`)
}

function memberOf(
  { kind, word }: TarHeader,
  place: Member,
  { isSparse }: Extension,
  isSecond: boolean,
): Member | Misfit {
  if (isSecond) return { problem: 'is duplicated, and readers disagree which entry counts' }
  if (isSparse) return { problem: 'is a sparse file' }
  return kind === 'file' ? place : { problem: `is ${word}` }
}

function extensionOf({ kind }: TarHeader, content: Uint8Array, archive: string): Extension {
  if (kind === 'link-name') return {}
  if (kind === 'name') return { name: textIn(content) }
  const records = readPaxRecords(content)
  if (records === undefined) throw malformed(archive, 'has invalid PAX records')
  const path = records.get('path')
  const size = records.get('size')
  if (kind === 'all-records') {
    // They would hold for every entry, which is a name or a size that all of them share.
    if (path === undefined && size === undefined) return {}
    throw malformed(archive, 'has global PAX records that set a name or size')
  }
  if (size !== undefined && !/^[0-9]{1,15}$/.test(size))
    throw malformed(archive, 'has PAX records with an invalid size')
  return {
    ...(path === undefined ? {} : { name: path }),
    ...(size === undefined ? {} : { size: Number(size) }),
    ...([...records.keys()].some((keyword) => keyword.startsWith('GNU.sparse.')) ? { isSparse: true } : {}),
  }
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
