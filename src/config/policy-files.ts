import { access, readdir } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'

import { WasmpackError } from '../errors.ts'
import { isSystemError, readFailure } from '../files/system-errors.ts'
import { findConfigDirectory, findHomeDirectory } from './directories.ts'

export interface PolicyFileOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** The home directory; undefined if there is none. */
  readonly home?: string | undefined
}

const LISTED = /^[^.].*\.(?:ya?ml|json)$/

/**
 * The policy files that always apply: those in `WASMPACK_POLICY`, then those in `policy.d` of the configuration directory, by name.
 * None depends on the working directory. They are not opened, so readers must fail if one is missing. Throws USAGE and
 * FILE_UNREADABLE.
 */
export async function listPolicyFiles(places: PolicyFileOptions = {}): Promise<readonly string[]> {
  const environment = places.environment ?? process.env
  const listed = (environment['WASMPACK_POLICY'] ?? '').split(delimiter).filter((path) => path !== '')
  for (const path of listed)
    if (!isAbsolute(path))
      throw new WasmpackError('USAGE', `WASMPACK_POLICY: ${path} is not an absolute path`, {
        hint: 'use an absolute path, so that policies do not depend on the working directory',
      })
  const directory = findConfigDirectory(environment, 'home' in places ? places.home : findHomeDirectory())
  return directory === undefined ? listed : [...listed, ...(await listDirectory(join(directory, 'policy.d')))]
}

async function listDirectory(directory: string): Promise<readonly string[]> {
  try {
    const names = await readdir(directory)
    return names
      .filter((name) => LISTED.test(name))
      .sort()
      .map((name) => join(directory, name))
  } catch (cause) {
    // A home that is /dev/null has no directories; a file in the place of the directory is another thing.
    const isAbsent =
      isSystemError(cause, 'ENOENT') || (isSystemError(cause, 'ENOTDIR') && !(await exists(directory)))
    if (isAbsent) return []
    const hint =
      'its policies are in force whether they can be read or not: check the permissions of the directory'
    throw readFailure('policy directory', directory, cause, { hint })
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
