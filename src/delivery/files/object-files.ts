import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'

import { EDITABLE_TEXT_LIMIT, EditableYaml } from '../../documents/editable-yaml.ts'
import { matchesSegment, matchGlob } from '../../documents/glob.ts'
import { WasmpackError } from '../../errors.ts'
import { createAtomicFile } from '../../files/atomic-file.ts'
import { readSmallFile } from '../../files/read-text-file.ts'
import { readFailure, writeFailure } from '../../files/system-errors.ts'

const FILE_LIMIT = 100_000

/** A file of Kubernetes objects. */
export interface ObjectFile {
  readonly path: string
  readonly yaml: EditableYaml
}

/**
 * The files with Kubernetes objects at the paths: a file whatever its name, of a directory all that end in `.yaml`, `.yml` or `.json`, in
 * all depths, sorted, unless a pattern excludes it. In directories, symbolic links and names that begin with a dot are passed over.
 */
export async function listObjectFiles(
  paths: readonly string[],
  exclude: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found = new Set<string>()
  for (const path of paths)
    for await (const file of walk(path, signal)) {
      if (file !== path && exclude.some((pattern) => matchesPath(pattern, file))) continue
      found.add(file)
      if (found.size > FILE_LIMIT)
        throw new WasmpackError('USAGE', `found more than ${FILE_LIMIT} files`, {
          hint: 'name fewer directories',
        })
    }
  return [...found]
}

export const isObjectFile = (name: string): boolean => /\.(?:ya?ml|json)$/.test(name)

/** `*` stands for any run of characters in a name, `**` for any number of directories. */
const matchesPath = (pattern: string, path: string): boolean =>
  matchGlob(pattern.split('/'), path.split(sep), '**', matchesSegment)

async function* walk(path: string, signal: AbortSignal): AsyncGenerator<string> {
  signal.throwIfAborted()
  const status = await stat(path).catch((error: unknown) => {
    throw readFailure('objects', path, error)
  })
  if (!status.isDirectory()) return yield path
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    throw readFailure('objects', path, error)
  })
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue
    if (entry.isDirectory()) yield* walk(join(path, entry.name), signal)
    else if (entry.isFile() && isObjectFile(entry.name)) yield join(path, entry.name)
  }
}

/** Throws FILE_UNREADABLE for what is not YAML that every reader takes for the same objects. */
export async function readObjectFile(path: string, signal: AbortSignal): Promise<ObjectFile> {
  return parseObjectFile(
    path,
    await readSmallFile(path, { what: 'objects', limit: EDITABLE_TEXT_LIMIT, signal }),
  )
}

/** The same for bytes that were read. */
export function parseObjectFile(path: string, bytes: Uint8Array): ObjectFile {
  try {
    // A byte order mark is kept.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return { path, yaml: new EditableYaml(path, text) }
  } catch (cause) {
    if (cause instanceof WasmpackError) throw cause
    throw new WasmpackError('FILE_UNREADABLE', `cannot read objects ${path}: not UTF-8 text`, {
      cause,
      hint: 'name the files that hold objects, or leave this one out with --exclude',
    })
  }
}

/** Writes the replaced text, whole or not at all, with the permissions that the file has. */
export async function rewriteObjectFile({ path, yaml }: ObjectFile): Promise<void> {
  try {
    const real = await realpath(path)
    const { mode } = await lstat(real)
    const file = await createAtomicFile(real, { mode: mode & 0o777 })
    try {
      await file.write(Buffer.from(yaml.toString()))
      await file.commit()
    } finally {
      await file.discard()
    }
  } catch (error) {
    throw writeFailure('objects', path, error)
  }
}
