import { type Repository, type Store, sha256 } from './store.ts'

interface Document {
  readonly config?: { readonly digest: string }
  readonly layers?: readonly { readonly digest: string }[]
  readonly manifests?: readonly { readonly digest: string }[]
  readonly subject?: { readonly digest: string }
  readonly annotations?: Readonly<Record<string, string>>
}

export interface Expected {
  /** Predicate types of bundles that everything under a tag must have attached to it. */
  readonly attached?: readonly string[]
  /** Whether bundles are found without the fallback tag. */
  readonly referrersApi?: boolean
}

/** Everything that is wrong with what a registry holds: a tag must lead to a whole artifact, in words if one does not. */
export const flaws = (store: Store, expected: Expected = {}): readonly string[] =>
  [...store.repositories].flatMap(([name, repository]) =>
    [...repository.tags].flatMap(([tag, digest]) =>
      flawsOf(repository, digest, isFallback(tag) ? {} : expected).map((flaw) => `${name}:${tag} ${flaw}`),
    ),
  )

const isFallback = (tag: string): boolean => /^sha256-[a-f0-9]{64}$/.test(tag)

function flawsOf(repository: Repository, digest: string, expected: Expected): readonly string[] {
  const stored = repository.manifests.get(digest)
  if (stored === undefined) return [`names ${digest}, which is not there`]
  if (sha256(stored.bytes) !== digest) return [`names ${digest}, which has other bytes`]
  const document = parse(stored.bytes)
  const blobs = [document.config, ...(document.layers ?? [])].flatMap(
    (descriptor) => descriptor?.digest ?? [],
  )
  const bundles = attached(repository, digest, expected.referrersApi !== false)
  return [
    ...blobs.filter((blob) => !isWhole(repository, blob)).map((blob) => `lacks the blob ${blob}`),
    ...(document.manifests ?? []).flatMap((child) => flawsOf(repository, child.digest, {})),
    ...(expected.attached ?? [])
      .filter((type) => !bundles.some((bundle) => bundle.type === type && bundle.flaws.length === 0))
      .map((type) => `has nothing of the type ${type} attached to it`),
  ]
}

function isWhole(repository: Repository, digest: string): boolean {
  const bytes = repository.blobs.get(digest)
  return bytes !== undefined && sha256(bytes) === digest
}

/** The bundles of a subject that a reader finds. */
function attached(
  repository: Repository,
  subject: string,
  api: boolean,
): readonly { readonly type: string | undefined; readonly flaws: readonly string[] }[] {
  const list = repository.manifests.get(repository.tags.get(subject.replace(':', '-')) ?? '')
  const listed = list === undefined ? [] : (parse(list.bytes).manifests ?? []).map(({ digest }) => digest)
  return [...repository.manifests]
    .map(([digest, { bytes }]) => ({ digest, document: parse(bytes) }))
    .filter(
      ({ digest, document }) => document.subject?.digest === subject && (api || listed.includes(digest)),
    )
    .map(({ digest, document }) => ({
      type: document.annotations?.['dev.sigstore.bundle.predicateType'],
      flaws: flawsOf(repository, digest, {}),
    }))
}

const parse = (bytes: Buffer): Document => JSON.parse(bytes.toString('utf8')) as Document
