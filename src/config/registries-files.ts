import { readFile, readdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

import { WasmpackError } from '../errors.ts'

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

const SIZE_LIMIT = 1024 * 1024

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
  if (named !== undefined) return [(await readRegistriesFile(named)) ?? absent(named)]
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
  const names = await readdir(directory).catch((cause: unknown) => nothing(cause, directory))
  const files: RegistriesFile[] = []
  for (const name of (names ?? []).filter((each) => each.endsWith('.conf')).sort()) {
    const file = await readRegistriesFile(join(directory, name))
    if (file !== undefined) files.push(file)
  }
  return files
}

async function readRegistriesFile(name: string): Promise<RegistriesFile | undefined> {
  const found = await stat(name).catch((cause: unknown) => nothing(cause, name))
  if (found === undefined) return undefined
  if (found.size > SIZE_LIMIT)
    throw new WasmpackError('REGISTRIES_INVALID', `${name} is larger than ${SIZE_LIMIT} bytes`)
  const text = await readFile(name, 'utf8').catch((cause: unknown) => nothing(cause, name))
  return text === undefined ? undefined : { name, text }
}

/** Only what is not there may be passed over. */
function nothing(cause: unknown, name: string): undefined {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
  throw new WasmpackError('FILE_UNREADABLE', `${name} cannot be read`, {
    hint: 'it may say how registries are reached; name another file with --registries-conf, /dev/null for none',
    cause,
  })
}

function absent(name: string): never {
  throw new WasmpackError('FILE_NOT_FOUND', `${name} does not exist`, {
    hint: 'it was named to say how registries are reached',
  })
}

function homeOf(): string | undefined {
  try {
    return homedir() || undefined
  } catch {
    return undefined
  }
}
