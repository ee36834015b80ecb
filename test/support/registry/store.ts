import { createHash } from 'node:crypto'

export interface StoredManifest {
  readonly mediaType: string
  readonly bytes: Buffer
}

/** What one repository holds; digests are `sha256:...` throughout. */
export interface Repository {
  readonly blobs: Map<string, Buffer>
  readonly manifests: Map<string, StoredManifest>
  /** Tag to digest. */
  readonly tags: Map<string, string>
}

export const sha256 = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** Everything a registry holds, in memory. */
export class Store {
  readonly repositories = new Map<string, Repository>()
  /** Bytes of open upload sessions, by session. */
  readonly uploads = new Map<string, Buffer>()

  repository(name: string): Repository {
    let repository = this.repositories.get(name)
    if (repository === undefined) {
      repository = { blobs: new Map(), manifests: new Map(), tags: new Map() }
      this.repositories.set(name, repository)
    }
    return repository
  }

  /** The bytes of all blobs together. */
  get size(): number {
    let size = 0
    for (const { blobs } of this.repositories.values())
      for (const bytes of blobs.values()) size += bytes.length
    return size
  }
}
