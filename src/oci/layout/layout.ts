import { stat } from 'node:fs/promises'
import { join } from 'node:path'

import { WasmpackError } from '../../errors.ts'
import { isSystemError } from '../../files/system-errors.ts'
import { type Blob, createBlob, streamBytes, type UnhashedBlob } from '../descriptor.ts'
import { type Digest, isDigest } from '../digest.ts'
import { describeManifest, type Index, isIndexType, type Manifest, getSuccessors } from '../manifest.ts'
import { formatRepository } from '../reference.ts'
import type { DeletableTarget, Operation } from '../target.ts'
import { BlobDirectory } from './blobs.ts'
import { createDirectory, readRegular, toReadFailure, writeAtomically } from './files.ts'
import { createIndexFile, listManifest, readEntries, unlistManifest, untag } from './index-file.ts'
import { hasBlob, LayoutReader, requireSuccessors } from './layout-reader.ts'
import { checkMarker, MARKER } from './marker.ts'

interface Creation {
  readonly create: boolean
  /** Aborts waiting for the lock of the directory. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens an OCI image layout, a repository in a directory; with `create` an empty one is written first if there is none. Any number
 * of processes may read and write it concurrently.
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 * Throws NOT_FOUND if there is none, ARTIFACT_MALFORMED, FILE_UNREADABLE and FILE_UNWRITABLE.
 */
export async function openLayout(path: string, { create, signal }: Creation): Promise<DeletableTarget> {
  const name = formatRepository({ kind: 'layout', path })
  if (!(await isLayout(path, name))) {
    if (!create)
      throw new WasmpackError('NOT_FOUND', `${name} not found: ${join(path, 'oci-layout')} does not exist`, {
        hint: 'check the path, or create it with: wasmpack push',
      })
    // The marker comes last, so that a layout with a marker is complete even if this process is killed.
    await createDirectory(path)
    await createIndexFile(path, name, signal)
    await writeAtomically(join(path, 'oci-layout'), streamBytes(MARKER))
  }
  return new LayoutTarget(path, name)
}

async function isLayout(path: string, name: string): Promise<boolean> {
  const file = join(path, 'oci-layout')
  try {
    await checkMarker(readRegular(file), name)
    return true
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false
    if (await isFile(path))
      throw new WasmpackError(
        'ARTIFACT_MALFORMED',
        `${path} is not a directory, so it is not an OCI layout`,
        {
          hint: `for an OCI archive write oci-archive:${path}`,
          cause: error,
        },
      )
    throw toReadFailure(file, error)
  }
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  )

class LayoutTarget extends LayoutReader implements DeletableTarget {
  readonly #directory: string
  readonly #blobs: BlobDirectory

  constructor(directory: string, name: string) {
    const blobs = new BlobDirectory(directory, name)
    super(name, blobs, () => readEntries(directory, name))
    this.#directory = directory
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
    await this.#blobs.sync(manifest.digest)
    await listManifest(this.#directory, this.name, manifest, tag, operation?.signal)
    // Another process may have deleted it just before it was listed.
    if (!(await hasBlob(this.#blobs, describeManifest(manifest))))
      await this.#blobs.write(createBlob(manifest.bytes, describeManifest(manifest)), {
        signal: operation?.signal,
      })
  }

  async delete(reference: string, operation?: Operation): Promise<void> {
    const { digest } = await this.find(reference)
    if (!isDigest(reference)) return untag(this.#directory, this.name, reference, operation?.signal)
    await this.#refuseChild(digest, operation)
    const remove = (): Promise<void> => this.#blobs.remove(digest)
    await unlistManifest(this.#directory, this.name, digest, remove, operation?.signal)
  }

  async #refuseChild(digest: Digest, operation: Operation | undefined): Promise<void> {
    for (const { descriptor } of await readEntries(this.#directory, this.name)) {
      if (!isIndexType(descriptor.mediaType) || descriptor.digest === digest) continue
      const index = await this.tryManifest(descriptor, operation)
      if (typeof index !== 'object' || !getSuccessors(index).some((child) => child.digest === digest))
        continue
      throw new WasmpackError(
        'REGISTRY_REFUSED',
        `${digest} is part of the index ${index.digest} in ${this.name}`,
        {
          hint: `delete the index first: wasmpack delete ${this.name}@${index.digest}`,
        },
      )
    }
  }
}
