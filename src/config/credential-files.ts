import { join } from 'node:path'

import { WasmpackError } from '../errors.ts'
import { readTextFile } from '../files/read-text-file.ts'
import { CREDENTIAL_FILE, type CredentialFile } from './credential-file.ts'
import { readCredentialVariables } from './credential-variables.ts'
import { findConfigDirectory, findHomeDirectory } from './directories.ts'

export interface CredentialFileOptions {
  /** The file of `--registry-config`, which replaces the default locations. */
  readonly registryConfig?: string | undefined
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** The home directory; undefined if there is none. */
  readonly home?: string | undefined
}

interface CandidateFile {
  readonly path: string
  readonly namespaces: boolean
  /** The user named this file, so it must exist. */
  readonly named: boolean
}

/**
 * Lists the credential sources in order of precedence: environment variables, then the files of Docker, oras and podman. None is read
 * before it is needed. Missing files have no content, and unreadable ones neither unless the user named them. Throws
 * CREDENTIALS_INVALID for incomplete variables.
 */
export function listCredentialFiles(places: CredentialFileOptions = {}): readonly CredentialFile[] {
  const environment = places.environment ?? process.env
  const own = readCredentialVariables(environment)
  const inline = environment['DOCKER_AUTH_CONFIG']
  const isInline = inline !== undefined && inline !== '' && places.registryConfig === undefined
  return [
    ...(own === undefined ? [] : [own]),
    ...(isInline ? [{ name: '$DOCKER_AUTH_CONFIG', read: async () => inline, namespaces: false }] : []),
    ...listCandidates(places, environment).map((place) => ({
      name: place.path,
      read: () => readCandidate(place),
      namespaces: place.namespaces,
    })),
  ]
}

/** The file that `login` writes to and `logout` removes from. Throws FILE_UNWRITABLE without a home directory. */
export function findCredentialStorePath(places: CredentialFileOptions = {}): string {
  const environment = places.environment ?? process.env
  const path = places.registryConfig ?? findDockerConfig(environment, findHome(places))
  if (path !== undefined) return path
  throw new WasmpackError('FILE_UNWRITABLE', 'no home directory to store credentials in', {
    hint: 'pass --registry-config FILE, or set DOCKER_CONFIG to a directory',
  })
}

/** The file where `login` pins the token services of registries; undefined without a home directory. */
export function findRealmPinsPath(places: CredentialFileOptions = {}): string | undefined {
  const directory = findConfigDirectory(places.environment ?? process.env, findHome(places))
  return directory === undefined ? undefined : join(directory, 'realms.json')
}

function listCandidates(
  places: CredentialFileOptions,
  environment: Readonly<Record<string, string | undefined>>,
): readonly CandidateFile[] {
  if (places.registryConfig !== undefined)
    return [{ path: places.registryConfig, namespaces: true, named: true }]
  const home = findHome(places)
  const named = environment['REGISTRY_AUTH_FILE'] || undefined
  const docker = findDockerConfig(environment, home)
  const runtime = environment['XDG_RUNTIME_DIR'] || undefined
  const config = environment['XDG_CONFIG_HOME'] || (home === undefined ? undefined : join(home, '.config'))
  const podman = [runtime, config].flatMap((directory) =>
    directory === undefined ? [] : [join(directory, 'containers', 'auth.json')],
  )
  return [
    ...(named === undefined ? [] : [{ path: named, namespaces: true, named: true }]),
    ...(docker === undefined ? [] : [{ path: docker, namespaces: false, named: false }]),
    ...podman.map((path) => ({ path, namespaces: true, named: false })),
    ...(home === undefined ? [] : [{ path: join(home, '.dockercfg'), namespaces: false, named: false }]),
  ]
}

function findDockerConfig(
  environment: Readonly<Record<string, string | undefined>>,
  home: string | undefined,
): string | undefined {
  const directory = environment['DOCKER_CONFIG'] || (home === undefined ? undefined : join(home, '.docker'))
  return directory === undefined ? undefined : join(directory, 'config.json')
}

const findHome = (places: CredentialFileOptions): string | undefined =>
  'home' in places ? places.home : findHomeDirectory()

async function readCandidate({ path, named }: CandidateFile): Promise<string | undefined> {
  try {
    return await readTextFile(path, CREDENTIAL_FILE)
  } catch (error) {
    const isMissing = error instanceof WasmpackError && error.code !== CREDENTIAL_FILE.refusal
    if (isMissing && !named) return undefined
    throw error
  }
}
