import { beforeAll, inject } from 'vitest'

import { peerPath } from '../stack/peers.ts'
import { type Sigstore, SIGSTORE_PEERS } from '../stack/sigstore/sigstore.ts'
import { needsPeers } from './peer.ts'

/** Starting takes the slowest machine this long, in milliseconds. */
const PATIENCE = 300_000

/**
 * The private Sigstore of the suite, for the tests of a file or a `describe`; they are skipped aloud where one of its programs is
 * not installed.
 */
export function useSigstore(): () => Sigstore {
  needsPeers(...SIGSTORE_PEERS)
  let sigstore: Sigstore | undefined
  beforeAll(async () => {
    if (!SIGSTORE_PEERS.every((name) => peerPath(name) !== undefined)) return
    const response = await fetch(inject('sigstoreUrl'))
    const answer = await response.text()
    if (!response.ok) throw new Error(answer)
    sigstore = JSON.parse(answer) as Sigstore
  }, PATIENCE)
  return () => {
    if (sigstore === undefined) throw new Error('the private Sigstore did not start')
    return sigstore
  }
}
