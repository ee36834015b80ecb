import { type Asked, type Reply, refusal } from './asked.ts'
import { type Document, parse } from './documents.ts'
import type { ManifestSwitches } from './manifests.ts'
import type { ReferrerSwitches } from './referrers.ts'
import { type Repository, type Store, sha256 } from './store.ts'
import { type LocationSwitches, contentLocation } from './upload-location.ts'

/** How manifests get in. */
export interface PutManifestSwitches extends ManifestSwitches {
  /** True: If-Match and If-None-Match are honoured when a tag is written. */
  readonly conditions?: boolean
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
  /** False: the answer to a push has no Location (ECR). */
  readonly manifestLocation?: boolean
  /** True: a push by digest writes the tags of `?tag=` (zot). */
  readonly tagQuery?: boolean
}

export function putManifest(
  asked: Asked,
  store: Store,
  switches: PutManifestSwitches & ReferrerSwitches & LocationSwitches,
  name: string,
  reference: string,
): Reply {
  const { manifestLimit: limit, manifestTypes, configTypes } = switches
  const mediaType = String(asked.headers['content-type'])
  if (limit !== undefined && asked.body.length > limit.bytes)
    return refusal(limit.status, 'MANIFEST_INVALID', 'manifest invalid', 'http: request body too large')
  if (manifestTypes?.includes(mediaType) === false)
    return refusal(415, 'MANIFEST_INVALID', 'manifest invalid', { mediaType })
  let document: Document
  try {
    document = parse(asked.body)
  } catch {
    return refusal(400, 'MANIFEST_INVALID', 'manifest invalid')
  }
  if (document.config !== undefined && configTypes?.includes(document.config.mediaType) === false)
    return refusal(400, 'MANIFEST_INVALID', 'manifest schema or mediatype not supported')
  if (document.subject !== undefined && (switches.subjects ?? 201) !== 201)
    return refusal(switches.subjects!, 'MANIFEST_INVALID', 'manifest invalid')
  const digest = sha256(asked.body)
  const isTag = !reference.startsWith('sha256:')
  if (!isTag && reference !== digest)
    return refusal(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content')
  const repository = store.repository(name)
  const missing = missingIn(document, repository, switches)
  if (missing.length > 0)
    return {
      ...refusal(400, '', ''),
      body: Buffer.from(
        JSON.stringify({
          errors: missing.map((detail) => ({
            code: 'MANIFEST_BLOB_UNKNOWN',
            message: 'blob unknown to registry',
            detail,
          })),
        }),
      ),
    }
  if (isTag && switches.tagQuery === true && asked.url.searchParams.has('tag'))
    return refusal(400, 'MANIFEST_INVALID', 'manifest invalid')
  const extra = !isTag && switches.tagQuery === true ? asked.url.searchParams.getAll('tag') : []
  const tags = isTag ? [reference] : extra
  for (const tag of tags) {
    const refused = refuseTag(asked, repository, switches, name, tag)
    if (refused !== undefined) return refused
  }
  repository.manifests.set(digest, { mediaType, bytes: asked.body })
  for (const tag of tags) repository.tags.set(tag, digest)
  const echo = switches.subjectHeader ?? switches.referrersApi !== false
  return {
    status: 201,
    headers: {
      location:
        switches.manifestLocation === false
          ? undefined
          : contentLocation(asked, switches, `/v2/${name}/manifests/${digest}`),
      'docker-content-digest': digest,
      ...(extra.length === 0 ? {} : { 'oci-tag': extra }),
      ...(echo && document.subject !== undefined ? { 'oci-subject': document.subject.digest } : {}),
    },
  }
}

const KNOWN_CONFIGS: ReadonlySet<string | undefined> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.oci.empty.v1+json',
])

function missingIn(
  document: Document,
  repository: Repository,
  { checksBlobs }: PutManifestSwitches,
): readonly string[] {
  const children = (document.manifests ?? []).filter(({ digest }) => !repository.manifests.has(digest))
  const known = checksBlobs !== 'known-configs' || KNOWN_CONFIGS.has(document.config?.mediaType)
  const blobs = [...(document.config === undefined ? [] : [document.config]), ...(document.layers ?? [])]
  const absent = blobs.filter(({ digest }) => !repository.blobs.has(digest))
  return checksBlobs === false ? [] : [...children, ...(known ? absent : [])].map(({ digest }) => digest)
}

function refuseTag(
  asked: Asked,
  repository: Repository,
  switches: PutManifestSwitches,
  name: string,
  tag: string,
): Reply | undefined {
  const held = repository.tags.get(tag)
  if (switches.conditions === true && !conditionHolds(asked, held))
    return refusal(412, 'PRECONDITION_FAILED', 'the manifest has changed')
  if (switches.immutableTags === 403 && held !== undefined)
    return refusal(403, 'DENIED', 'requested access to the resource is denied', undefined, {
      'www-authenticate': 'Basic realm="zot"',
    })
  if (switches.immutableTags === true && held !== undefined)
    return refusal(
      412,
      'PRECONDITION',
      // Harbor leaves its project out.
      `Failed to process request due to '${name.replace(/^[^/]+\//, '')}:${tag}' configured as immutable.`,
    )
  return undefined
}

function conditionHolds({ headers }: Asked, held: string | undefined): boolean {
  const match = headers['if-match']
  if (match !== undefined) return match === `"${held}"`
  return headers['if-none-match'] !== '*' || held === undefined
}
