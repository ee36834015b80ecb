import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

import { beforeEach } from 'vitest'

import { findRelease } from './release.ts'
import { corpusPath, type PeerName, peerPath, toolchainPath } from '../stack/peers.ts'

/** The path of a peer that `needsPeers` has asked for. */
export { installedPeer as peer } from '../stack/peers.ts'

/**
 * Declares, in a file or a `describe`, which peers its tests run. If one is missing they are skipped, and the console
 * says so; with CI set they fail.
 */
export function needsPeers(...names: readonly PeerName[]): void {
  const missing = names.filter((name) => peerPath(name) === undefined)
  if (missing.length > 0)
    standAside(`${missing.join(', ')} not installed: run bash test/stack/install.sh ${missing.join(' ')}`)
}

/** The same for the binaries of the differential test. */
export function needsCorpus(): void {
  if (corpusPath() === undefined) standAside('no binaries to compare: run bash test/stack/corpus.sh')
}

/** The same for what test/stack/toolchains.sh fetches. */
export function needsToolchains(...names: readonly string[]): void {
  const missing = names.filter((name) => toolchainPath(name) === undefined)
  if (missing.length > 0)
    standAside(`${missing.join(', ')} not installed: run bash test/stack/toolchains.sh ${missing.join(' ')}`)
}

/** The same for a command of the machine. */
export function needsCommand(name: string): void {
  const directories = (process.env['PATH'] ?? '').split(delimiter)
  if (!directories.some((directory) => existsSync(join(directory, name))))
    standAside(`${name} is not on the PATH`)
}

/** The same for what containers need of the machine. */
export function needsContainers(): void {
  needsCommand('unshare')
  const systems = existsSync('/proc/filesystems') ? readFileSync('/proc/filesystems', 'utf8') : ''
  if (process.getuid?.() !== 0) standAside('containers need root')
  else if (!['overlay', 'cgroup'].every((name) => systems.includes(`\t${name}\n`)))
    standAside('the kernel has no overlay file system or no control groups')
}

/** The same for what `npm run release` writes. */
export function needsRelease(): void {
  if (findRelease() === undefined)
    standAside('no release files: run npm run release -- linux-x64 linux-arm64')
}

/** Skips the tests of a file or a `describe` aloud; with CI set they fail. */
export function standAside(note: string): void {
  console.warn(`skipped: ${note}`)
  beforeEach((context) => {
    if (process.env['CI']) throw new Error(note)
    context.skip(note)
  })
}
