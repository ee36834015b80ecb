import { realpath } from 'node:fs/promises'
import { dirname } from 'node:path'

import { WasmpackError } from '../../errors.ts'
import { isSystemError } from '../../files/system-errors.ts'
import { type Blob, createBlob, type UnhashedBlob } from '../descriptor.ts'
import type { Digest } from '../digest.ts'
import { syncDirectory, toWriteFailure, writeAtomically } from '../layout/files.ts'
import { EMPTY_INDEX, type IndexDocument, addManifest } from '../layout/index-document.ts'
import { LayoutReader, requireSuccessors } from '../layout/layout-reader.ts'
import { withLock } from '../layout/lock.ts'
import { describeManifest, type Index, type Manifest } from '../manifest.ts'
import { formatRepository } from '../reference.ts'
import type { Operation, Target } from '../target.ts'
import { ArchiveBlobs, StagedBlobs } from './archive-blobs.ts'
import { ArchiveFile } from './archive-file.ts'
import { writeArchive } from './write-archive.ts'

/** A target whose writes are published by `commit` only. */
export type ArchiveTarget = Target & Required<Pick<Target, 'commit' | 'discard'>>

/**
 * Opens an OCI archive: a tar of an OCI layout, as skopeo, podman and regctl write it. With `create` it need not exist; the first
 * commit creates it.
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 * Throws NOT_FOUND if there is none, ARTIFACT_MALFORMED and FILE_UNREADABLE.
 */
export async function openArchive(
  path: string,
  { create }: { readonly create: boolean },
): Promise<ArchiveTarget> {
  const name = formatRepository({ kind: 'archive', path })
  const file = await ArchiveFile.open(path, name)
  if (file === undefined && !create)
    throw new WasmpackError('NOT_FOUND', `${name} not found: ${path} does not exist`, {
      hint: 'check the path, or create it with: wasmpack copy',
    })
  return new OpenArchive(path, name, file)
}

class OpenArchive extends LayoutReader implements ArchiveTarget {
  readonly #path: string
  readonly #state: { index: IndexDocument }
  readonly #staged: StagedBlobs
  readonly #blobs: ArchiveBlobs
  readonly #listed: { readonly manifest: Manifest | Index; readonly tag: string | undefined }[] = []

  constructor(path: string, name: string, file: ArchiveFile | undefined) {
    const state = { index: file?.index ?? EMPTY_INDEX }
    const staged = new StagedBlobs(path, name)
    const blobs = new ArchiveBlobs(name, file, staged)
    super(name, blobs, async () => state.index.entries)
    this.#path = path
    this.#state = state
    this.#staged = staged
    this.#blobs = blobs
  }

  push(blob: Blob, operation?: Operation): Promise<'pushed' | 'present'> {
    return this.#blobs.write(blob, operation)
  }

  pushUnhashed(source: UnhashedBlob, operation?: Operation): Promise<Digest> {
    return this.#blobs.writeUnhashed(source, operation)
  }

  async pushManifest(manifest: Manifest | Index, tag?: string, operation?: Operation): Promise<void> {
    await requireSuccessors(this.#blobs, manifest)
    await this.#blobs.write(createBlob(manifest.bytes, describeManifest(manifest)), {
      signal: operation?.signal,
    })
    const index = addManifest(this.#state.index, manifest, tag)
    if (index === this.#state.index) return
    this.#state.index = index
    this.#listed.push({ manifest, tag })
  }

  async commit(operation?: Operation): Promise<void> {
    if (this.#listed.length === 0 && this.#staged.digests.size === 0) return
    // Writes to the target of a symbolic link, and keeps the link.
    const path = await realpath(this.#path).catch((error) =>
      isSystemError(error, 'ENOENT') ? this.#path : Promise.reject(toWriteFailure(this.#path, error)),
    )
    await withLock(dirname(path), () => this.#write(path, operation), { signal: operation?.signal })
    await syncDirectory(dirname(path))
  }

  discard(): Promise<void> {
    return this.#staged.discard()
  }

  /** Keeps what other processes have added since the archive was opened. The caller holds the lock. */
  async #write(path: string, operation: Operation | undefined): Promise<void> {
    const now = await ArchiveFile.open(this.#path, this.name)
    const blobs = new ArchiveBlobs(this.name, now, this.#staged)
    let index = now?.index ?? EMPTY_INDEX
    for (const { manifest, tag } of this.#listed) {
      await requireSuccessors(blobs, manifest)
      index = addManifest(index, manifest, tag)
    }
    const mode = now === undefined ? {} : { mode: now.mode }
    await writeAtomically(path, writeArchive(index, blobs, operation), mode)
  }
}
