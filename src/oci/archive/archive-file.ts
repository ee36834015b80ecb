import { constants, type FileHandle, open } from 'node:fs/promises'

import { WasmpackError } from '../../errors.ts'
import { isSystemError } from '../../files/system-errors.ts'
import { collect } from '../descriptor.ts'
import { type Digest, getDigestAlgorithm, getDigestHex, isDigest } from '../digest.ts'
import { toReadFailure } from '../layout/files.ts'
import {
  EMPTY_INDEX,
  INDEX_SIZE_LIMIT,
  type IndexDocument,
  parseIndexDocument,
} from '../layout/index-document.ts'
import { checkMarker } from '../layout/marker.ts'
import { indexTar, type Member, type ReadAt } from '../../tar/members.ts'

const CHUNK = 256 * 1024
const WINDOW = 64 * 1024

/** The name of a blob's member in an archive. */
export const formatBlobName = (digest: Digest): string =>
  `blobs/${getDigestAlgorithm(digest)}/${getDigestHex(digest)}`

/** The inverse of {@link formatBlobName}; undefined if the member is not a blob. */
function parseBlobName(name: string): Digest | undefined {
  const [, algorithm, hex] = /^blobs\/(sha256|sha512)\/([0-9a-f]+)$/.exec(name) ?? []
  const text = `${algorithm}:${hex}`
  return isDigest(text) ? text : undefined
}

const isWanted = (name: string): boolean =>
  name === 'oci-layout' || name === 'index.json' || parseBlobName(name) !== undefined

/** Identifies one state of a file. */
interface Stamp {
  readonly dev: bigint
  readonly ino: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
}

/**
 * The file of an OCI archive, with an index of its members. Nothing is unpacked: reads are ranges of the file, and throw
 * FILE_UNREADABLE if it changed meanwhile.
 */
export class ArchiveFile {
  /** The parsed index.json. */
  readonly index: IndexDocument
  /** The permissions of the file. */
  readonly mode: number
  readonly #path: string
  readonly #name: string
  readonly #stamp: Stamp
  readonly #members: ReadonlyMap<string, Member>

  private constructor(
    found: { readonly path: string; readonly name: string; readonly mode: number; readonly stamp: Stamp },
    members: ReadonlyMap<string, Member>,
    index: IndexDocument,
  ) {
    this.#path = found.path
    this.#name = found.name
    this.#stamp = found.stamp
    this.mode = found.mode
    this.#members = members
    this.index = index
  }

  /** Undefined if the file does not exist. `name` is the archive as users write it. Throws ARTIFACT_MALFORMED and FILE_UNREADABLE. */
  static async open(path: string, name: string): Promise<ArchiveFile | undefined> {
    let file: FileHandle
    try {
      // Non-blocking, since opening a pipe would wait for its writer.
      file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return undefined
      throw toReadFailure(path, error)
    }
    try {
      const stat = await file.stat({ bigint: true })
      if (!stat.isFile())
        throw new WasmpackError('ARTIFACT_MALFORMED', `${path} is not a regular file`, {
          hint: stat.isDirectory()
            ? `for an OCI layout write oci-layout:${path}`
            : 'an archive must be a seekable file, not a pipe or a device',
        })
      const members = await indexTar(createWindow(file), Number(stat.size), { name, isWanted })
      const mode = Number(stat.mode) & 0o777
      const unread = new ArchiveFile({ path, name, mode, stamp: stat }, members, EMPTY_INDEX)
      await checkMarker(unread.read('oci-layout'), name)
      const what = `index.json of ${name}`
      const bytes = await collect(unread.read('index.json'), INDEX_SIZE_LIMIT, what)
      return new ArchiveFile({ path, name, mode, stamp: stat }, members, parseIndexDocument(bytes, what))
    } catch (error) {
      throw toReadFailure(path, error)
    } finally {
      await file.close()
    }
  }

  /** The digests of all blobs. */
  get digests(): readonly Digest[] {
    return [...this.#members.keys()].flatMap((name) => parseBlobName(name) ?? [])
  }

  /** The size of a member in bytes; undefined if there is none. */
  getSize(member: string): number | undefined {
    return this.#members.get(member)?.size
  }

  /** The bytes of a member, unverified. Throws ARTIFACT_MALFORMED if there is none. */
  async *read(member: string): AsyncGenerator<Uint8Array> {
    const found = this.#members.get(member)
    if (found === undefined)
      throw new WasmpackError('ARTIFACT_MALFORMED', `${this.#name} has no ${member}`, {
        hint: 'it is not an OCI archive; write one with: wasmpack copy, skopeo copy or podman save --format oci-archive',
      })
    const file = await open(this.#path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      this.#refuseChanged(await file.stat({ bigint: true }))
      for (let at = 0; at < found.size;) {
        const chunk = Buffer.allocUnsafe(Math.min(CHUNK, found.size - at))
        const { bytesRead } = await file.read(chunk, 0, chunk.length, found.offset + at)
        if (bytesRead === 0) return
        yield chunk.subarray(0, bytesRead)
        at += bytesRead
      }
    } finally {
      await file.close()
    }
  }

  #refuseChanged({ dev, ino, size, mtimeNs }: Stamp): void {
    const known = this.#stamp
    if (dev === known.dev && ino === known.ino && size === known.size && mtimeNs === known.mtimeNs) return
    throw new WasmpackError('FILE_UNREADABLE', `${this.#path} changed while it was being read`, {
      hint: 'run the command again when no other process writes to it',
    })
  }
}

/** Reads through a window, since headers of small files are close together. */
function createWindow(file: FileHandle): ReadAt {
  const window = Buffer.allocUnsafe(WINDOW)
  let start = 0
  let end = 0
  return async (offset, length) => {
    if (offset < start || offset + length > end) {
      start = end = offset
      while (end - start < WINDOW) {
        const { bytesRead } = await file.read(window, end - start, WINDOW - (end - start), end)
        if (bytesRead === 0) break
        end += bytesRead
      }
    }
    return window.subarray(offset - start, Math.min(offset + length, end) - start)
  }
}
