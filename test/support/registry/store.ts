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

/** An upload that has begun. */
export interface Session {
  bytes: Buffer
  /** What the answer to the last PATCH said. */
  range: string | undefined
  /** A body broke off: the bytes are a part of something. */
  broken: boolean
  /** A body broke off, and nothing is left. */
  lost: boolean
}

export const sha256 = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** Everything a registry holds, in memory. */
export class Store {
  readonly repositories = new Map<string, Repository>()
  readonly uploads = new Map<string, Session>()
  /** How many URLs of the storage server were given out, and how often each was used. */
  presigned = 0
  readonly presignedUses = new Map<string, number>()

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
