import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, describe, inject } from 'vitest'

import { type Run, runChild, transcript } from '../support/child.ts'
import { type CliOptions, createHome, type Home, runWasmpack, storeCredentials } from '../support/cli.ts'
import type { PeerName } from '../stack/peers.ts'
import { REGISTRIES, type RegistryEndpoint, type RegistryName, serverOf } from '../stack/registries.ts'
import { needsPeers, peer } from './peer.ts'

/** The password of every key pair of these tests. */
export const KEY_PASSWORD = 'key-password'

/** One user with an empty working directory, in which wasmpack and its peers run in turn. */
export interface Workbench {
  readonly home: Home
  /** A path in the working directory. */
  path(name: string): string
  read(name: string): Buffer
  write(name: string, content: string | Uint8Array): void
  exists(name: string): boolean
  /** The names of all files in the working directory, sorted. */
  files(): readonly string[]
  /** Runs wasmpack; throws with all it said unless it ends with 0. */
  wasmpack(...args: readonly string[]): Promise<Run>
  /** Runs wasmpack, whatever its exit status. */
  attempt(args: readonly string[], options?: CliOptions): Promise<Run>
  /** Runs a peer; throws with all it said unless it ends with 0. */
  peer(name: PeerName, ...args: readonly string[]): Promise<Run>
  /** Runs a peer, whatever its exit status. */
  attemptPeer(name: PeerName, args: readonly string[], options?: CliOptions): Promise<Run>
}

/**
 * A workbench for the tests of the surrounding `describe`, made when the first of them needs it and removed after the last.
 * It has the credentials for the registry, as `docker login` stores them.
 */
export function useWorkbench(endpoint?: () => RegistryEndpoint): Workbench {
  let home: Home | undefined
  const present = (): Home => {
    if (home !== undefined) return home
    home = createHome()
    const registry = endpoint?.()
    if (registry?.credentials !== undefined)
      storeCredentials(home, registry.host, registry.credentials.username, registry.credentials.password)
    return home
  }
  afterAll(() => home?.dispose())

  const path = (name: string): string => join(present().work, name)
  const environment = { COSIGN_PASSWORD: KEY_PASSWORD }
  const attempt: Workbench['attempt'] = (args, options = {}) =>
    runWasmpack(present(), args, { ...options, env: { ...environment, ...options.env } })
  const attemptPeer: Workbench['attemptPeer'] = (name, args, options = {}) =>
    runChild(peer(name), args, {
      cwd: present().work,
      ...options,
      env: { ...present().env, ...environment, ...options.env },
    })
  const succeeded = (what: string, run: Run): Run => {
    if (run.exit !== 0) throw new Error(`${what}: ${transcript(run)}`)
    return run
  }
  return {
    get home() {
      return present()
    },
    path,
    read: (name) => readFileSync(path(name)),
    write: (name, content) => writeFileSync(path(name), content),
    exists: (name) => existsSync(path(name)),
    files: () => readdirSync(present().work).sort(),
    attempt,
    wasmpack: async (...args) => succeeded(`wasmpack ${args.join(' ')}`, await attempt(args)),
    attemptPeer,
    peer: async (name, ...args) => succeeded(`${name} ${args.join(' ')}`, await attemptPeer(name, args)),
  }
}

/** The endpoint of a registry of the suite. */
export function registry(name: RegistryName): RegistryEndpoint {
  const found = inject('registries').find((endpoint) => endpoint.name === name)
  if (found === undefined) throw new Error(`${name} does not run`)
  return found
}

/** One `describe` for each registry, skipped aloud where its server is not installed. */
export function onEachRegistry(
  tests: (registry: () => RegistryEndpoint, name: RegistryName) => void,
  names: readonly RegistryName[] = REGISTRIES,
): void {
  describe.each(names)('%s', (name) => {
    needsPeers(serverOf(name))
    tests(() => registry(name), name)
  })
}
