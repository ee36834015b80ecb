import type { BigIntStats } from 'node:fs'
import { constants, lstat, mkdir, open, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { isSystemError } from './system-errors.ts'

/** A directory that stays the same one while files are created, renamed and removed in it, whatever comes in place of its path. */
export interface HeldDirectory {
  /** A path of a file in it, for the system only. */
  at(name: string): string
  /** Whether its path still leads to it, without a link below the root. */
  isInPlace(): Promise<boolean>
  release(): Promise<void>
}

/**
 * Holds the directory `below` a root; `create` creates what is missing below the root. The root may be a link, as its user named it;
 * a link below it is refused with ENOTDIR. Throws the system's errors. On Linux no process can lead files elsewhere afterwards; on other
 * systems `isInPlace` notices it.
 */
export async function holdDirectory(
  root: string,
  below: readonly string[] = [],
  { create = false } = {},
): Promise<HeldDirectory> {
  let held = await holdOne(root, stat)
  try {
    for (const part of below) {
      const path = held.at(part)
      if (create)
        await mkdir(path).catch((error) =>
          isSystemError(error, 'EEXIST') ? undefined : Promise.reject(error),
        )
      const next = await holdOne(path, lstat)
      await held.release()
      held = next
    }
  } catch (error) {
    await held.release()
    throw error
  }
  const { at, release, identity } = held
  return { at, release, isInPlace: async () => (await identify(root, below)) === identity }
}

interface Held extends Pick<HeldDirectory, 'at' | 'release'> {
  readonly identity: string
}

/** Linux's flag for a handle that needs no permission to read, which Node does not name. */
const O_PATH = 0o10_000_000

async function holdOne(path: string, look: typeof stat | typeof lstat): Promise<Held> {
  const byPath: Held = {
    identity: identityOf(await look(path, { bigint: true })),
    at: (name) => join(path, name),
    release: async () => undefined,
  }
  if (process.platform !== 'linux') return byPath
  const link = look === lstat ? constants.O_NOFOLLOW : 0
  const handle = await open(path, O_PATH | constants.O_DIRECTORY | link)
  const directory = `/proc/self/fd/${handle.fd}`
  const release = (): Promise<void> => handle.close()
  const identity = identityOf(await handle.stat({ bigint: true }))
  if (await stat(directory).catch(() => undefined))
    return { identity, at: (name) => join(directory, name), release }
  // Without /proc, as in some sandboxes.
  await release()
  return byPath
}

async function identify(root: string, below: readonly string[]): Promise<string | undefined> {
  try {
    let path = root
    let identity = identityOf(await stat(path, { bigint: true }))
    for (const part of below) {
      path = join(path, part)
      identity = identityOf(await lstat(path, { bigint: true }))
    }
    return identity
  } catch (error) {
    if (isSystemError(error)) return undefined
    throw error
  }
}

/** Throws ENOTDIR for anything but a directory. */
function identityOf(found: BigIntStats): string {
  if (found.isDirectory()) return `${found.dev}:${found.ino}`
  throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' })
}
