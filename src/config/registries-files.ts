import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { WasmpackError } from '../errors.ts'
import { readTextFile } from '../files/read-text-file.ts'
import { isSystemError, readFailure } from '../files/system-errors.ts'
import { findHomeDirectory } from './directories.ts'

/** A registries configuration file, see containers-registries.conf(5). */
export interface RegistriesFile {
  /** For messages. */
  readonly name: string
  readonly text: string
}

export interface RegistriesFileOptions {
  /** The file of `--registries-conf`, which replaces the default files. */
  readonly registriesConf?: string | undefined
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** The home directory; undefined if there is none. */
  readonly home?: string | undefined
  /** The directory of the system's files. */
  readonly system?: string
}

/**
 * Reads the registries configuration files, as podman and skopeo do; later files override earlier ones. A file from the flag or from
 * CONTAINERS_REGISTRIES_CONF is the only one and must exist; otherwise the user's file, or else the system's, and then the files in
 * `registries.conf.d` of both. Throws FILE_NOT_FOUND and FILE_UNREADABLE, since an unreadable file may block a registry.
 */
export async function readRegistriesFiles(
  places: RegistriesFileOptions = {},
): Promise<readonly RegistriesFile[]> {
  const environment = places.environment ?? process.env
  const named = places.registriesConf ?? (environment['CONTAINERS_REGISTRIES_CONF'] || undefined)
  if (named !== undefined) return [{ name: named, text: await readTextFile(named, OPTIONS) }]
  const system = places.system ?? '/etc/containers'
  const home = 'home' in places ? places.home : findHomeDirectory()
  const own = home === undefined ? undefined : join(home, '.config', 'containers')
  const main =
    (own === undefined ? undefined : await readRegistriesFile(join(own, 'registries.conf'))) ??
    (await readRegistriesFile(join(system, 'registries.conf')))
  const files = main === undefined ? [] : [main]
  for (const directory of [system, own])
    if (directory !== undefined) files.push(...(await readDirectory(join(directory, 'registries.conf.d'))))
  return files
}

async function readDirectory(directory: string): Promise<readonly RegistriesFile[]> {
  const names = await undefinedIfMissing(readdir(directory), directory)
  const files: RegistriesFile[] = []
  for (const name of (names ?? []).filter((each) => each.endsWith('.conf')).sort()) {
    const file = await readRegistriesFile(join(directory, name))
    if (file !== undefined) files.push(file)
  }
  return files
}

async function readRegistriesFile(name: string): Promise<RegistriesFile | undefined> {
  const text = await undefinedIfMissing(readTextFile(name, OPTIONS), name)
  return text === undefined ? undefined : { name, text }
}

const HINT =
  'it may block or mirror registries; pass another file with --registries-conf (/dev/null for none)'
const OPTIONS = { what: 'registries configuration', refusal: 'REGISTRIES_INVALID', hint: HINT } as const

/** Undefined for a missing file or directory; any other error is thrown. */
async function undefinedIfMissing<T>(reading: Promise<T>, path: string): Promise<T | undefined> {
  try {
    return await reading
  } catch (cause) {
    const error = readFailure(OPTIONS.what, path, cause)
    if (!(error instanceof WasmpackError)) throw error
    if (error.code === 'FILE_NOT_FOUND' || isSystemError(error.cause, 'ENOTDIR')) return undefined
    throw error.code === 'FILE_UNREADABLE'
      ? new WasmpackError(error.code, error.message, { cause, hint: HINT })
      : error
  }
}
