import { dirname, join } from 'node:path'

import { WasmpackError } from '../../errors.ts'
import { isSystemError } from '../../files/system-errors.ts'
import type { AtomicFileOptions } from '../../files/atomic-file.ts'
import {
  type Blob,
  type Descriptor,
  hashWhileReading,
  type UnhashedBlob,
  verifyWhileReading,
} from '../descriptor.ts'
import { type Digest, Digester, getDigestAlgorithm, getDigestHex } from '../digest.ts'
import type { Operation } from '../target.ts'
import { readRegular, refuseLinks, removeFile, getRegularSize, syncDirectory, writeBelow } from './files.ts'
import { type BlobReader, holdsBlob } from './layout-reader.ts'

/** The blobs of a layout: files named by their digest, so that writers need no lock. */
export class BlobDirectory implements BlobReader {
  readonly #root: string
  /** The layout as users write it. */
  readonly #name: string
  readonly #options: AtomicFileOptions

  constructor(root: string, name: string, options: AtomicFileOptions = {}) {
    this.#root = root
    this.#name = name
    this.#options = options
  }

  #path(digest: Digest): string {
    return join(this.#root, ...directoriesOf(digest), getDigestHex(digest))
  }

  #refuseLinks(digest: Digest): Promise<void> {
    return refuseLinks(this.#root, directoriesOf(digest))
  }

  /** The size in bytes; undefined if the blob does not exist. */
  async size(digest: Digest): Promise<number | undefined> {
    await this.#refuseLinks(digest)
    return await getRegularSize(this.#path(digest))
  }

  async *read(
    descriptor: Pick<Descriptor, 'digest' | 'size'>,
    operation?: Operation,
  ): AsyncGenerator<Uint8Array> {
    operation?.signal?.throwIfAborted()
    await this.#refuseLinks(descriptor.digest)
    try {
      for await (const chunk of verifyWhileReading(readRegular(this.#path(descriptor.digest)), descriptor)) {
        operation?.signal?.throwIfAborted()
        operation?.progress?.(chunk.length)
        yield chunk
      }
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) throw this.notFound('blob', descriptor.digest)
      throw error
    }
  }

  /** Writes a blob that is missing or damaged. */
  async write(blob: Blob, operation?: Operation): Promise<'pushed' | 'present'> {
    operation?.signal?.throwIfAborted()
    if (await holdsBlob(this, blob.descriptor, operation?.signal)) return 'present'
    const { digest } = blob.descriptor
    const chunks = reportProgress(verifyWhileReading(blob.open(), blob.descriptor), operation)
    await writeBelow(this.#root, directoriesOf(digest), chunks, getDigestHex(digest), this.#options)
    return 'pushed'
  }

  /** Writes content that is hashed while it is written, and returns its digest. */
  async writeUnhashed(source: UnhashedBlob, operation?: Operation): Promise<Digest> {
    operation?.signal?.throwIfAborted()
    const digester = new Digester()
    let digest: Digest | undefined
    const chunks = reportProgress(hashWhileReading(source.open(), source.size, digester), operation)
    const name = (): string => getDigestHex((digest = digester.digest()))
    await writeBelow(this.#root, ['blobs', 'sha256'], chunks, name, this.#options)
    return digest!
  }

  /** Removes a blob, if it exists. */
  async remove(digest: Digest): Promise<void> {
    await this.#refuseLinks(digest)
    await removeFile(this.#path(digest))
    await syncDirectory(dirname(this.#path(digest)))
  }

  /** Makes the blobs that were written so far durable. */
  async sync(digest: Digest): Promise<void> {
    const directory = dirname(this.#path(digest))
    await syncDirectory(directory)
    await syncDirectory(dirname(directory))
  }

  notFound(kind: 'blob' | 'manifest', digest: Digest): WasmpackError {
    return new WasmpackError('NOT_FOUND', `${this.#name} has no ${kind} ${digest}`, {
      hint: 'check the digest; if it is right, the layout is incomplete: copy or push again',
    })
  }
}

const directoriesOf = (digest: Digest): readonly string[] => ['blobs', getDigestAlgorithm(digest)]

async function* reportProgress(
  chunks: AsyncIterable<Uint8Array>,
  operation: Operation | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    operation?.signal?.throwIfAborted()
    yield chunk
    operation?.progress?.(chunk.length)
  }
}
