import { createHmac, randomBytes, scrypt } from 'node:crypto'
import { lstat, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { WasmpackError } from '../../errors.ts'
import { isSystemError } from '../../files/system-errors.ts'
import { makeDirectory } from '../../files/make-directory.ts'
import { printable } from '../../printable.ts'
import { collect, streamBytes } from '../descriptor.ts'
import { readRegular, writeAtomically } from '../layout/files.ts'
import { CachedContent } from './cached-content.ts'

export interface CacheOptions {
  readonly directory: string
  /** Called at most once, when the cache cannot be used. */
  readonly warn: (message: string) => void
  readonly debug: ((line: string) => void) | undefined
}

/** Whose content is cached: content that one reader has read is never served to another. */
export interface CacheReader {
  readonly registry: string
  readonly repository: string
  /** Equal for equal credentials, and stored only hashed; undefined for an anonymous reader. */
  readonly secret: string | undefined
}

/** Versioned: another format of the cache uses another name. */
const ROOT = 'wasmpack-1'
const SALT_LENGTH = 32

/**
 * A cache directory for content of registries. A cache that is unusable, or accessible to other users, is a warning and never an
 * error. Any number of processes may use it at once: files are written atomically and verified on each read.
 */
export class CacheDirectory {
  readonly #options: CacheOptions
  readonly #root: string
  readonly #secrets = new Map<string, Promise<string>>()
  #salt: Promise<Uint8Array> | undefined
  #broken = false

  constructor(options: CacheOptions) {
    this.#options = options
    this.#root = join(options.directory, ROOT)
  }

  /** The cached content of a reader and repository; undefined if the cache cannot be used. */
  async openContent({ registry, repository, secret }: CacheReader): Promise<CachedContent | undefined> {
    if (this.#broken) return undefined
    try {
      this.#salt ??= prepare(this.#options.directory, this.#root)
      const salt = await this.#salt
      const hardened = secret === undefined ? '' : await this.#hardenSecret(secret, salt)
      const name = createHmac('sha256', salt)
        .update(JSON.stringify([registry, repository, hardened]))
        .digest('hex')
      return new CachedContent(join(this.#root, name), (error) => this.#fail(error), this.#options.debug)
    } catch (error) {
      this.#fail(error)
      return undefined
    }
  }

  /** A password must be no easier to guess from file names in the cache than from a password file. */
  async #hardenSecret(text: string, salt: Uint8Array): Promise<string> {
    let secret = this.#secrets.get(text)
    if (secret === undefined) {
      secret = hash(text, salt, SALT_LENGTH).then((bytes) => bytes.toString('hex'))
      this.#secrets.set(text, secret)
    }
    return await secret
  }

  #fail(error: unknown): void {
    if (!(isSystemError(error) || error instanceof WasmpackError)) throw error
    if (this.#broken) return
    this.#broken = true
    this.#options.warn(
      `the cache ${printable(this.#options.directory)} cannot be used, continuing without it: ${printable(error.message)}`,
    )
  }
}

const hash = promisify<string, Uint8Array, number, Buffer>(scrypt)

/** Creates missing directories and the salt, and returns the salt. */
async function prepare(directory: string, root: string): Promise<Uint8Array> {
  await makeDirectory(directory, 0o700)
  await mkdir(root, 0o700).catch((error) =>
    isSystemError(error, 'EEXIST') ? undefined : Promise.reject(error),
  )
  await checkOwnership(root)
  const path = join(root, 'salt')
  const found = await readSalt(path)
  if (found !== undefined) return found
  await writeAtomically(path, streamBytes(randomBytes(SALT_LENGTH)), { mode: 0o600 })
  // Another process may have written one too: the last one counts.
  return (await readSalt(path)) ?? Promise.reject(unusableCache(path, 'is not what was written'))
}

async function readSalt(path: string): Promise<Uint8Array | undefined> {
  try {
    const salt = await collect(readRegular(path), SALT_LENGTH, path)
    return salt.length === SALT_LENGTH ? salt : undefined
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}

const unusableCache = (path: string, problem: string): WasmpackError =>
  new WasmpackError('FILE_UNREADABLE', `${path} ${problem}`)

async function checkOwnership(root: string): Promise<void> {
  const found = await lstat(root)
  if (!found.isDirectory()) throw unusableCache(root, 'is not a directory')
  const user = process.getuid?.()
  if (user === undefined) return
  if (found.uid !== user) throw unusableCache(root, 'belongs to another user')
  if ((found.mode & 0o077) !== 0)
    throw unusableCache(root, 'is accessible to other users; its mode must be 0700')
}
