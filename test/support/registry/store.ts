import { createHash } from 'node:crypto'

export interface StoredManifest {
  readonly mediaType: string
  readonly bytes: Buffer
}

/** What one repository holds; digests are `sha256:...`, or as the registry keeps them. */
export interface Repository {
  readonly blobs: Map<string, Buffer>
  readonly manifests: Map<string, StoredManifest>
  /** Tag to digest. */
  readonly tags: Map<string, string>
  /** Whether the registry lists it: since its first manifest, and also after its last one was deleted. */
  listed: boolean
}

/** An upload that has begun. */
export interface Session {
  bytes: Buffer
  /** What the answer to the last PATCH said. */
  range: string | undefined
  /** The bytes are a part of something, or the wrong ones. */
  broken: boolean
  /** A body broke off, and nothing is left. */
  lost: boolean
}

type Algorithm = 'sha256' | 'sha512'

const digestBy = (algorithm: Algorithm, bytes: Uint8Array): string =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`

export const sha256 = (bytes: Uint8Array): string => digestBy('sha256', bytes)

/** Whether the bytes are the ones that a digest of either algorithm names. */
export const isDigestOf = (digest: string, bytes: Uint8Array): boolean =>
  digest === digestBy(digest.startsWith('sha512:') ? 'sha512' : 'sha256', bytes)

export const isDigest = (text: string): boolean => /^sha(?:256:[a-f0-9]{64}|512:[a-f0-9]{128})$/.test(text)

/** The part of a repository's name that quotas and rules go by. */
export const projectOf = (repository: string): string => repository.split('/', 1)[0]!

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
      repository = { blobs: new Map(), manifests: new Map(), tags: new Map(), listed: false }
      this.repositories.set(name, repository)
    }
    return repository
  }

  /** A repository that its registry would list; undefined for one that has got blobs at most. */
  known(name: string): Repository | undefined {
    const repository = this.repositories.get(name)
    return repository !== undefined && (repository.listed || repository.manifests.size > 0)
      ? repository
      : undefined
  }

  /** The length of everything that a project holds, by digest. */
  held(project: string): ReadonlyMap<string, number> {
    const sizes = new Map<string, number>()
    for (const [name, { blobs, manifests }] of this.repositories)
      if (projectOf(name) === project) {
        for (const [digest, { length }] of blobs) sizes.set(digest, length)
        for (const [digest, { bytes }] of manifests) sizes.set(digest, bytes.length)
      }
    return sizes
  }
}
