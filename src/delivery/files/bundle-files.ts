import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { WasmpackError } from '../../errors.ts'
import { openRegularFile } from '../../files/open-regular-file.ts'
import { readFailure } from '../../files/system-errors.ts'
import type { BundleFile } from '../../gitops/bundle/pack-bundle.ts'
import { printable } from '../../printable.ts'

const FILE_LIMIT = 100_000
const CHUNK = 1 << 20

/** A file of a bundle, where it is on disk. */
export interface LocatedBundleFile extends BundleFile {
  readonly source: string
}

/**
 * All files of a directory but those of `.git`. Throws USAGE for what the readers of bundles take in different ways: symbolic links,
 * which Flux drops and Argo CD keeps; pipes, sockets and devices; names that not every file system has, or takes for one.
 */
export async function listBundleFiles(
  directory: string,
  signal: AbortSignal,
): Promise<readonly LocatedBundleFile[]> {
  const files: LocatedBundleFile[] = []
  const known = new Map<string, string>()
  for await (const file of walk(directory, '', signal)) {
    files.push(file)
    const folded = file.path.normalize('NFC').toLowerCase()
    const other = known.get(folded)
    if (other !== undefined)
      throw new WasmpackError('USAGE', `${file.source} and ${other} are one file where case does not count`, {
        hint: 'rename one of them',
      })
    known.set(folded, file.source)
    if (files.length > FILE_LIMIT)
      throw new WasmpackError('USAGE', `${directory} has more than ${FILE_LIMIT} files`, {
        hint: 'bundle less',
      })
  }
  return files
}

async function* walk(
  directory: string,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<LocatedBundleFile> {
  signal.throwIfAborted()
  const failed = (error: unknown): never => {
    throw readFailure('bundle', directory, error)
  }
  const entries = await readdir(directory, { withFileTypes: true }).catch(failed)
  for (const entry of entries) {
    const source = join(directory, entry.name)
    const path = `${prefix}${entry.name}`
    if (entry.name === '.git') continue
    if (printable(entry.name) !== entry.name || /[\\:*?"<>|]/.test(entry.name))
      throw new WasmpackError('USAGE', `${printable(source)} has a name that not every file system has`, {
        hint: 'rename it',
      })
    if (entry.isDirectory()) yield* walk(source, `${path}/`, signal)
    else if (!entry.isFile())
      throw new WasmpackError(
        'USAGE',
        `${source} is ${entry.isSymbolicLink() ? 'a symbolic link' : 'not a regular file'}: those who read bundles take it in different ways`,
        { hint: 'put a copy of the file in its place' },
      )
    else {
      const { size, mode } = await lstat(source).catch(failed)
      yield { path, source, size, executable: (mode & 0o111) !== 0, open: () => readWhole(source, size) }
    }
  }
}

/** Throws FILE_UNREADABLE for a file that has another size than before. */
async function* readWhole(path: string, size: number): AsyncGenerator<Uint8Array> {
  const { file } = await openRegularFile('bundle', path)
  try {
    let at = 0
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, at)
      at += bytesRead
      if (at > size || (bytesRead === 0 && at < size))
        throw new WasmpackError('FILE_UNREADABLE', `${path} changed while it was read`, {
          hint: 'run the same command again',
        })
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}
