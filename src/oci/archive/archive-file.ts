import { constants, type FileHandle, open } from 'node:fs/promises'

import { WasmpackError } from '../../errors.ts'
import { isSystemError } from '../../files/system-errors.ts'
import { collect } from '../descriptor.ts'
import { type Digest, getDigestAlgorithm, getDigestHex, isDigest } from '../digest.ts'
import { unreadable } from '../layout/files.ts'
import {
  EMPTY_INDEX,
  INDEX_SIZE_LIMIT,
  type IndexDocument,
  parseIndexDocument,
} from '../layout/index-document.ts'
import { checkMarker } from '../layout/marker.ts'
import { indexTar, type Member, type Misfit, type ReadAt } from '../../tar/members.ts'

const CHUNK = 256 * 1024
const WINDOW = 64 * 1024

/** The member of an archive that a blob is in. */
export const formatBlobName = (digest: Digest): string =>
  `blobs/${getDigestAlgorithm(digest)}/${getDigestHex(digest)}`

/** The inverse of {@link formatBlobName}: undefined for what is no blob. */
function parseBlobName(name: string): Digest | undefined {
  const [, algorithm, hex] = /^blobs\/(sha256|sha512)\/([0-9a-f]+)$/.exec(name) ?? []
  const text = `${algorithm}:${hex}`
  return isDigest(text) ? text : undefined
}

const isWanted = (name: string): boolean =>
  name === 'oci-layout' || name === 'index.json' || parseBlobName(name) !== undefined

/** What tells one state of a file from another. */
interface Stamp {
  readonly dev: bigint
  readonly ino: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
}

/**
 * The file of an OCI archive, whose headers were looked through once. Nothing is unpacked: what is read is a range of the file,
 * and a file that is another one by then is FILE_UNREADABLE.
 */
export class ArchiveFile {
  /** What index.json says. */
  readonly index: IndexDocument
  /** Of the file. */
  readonly mode: number
  readonly #path: string
  readonly #name: string
  readonly #stamp: Stamp
  readonly #members: ReadonlyMap<string, Member | Misfit>

  private constructor(
    found: { readonly path: string; readonly name: string; readonly mode: number; readonly stamp: Stamp },
    members: ReadonlyMap<string, Member | Misfit>,
    index: IndexDocument,
  ) {
    this.#path = found.path
    this.#name = found.name
    this.#stamp = found.stamp
    this.mode = found.mode
    this.#members = members
    this.index = index
  }

  /** Undefined if there is no such file. `name` is what users call it. Throws ARTIFACT_MALFORMED and FILE_UNREADABLE. */
  static async open(path: string, name: string): Promise<ArchiveFile | undefined> {
    let file: FileHandle
    try {
      // Non-blocking, for the opening of a pipe waits for its writer.
      file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return undefined
      throw unreadable(path, error)
    }
    try {
      const stat = await file.stat({ bigint: true })
      if (!stat.isFile())
        throw new WasmpackError('ARTIFACT_MALFORMED', `${path} is not a regular file`, {
          hint: stat.isDirectory()
            ? `a directory may be an OCI layout: oci-layout:${path}`
            : 'an archive is read by seeking, which only a file allows',
        })
      const members = await indexTar(createWindow(file), Number(stat.size), { name, isWanted })
      const mode = Number(stat.mode) & 0o777
      const unread = new ArchiveFile({ path, name, mode, stamp: stat }, members, EMPTY_INDEX)
      await checkMarker(unread.read('oci-layout'), name)
      const what = `index.json of ${name}`
      const bytes = await collect(unread.read('index.json'), INDEX_SIZE_LIMIT, what)
      return new ArchiveFile({ path, name, mode, stamp: stat }, members, parseIndexDocument(bytes, what))
    } catch (error) {
      throw unreadable(path, error)
    } finally {
      await file.close()
    }
  }

  /** All blobs; see {@link getSize} for those that cannot be read. */
  get digests(): readonly Digest[] {
    return [...this.#members.keys()].flatMap((name) => parseBlobName(name) ?? [])
  }

  /** In bytes, of a member; undefined if there is none. Throws ARTIFACT_MALFORMED for one that cannot be read. */
  getSize(member: string): number | undefined {
    return this.#find(member)?.size
  }

  /** The bytes of a member, as they are. Throws ARTIFACT_MALFORMED if there is none, or one that cannot be read. */
  async *read(member: string): AsyncGenerator<Uint8Array> {
    const found = this.#find(member)
    if (found === undefined)
      throw new WasmpackError('ARTIFACT_MALFORMED', `${this.#name} has no ${member}`, {
        hint: 'it is no OCI archive; skopeo, podman save --format oci-archive and regctl image export write one',
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

  #find(member: string): Member | undefined {
    const found = this.#members.get(member)
    if (found === undefined || 'size' in found) return found
    throw new WasmpackError('ARTIFACT_MALFORMED', `${member} in ${this.#name} ${found.problem}`, {
      hint: 'an OCI archive holds plain files, each once; write it again with a tool that you trust',
    })
  }

  #refuseChanged({ dev, ino, size, mtimeNs }: Stamp): void {
    const known = this.#stamp
    if (dev === known.dev && ino === known.ino && size === known.size && mtimeNs === known.mtimeNs) return
    throw new WasmpackError('FILE_UNREADABLE', `${this.#path} changed while it was read`, {
      hint: 'run the command again when nobody writes to it',
    })
  }
}

/** Headers stand close together where the files are small, so that one reading serves many. */
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
