import type { Dirent } from 'node:fs'
import { access, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

import type { WorldTarget } from '../../capabilities/targets/run-target.ts'
import { findWorld, listWorlds } from '../../capabilities/targets/wit-worlds.ts'
import { WasmpackError } from '../../errors.ts'
import { createBytesCursor } from '../../wasm/binary/bytes-cursor.ts'
import { inspectBinary } from '../../wasm/inspect-binary.ts'
import { readSmallFile } from '../../files/read-text-file.ts'
import { readFailure } from '../../files/system-errors.ts'
import { withModuleName } from '../files/module-name.ts'
import { encodeWorld, type WitDirectory, type WitText } from './wit-text.ts'

const IS_IT_WIT = 'is it really WIT? All of its files together may have 4 MiB'
/** Of all files together, in bytes. */
const SIZE_LIMIT = 4 * 1024 * 1024
const FILES_LIMIT = 1_000
const BINARY = [0x00, 0x61, 0x73, 0x6d]
const SECTION = 'component-type'

/**
 * The world with a name out of WIT: a file of text, a directory of it with what it depends on in `deps`, or a binary WIT
 * package. Throws USAGE for a missing world, WIT_INVALID or MODULE_MALFORMED for invalid WIT, and what reading
 * files throws.
 */
export async function loadWorld(path: string, name: string | undefined): Promise<WorldTarget> {
  const files = new WitFiles()
  const found = await mapReadErrors(path, stat(path))
  if (found.isDirectory()) return loadWorldFromText({ directory: await files.directory(path) }, path, name)
  const bytes = await files.read(path)
  if (BINARY.every((byte, index) => bytes[index] === byte))
    return findWorld(
      listWorlds(await withModuleName(path, inspectBinary(createBytesCursor(bytes)))),
      name,
      path,
    )
  return loadWorldFromText({ text: decodeUtf8(bytes, path) }, path, name)
}

/** Versions of a name are compared here, as wasm-tools knows no tracks. */
async function loadWorldFromText(wit: WitText, path: string, name: string | undefined): Promise<WorldTarget> {
  const module = await encodeWorld(wit, name?.replace(/@.*$/, ''), path)
  const { customSections } = await inspectBinary(createBytesCursor(module))
  const section = customSections.find((each) => each.name.startsWith(SECTION))
  if (section === undefined) throw new Error(`wasm-tools made a module without ${SECTION}`)
  const encoded = module.subarray(section.offset, section.offset + section.size)
  const inspection = await inspectBinary(createBytesCursor(encoded)).catch((cause: Error) => {
    throw new WasmpackError('WIT_INVALID', `WIT ${path} is not supported by any runtime: ${cause.message}`, {
      cause,
      hint: 'simplify its types',
    })
  })
  return findWorld(listWorlds(inspection), name, path)
}

/** Reads what WIT is made of, and not more than it can be. */
class WitFiles {
  #left = SIZE_LIMIT
  #count = 0

  /** The files of a package, and in `deps` what it depends on: each of it a file, or a directory of files. */
  async directory(path: string): Promise<WitDirectory> {
    const dir = await this.#filesIn(path, await listEntries(path), /\.wit$/)
    const deps = join(path, 'deps')
    if (!(await fileExists(deps))) return { dir }
    const entries = await listEntries(deps)
    const packages: Record<string, Entry> = await this.#filesIn(deps, entries, /\.(?:wit|wasm)$/)
    for (const { name } of entries.filter((entry) => entry.isDirectory())) {
      const owned = join(deps, name)
      packages[name] = { dir: await this.#filesIn(owned, await listEntries(owned), /\.wit$/) }
    }
    return { dir: { ...dir, deps: { dir: packages } } }
  }

  async read(path: string): Promise<Uint8Array> {
    if (++this.#count > FILES_LIMIT)
      throw new WasmpackError(
        'FILE_UNREADABLE',
        `WIT has more than ${FILES_LIMIT} files, ${path} among them`,
        {
          hint: IS_IT_WIT,
        },
      )
    const bytes = await readSmallFile(path, { what: 'WIT', limit: this.#left, hint: IS_IT_WIT })
    this.#left -= bytes.length
    return bytes
  }

  async #filesIn(path: string, entries: readonly Dirent[], pattern: RegExp): Promise<Record<string, Entry>> {
    const files: Record<string, Entry> = {}
    for (const { name } of entries.filter((entry) => pattern.test(entry.name) && !entry.isDirectory()))
      files[name] = { source: await this.read(join(path, name)) }
    return files
  }
}

type Entry = WitDirectory['dir'][string]

const listEntries = (path: string): Promise<Dirent[]> =>
  mapReadErrors(path, readdir(path, { withFileTypes: true }))

const fileExists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

async function mapReadErrors<T>(path: string, result: Promise<T>): Promise<T> {
  try {
    return await result
  } catch (cause) {
    throw readFailure('WIT', path, cause)
  }
}

function decodeUtf8(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new WasmpackError('WIT_INVALID', `WIT ${path} is neither UTF-8 text nor a binary WIT package`, {
      cause,
      hint: 'pass a .wit file, a directory of .wit files, or the output of wasm-tools component wit --wasm',
    })
  }
}
