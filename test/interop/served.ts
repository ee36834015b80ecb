import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll } from 'vitest'

import { type PeerName, peerPath } from '../stack/peers.ts'
import { needsPeers } from './peer.ts'

/** What a `describe` starts for itself. */
export interface Served {
  stop(): Promise<void>
}

/**
 * Starts servers of these peers for the tests of the surrounding `describe`, with their files in a directory of their own, and
 * ends them after the last. The tests are skipped aloud where a peer is not installed.
 */
export function useServed<T extends Served>(
  peers: readonly PeerName[],
  start: (directory: string) => Promise<T>,
): () => T {
  needsPeers(...peers)
  let served: T | undefined
  let directory = ''
  beforeAll(async () => {
    if (!peers.every((name) => peerPath(name) !== undefined)) return
    directory = mkdtempSync(join(tmpdir(), 'wasmpack-served-'))
    served = await start(directory)
  })
  afterAll(async () => {
    await served?.stop()
    if (directory !== '') rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  })
  return () => {
    if (served === undefined) throw new Error(`${peers.join(' and ')} did not start`)
    return served
  }
}
