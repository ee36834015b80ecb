import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { WasmpackError } from '../../errors.ts'
import { isSystemError } from '../../files/system-errors.ts'
import { type AtomicFile, createAtomicFile, removeAbandoned } from '../../files/atomic-file.ts'
import { makeDirectory } from '../../files/make-directory.ts'
import { type Descriptor, collect, verifyWhileReading } from '../descriptor.ts'
import { type Digest, getDigestAlgorithm, getDigestHex, computeDigest, isDigest } from '../digest.ts'
import { readRegular, getRegularSize } from '../layout/files.ts'
import { type Index, type Manifest, parseManifest } from '../manifest.ts'
import { MANIFEST_SIZE_LIMIT } from '../media-types.ts'
import type { Operation } from '../target.ts'

type Kind = 'blobs' | 'manifests'

const TAG_FILE_LIMIT = 256

/**
 * Content that one reader has read from one repository: manifests and blobs by digest, and the last known digest of each tag. A
 * damaged entry is removed and counts as missing. Other errors are passed to `fail`.
 */
export class CachedContent {
  readonly #root: string
  readonly #fail: (error: unknown) => void
  readonly #debug: ((line: string) => void) | undefined
  readonly #swept = new Set<string>()

  constructor(root: string, fail: (error: unknown) => void, debug: ((line: string) => void) | undefined) {
    this.#root = root
    this.#fail = fail
    this.#debug = debug
  }

  /** Reads a cached manifest or index. */
  async readManifest(digest: Digest): Promise<Manifest | Index | undefined> {
    const path = this.#path('manifests', digest)
    return await this.#readEntry(path, async () => {
      const bytes = await collect(readRegular(path), MANIFEST_SIZE_LIMIT, path)
      if (computeDigest(bytes, getDigestAlgorithm(digest)) !== digest) throw damagedEntry(path)
      const manifest = parseManifest(bytes, undefined, path)
      this.#debug?.(`* manifest ${digest} is in the cache`)
      return manifest
    })
  }

  /** Reads the manifest that a tag named last. */
  async readTagged(tag: string): Promise<Manifest | Index | undefined> {
    const path = this.#tagPath(tag)
    const digest = await this.#readEntry(path, async () => {
      const text = Buffer.from(await collect(readRegular(path), TAG_FILE_LIMIT, path)).toString()
      if (!isDigest(text)) throw damagedEntry(path)
      return text
    })
    return digest === undefined ? undefined : await this.readManifest(digest)
  }

  /** Whether a blob of this size is cached; its bytes are verified when they are read. */
  async hasBlob({ digest, size }: Descriptor): Promise<boolean> {
    return (await getRegularSize(this.#path('blobs', digest)).catch(() => undefined)) === size
  }

  /** Streams a cached blob. Throws DIGEST_MISMATCH at the end if it is damaged, and removes it. */
  async *readBlob(descriptor: Descriptor, { signal, progress }: Operation): AsyncGenerator<Uint8Array> {
    const path = this.#path('blobs', descriptor.digest)
    this.#debug?.(`* blob ${descriptor.digest} is in the cache`)
    try {
      for await (const chunk of verifyWhileReading(readRegular(path), descriptor)) {
        signal?.throwIfAborted()
        progress?.(chunk.length)
        yield chunk
      }
    } catch (error) {
      signal?.throwIfAborted()
      await this.#drop(path)
      throw error instanceof WasmpackError && error.code === 'DIGEST_MISMATCH'
        ? error
        : damagedEntry(path, error)
    }
  }

  /** Caches a manifest, unless it would be parsed as another type than it was served with. */
  async keepManifest(manifest: Manifest | Index): Promise<void> {
    if (parseManifest(manifest.bytes, undefined).mediaType !== manifest.mediaType) return
    await this.#write(this.#path('manifests', manifest.digest), manifest.bytes)
  }

  async keepTag(tag: string, digest: Digest): Promise<void> {
    await this.#write(this.#tagPath(tag), Buffer.from(digest))
  }

  /** Passes verified chunks through and caches them at their end, when they are known to be intact. */
  async *keepWhileReading(
    descriptor: Descriptor,
    chunks: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    let file = await this.#begin(this.#path('blobs', descriptor.digest))
    const step = async (work: Promise<void>): Promise<void> => {
      try {
        await work
      } catch (error) {
        file = undefined
        this.#fail(error)
      }
    }
    try {
      for await (const chunk of chunks) {
        if (file !== undefined) await step(file.write(chunk))
        yield chunk
      }
      if (file !== undefined) await step(file.commit())
    } finally {
      await file?.discard()
    }
  }

  #path(kind: Kind, digest: Digest): string {
    return join(this.#root, kind, getDigestAlgorithm(digest), getDigestHex(digest))
  }

  /** Hashed, since some file systems ignore case. */
  #tagPath(tag: string): string {
    return join(this.#root, 'tags', createHash('sha256').update(tag).digest('hex'))
  }

  async #readEntry<T>(path: string, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read()
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return undefined
      if (!(error instanceof WasmpackError)) throw error
      await this.#drop(path)
      return undefined
    }
  }

  async #drop(path: string): Promise<void> {
    this.#debug?.(`* ${path} is damaged; removed from the cache`)
    await rm(path, { force: true }).catch(this.#fail)
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const file = await this.#begin(path)
    if (file === undefined) return
    try {
      await file.write(bytes)
      await file.commit()
    } catch (error) {
      this.#fail(error)
    }
  }

  async #begin(path: string): Promise<AtomicFile | undefined> {
    const directory = dirname(path)
    try {
      await makeDirectory(directory, 0o700)
      if (!this.#swept.has(directory)) {
        this.#swept.add(directory)
        await removeAbandoned(directory)
      }
      // Not durable: bytes lost in a power failure fail their digest check.
      return await createAtomicFile(path, { mode: 0o600, durable: false })
    } catch (error) {
      this.#fail(error)
      return undefined
    }
  }
}

const damagedEntry = (path: string, cause?: unknown): WasmpackError =>
  new WasmpackError('DIGEST_MISMATCH', `${path} is damaged`, {
    hint: 'the damaged cache entry was deleted: run the command again',
    cause,
  })
