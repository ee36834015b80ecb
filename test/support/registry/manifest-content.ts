import { type Asked, type RegistryError, type Reply, refusal } from './asked.ts'
import { type Document, parse } from './documents.ts'
import type { Repository } from './store.ts'

/** Which manifests a registry takes, whatever their tag. */
export interface ContentSwitches {
  /** False: a manifest whose blobs are missing is taken; `known-configs` looks only at those of images and `{}` (zot). */
  readonly checksBlobs?: boolean | 'known-configs'
  /** The Content-Types that are taken (415 for another); all when absent. */
  readonly manifestTypes?: readonly string[]
  /** The config types that are taken (400 MANIFEST_INVALID for another, as Quay says); all when absent. */
  readonly configTypes?: readonly string[]
  /** Bytes of a manifest at most, and what a larger one gets: 413 by the specification, 400 from distribution and Harbor. */
  readonly manifestLimit?: { readonly bytes: number; readonly status: 400 | 413 }
  /** What a manifest with a subject gets: by the specification it is taken. */
  readonly subjects?: 201 | 400 | 404
}

export const typeOf = ({ headers }: Asked): string => headers['content-type']?.toString() ?? ''

/** What was sent, as far as it is a document at all. */
export function documentIn(
  asked: Asked,
  { manifestTypes, manifestLimit: limit }: ContentSwitches,
): { readonly document: Document } | { readonly refused: Reply } {
  const type = typeOf(asked)
  const invalid = (status: number, detail: string): { readonly refused: Reply } => ({
    refused: refusal(status, 'MANIFEST_INVALID', 'manifest invalid', detail),
  })
  if (manifestTypes?.includes(type) === false)
    return invalid(415, `unsupported manifest media type and no default available: ${type}`)
  let document: unknown
  try {
    document = parse(asked.body)
  } catch {
    const [first] = asked.body.toString('utf8')
    return invalid(400, `invalid character '${first ?? ''}' looking for beginning of value`)
  }
  if (limit !== undefined && asked.body.length > limit.bytes)
    return invalid(limit.status, 'http: request body too large')
  return typeof document === 'object' && document !== null
    ? { document: document as Document }
    : invalid(400, 'not an object')
}

/** Everything that a manifest brings into its project, by digest and length. */
export const contentsOf = (document: Document, digest: string, body: Buffer): ReadonlyMap<string, number> =>
  new Map([
    [digest, body.length],
    ...[document.config, ...(document.layers ?? [])].flatMap((blob) =>
      blob === undefined ? [] : [[blob.digest, blob.size ?? 0] as const],
    ),
  ])

export function refuseContent(
  document: Document,
  repository: Repository,
  switches: ContentSwitches,
  rightDigest: boolean,
): Reply | undefined {
  const { configTypes, checksBlobs } = switches
  if (document.config !== undefined && configTypes?.includes(document.config.mediaType) === false)
    return refusal(400, 'MANIFEST_INVALID', 'manifest schema or mediatype not supported')
  if (document.subject !== undefined && (switches.subjects ?? 201) !== 201)
    return refusal(switches.subjects!, 'MANIFEST_INVALID', 'manifest invalid')
  const mismatch = { code: 'DIGEST_INVALID', message: 'provided digest did not match uploaded content' }
  if (!rightDigest) return { status: 400, errors: [mismatch] }
  const missing = missingIn(document, repository, switches).map(unknownBlob)
  const shapeless = checksBlobs !== false && document.manifests === undefined && document.config === undefined
  // Go finds the digest of a config that is not there to be an empty one.
  if (shapeless) return { status: 400, errors: [mismatch, unknownBlob(''), ...missing] }
  return missing.length === 0 ? undefined : { status: 400, errors: missing }
}

const unknownBlob = (detail: string): RegistryError => ({
  code: 'MANIFEST_BLOB_UNKNOWN',
  message: 'blob unknown to registry',
  detail,
})

const KNOWN_CONFIGS: ReadonlySet<string | undefined> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.oci.empty.v1+json',
])

function missingIn(
  document: Document,
  repository: Repository,
  { checksBlobs }: ContentSwitches,
): readonly string[] {
  const children = (document.manifests ?? []).filter(({ digest }) => !repository.manifests.has(digest))
  const known = checksBlobs !== 'known-configs' || KNOWN_CONFIGS.has(document.config?.mediaType)
  const blobs = [...(document.config === undefined ? [] : [document.config]), ...(document.layers ?? [])]
  const absent = blobs.filter(({ digest }) => !repository.blobs.has(digest))
  return checksBlobs === false ? [] : [...children, ...(known ? absent : [])].map(({ digest }) => digest)
}
