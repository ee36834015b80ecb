import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** The home directory; undefined if there is none, as in a container. */
export function findHomeDirectory(): string | undefined {
  try {
    return homedir() || undefined
  } catch {
    return undefined
  }
}

/**
 * The directory of wasmpack's user configuration. A relative XDG_CONFIG_HOME is ignored:
 * https://specifications.freedesktop.org/basedir-spec/latest/#basics
 */
export function findConfigDirectory(
  environment: Readonly<Record<string, string | undefined>>,
  home: string | undefined,
): string | undefined {
  const given = environment['XDG_CONFIG_HOME']
  if (given !== undefined && isAbsolute(given)) return join(given, 'wasmpack')
  return home === undefined ? undefined : join(home, '.config', 'wasmpack')
}

/**
 * The directory of what wasmpack keeps and could read again, likewise; undefined in a home that does not exist, which accounts
 * of services often name.
 */
export function findCacheDirectory(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  home: string | undefined = findHomeDirectory(),
): string | undefined {
  const given = environment['XDG_CACHE_HOME']
  if (given !== undefined && isAbsolute(given)) return join(given, 'wasmpack')
  return home === undefined || !existsSync(home) ? undefined : join(home, '.cache', 'wasmpack')
}
