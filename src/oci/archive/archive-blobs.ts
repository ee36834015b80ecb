import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { WasmpackError } from '../../errors.ts'
import { type Blob, type Descriptor, type UnhashedBlob, verifyWhileReading } from '../descriptor.ts'
import type { Digest } from '../digest.ts'
import { BlobDirectory } from '../layout/blobs.ts'
import { toReadFailure, toWriteFailure } from '../layout/files.ts'
import { type BlobReader, holdsBlob } from '../layout/layout-reader.ts'
import type { Operation } from '../target.ts'
import { type ArchiveFile, formatBlobName } from './archive-file.ts'

/** Blobs that are added to an open archive, in a temporary directory beside it. */
export class StagedBlobs {
  readonly #directory: string
  readonly blobs: BlobDirectory
  readonly digests = new Set<Digest>()

  constructor(archive: string, name: string) {
    this.#directory = join(dirname(archive), `.wasmpack-${randomBytes(8).toString('hex')}.partial`)
    this.blobs = new BlobDirectory(this.#directory, name, { durable: false })
  }

  async discard(): Promise<void> {
    this.digests.clear()
    await rm(this.#directory, { recursive: true, force: true }).catch((error) =>
      Promise.reject(toWriteFailure(this.#directory, error)),
    )
  }
}

/** The blobs of an archive, including staged ones. */
export class ArchiveBlobs implements BlobReader {
  readonly #name: string
  readonly #file: ArchiveFile | undefined
  readonly #staged: StagedBlobs

  constructor(name: string, file: ArchiveFile | undefined, staged: StagedBlobs) {
    this.#name = name
    this.#file = file
    this.#staged = staged
  }

  get digests(): readonly Digest[] {
    return [...new Set([...(this.#file?.digests ?? []), ...this.#staged.digests])]
  }

  async size(digest: Digest): Promise<number | undefined> {
    return this.#staged.digests.has(digest)
      ? this.#staged.blobs.size(digest)
      : this.#file?.getSize(formatBlobName(digest))
  }

  async *read(
    descriptor: Pick<Descriptor, 'digest' | 'size'>,
    operation?: Operation,
  ): AsyncGenerator<Uint8Array> {
    operation?.signal?.throwIfAborted()
    const { digest } = descriptor
    if (this.#staged.digests.has(digest)) return yield* this.#staged.blobs.read(descriptor, operation)
    if (this.#file?.getSize(formatBlobName(digest)) === undefined) throw this.notFound('blob', digest)
    try {
      for await (const chunk of verifyWhileReading(this.#file.read(formatBlobName(digest)), descriptor)) {
        operation?.signal?.throwIfAborted()
        operation?.progress?.(chunk.length)
        yield chunk
      }
    } catch (error) {
      throw toReadFailure(this.#name, error)
    }
  }

  /** Stages a blob that is missing or damaged. */
  async write(blob: Blob, operation?: Operation): Promise<'pushed' | 'present'> {
    operation?.signal?.throwIfAborted()
    if (await holdsBlob(this, blob.descriptor, operation?.signal)) return 'present'
    await this.#staged.blobs.write(blob, operation)
    this.#staged.digests.add(blob.descriptor.digest)
    return 'pushed'
  }

  async writeUnhashed(source: UnhashedBlob, operation?: Operation): Promise<Digest> {
    const digest = await this.#staged.blobs.writeUnhashed(source, operation)
    this.#staged.digests.add(digest)
    return digest
  }

  notFound(kind: 'blob' | 'manifest', digest: Digest): WasmpackError {
    return new WasmpackError('NOT_FOUND', `${this.#name} has no ${kind} ${digest}`, {
      hint: 'check the digest; if it is right, the archive is incomplete: write it again',
    })
  }
}
