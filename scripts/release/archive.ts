import { createWriteStream } from 'node:fs'
import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { pack } from 'tar-stream'

import { runProgram } from './run-program.ts'

/** A file, directory or link of an archive; directories end with a slash. */
export type Entry =
  | { readonly name: string; readonly link: string }
  | { readonly name: string; readonly directory: true; readonly owner?: number; readonly mode?: number }
  | { readonly name: string; readonly content: Uint8Array; readonly executable: boolean }

/** Streams a tar of the entries, sorted. The same entries give the same bytes: everything is root's and of the year 1970. */
export function packEntries(entries: readonly Entry[]): AsyncIterable<Uint8Array> {
  const tar = pack()
  const mtime = new Date(0)
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const { name } = entry
    if ('link' in entry) tar.entry({ name, type: 'symlink', linkname: entry.link, mode: 0o777, mtime })
    else if ('directory' in entry)
      tar.entry({
        name,
        type: 'directory',
        mode: entry.mode ?? 0o755,
        mtime,
        uid: entry.owner ?? 0,
        gid: entry.owner ?? 0,
      })
    else tar.entry({ name, mode: entry.executable ? 0o755 : 0o644, mtime }, Buffer.from(entry.content))
  }
  tar.finalize()
  return Readable.from(tar)
}

/** Reads a directory as entries under `prefix`. */
export async function readEntries(directory: string, prefix: string): Promise<readonly Entry[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true })
  return await Promise.all(
    found.map(async (each): Promise<Entry> => {
      const path = join(each.parentPath, each.name)
      const name = join(prefix, path.slice(directory.length + 1))
      if (each.isSymbolicLink()) return { name, link: await readlink(path) }
      if (each.isDirectory()) return { name: `${name}/`, directory: true }
      const { mode } = await stat(path)
      return { name, content: await readFile(path), executable: (mode & 0o100) !== 0 }
    }),
  )
}

/** Packs a directory, under its own name, as `DIRECTORY.tar.xz`. Returns the path. */
export async function packDirectory(directory: string): Promise<string> {
  const name = basename(directory)
  const entries: readonly Entry[] = [
    { name: `${name}/`, directory: true },
    ...(await readEntries(directory, name)),
  ]
  await pipeline(packEntries(entries), createWriteStream(`${directory}.tar`))
  // Two threads always give the same bytes, but others than one thread does.
  await runProgram('xz', ['--force', '--threads=2', '-3', `${directory}.tar`])
  return `${directory}.tar.xz`
}
