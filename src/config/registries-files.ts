import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

import { WasmpackError } from '../errors.ts'
import { readTextFile } from '../files/read-text-file.ts'
import { isSystemError, readFailure } from '../files/system-errors.ts'

/** A registries configuration file, as containers-registries.conf(5) describes it. */
export interface RegistriesFile {
  /** For messages. */
  readonly name: string
  readonly text: string
}

export interface RegistriesFileOptions {
  /** What `--registries-conf` names: the only file that is read then. */
  readonly registriesConf?: string | undefined
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** The home directory; undefined where there is none. */
  readonly home?: string | undefined
  /** Where the system keeps its own. */
  readonly system?: string
}

/**
 * The files that say where registries are reached, as podman and skopeo find them; of what two of them say, the later one
 * holds. The file that a flag or CONTAINERS_REGISTRIES_CONF names is the only one then, and has to be there; else it is the
 * user's own file or the system's, and after it what both keep in `registries.conf.d`. Throws FILE_NOT_FOUND and FILE_UNREADABLE:
 * one that cannot be read may be the one that blocks a registry.
 */
export async function readRegistriesFiles(
  places: RegistriesFileOptions = {},
): Promise<readonly RegistriesFile[]> {
  const environment = places.environment ?? process.env
  const named = places.registriesConf ?? (environment['CONTAINERS_REGISTRIES_CONF'] || undefined)
  if (named !== undefined) return [{ name: named, text: await readTextFile(named, OPTIONS) }]
  const system = places.system ?? '/etc/containers'
  const home = 'home' in places ? places.home : homeOf()
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
  const names = await passingOver(readdir(directory), directory)
  const files: RegistriesFile[] = []
  for (const name of (names ?? []).filter((each) => each.endsWith('.conf')).sort()) {
    const file = await readRegistriesFile(join(directory, name))
    if (file !== undefined) files.push(file)
  }
  return files
}

async function readRegistriesFile(name: string): Promise<RegistriesFile | undefined> {
  const text = await passingOver(readTextFile(name, OPTIONS), name)
  return text === undefined ? undefined : { name, text }
}

const HINT =
  'it may say how registries are reached; name another file with --registries-conf, /dev/null for none'
const OPTIONS = { what: 'registries configuration', refusal: 'REGISTRIES_INVALID', hint: HINT } as const

/** Undefined for a file or a directory that is not there: only that may be passed over. */
async function passingOver<T>(reading: Promise<T>, path: string): Promise<T | undefined> {
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

function homeOf(): string | undefined {
  try {
    return homedir() || undefined
  } catch {
    return undefined
  }
}
