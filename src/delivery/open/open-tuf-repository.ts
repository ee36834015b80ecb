import { join } from 'node:path'

import { findCacheDirectory } from '../../config/directories.ts'
import { readSmallFile } from '../../files/read-text-file.ts'
import type { Transport } from '../../http/transport.ts'
import { StateFile } from '../../signing/tuf/state-file.ts'
import { TufRepository } from '../../signing/tuf/tuf-repository.ts'
import { readAsset } from '../assets.ts'

/** A TUF repository of one's own: its address, and the file of a root that one trusts. */
export interface TufMirror {
  readonly url: string
  readonly rootFile: string
}

export interface TufAccess {
  readonly transport: Transport
  readonly warn: (message: string) => void
  readonly signal: AbortSignal
}

/** The repository of the public Sigstore. The package brings version 16 of its root, which leads to all later ones. */
const PUBLIC_MIRROR = 'https://tuf-repo-cdn.sigstore.dev'
const PUBLIC_ROOT = 'tuf/root.json'

/** Opens the given repository, or that of the public Sigstore. Nothing is read of it yet. Throws FILE_NOT_FOUND and FILE_UNREADABLE. */
export async function openTufRepository(
  mirror: TufMirror | undefined,
  { transport, warn, signal }: TufAccess,
): Promise<TufRepository> {
  const url = mirror?.url.replace(/\/+$/, '') ?? PUBLIC_MIRROR
  const cache = findCacheDirectory()
  return new TufRepository({
    mirror: url,
    root:
      mirror === undefined
        ? await readAsset(PUBLIC_ROOT)
        : await readSmallFile(mirror.rootFile, { what: 'TUF root', signal }),
    stateFile: cache === undefined ? undefined : new StateFile(join(cache, 'tuf'), url, warn),
    transport,
    warn,
    signal,
  })
}
