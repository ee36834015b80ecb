import { type Asked, type Reply, refusal } from './asked.ts'
import { PASSED_ON } from './blobs.ts'
import { type ContentTrustSwitches, refuseUntrusted } from './content-trust.ts'
import { parse } from './documents.ts'
import { isReferrerOf } from './referrers.ts'
import { type Repository, type Store, type StoredManifest, isDigest } from './store.ts'

/** How manifests are found and handed out; `put-manifest.ts` tells how they get in. */
export interface ManifestSwitches extends ContentTrustSwitches {
  /** False: Accept is not looked at; else a manifest of a type that is not listed there is 404 (distribution, Harbor). */
  readonly accept?: boolean
  /** The ETag of manifests, which If-None-Match of GET and HEAD goes by (304); `none` answers 200 always (zot). */
  readonly etag?: 'quoted' | 'unquoted' | 'none'
  /** True: a 304 has neither ETag nor Docker-Content-Digest (distribution, Harbor). */
  readonly bareNotModified?: boolean
  /**
   * True: a cache of another registry before anything is in it, as Harbor has one. GET by tag has empty ETag and
   * Docker-Content-Digest, HEAD an ETag without quotes, blobs neither, and no signature is listed.
   */
  readonly proxyCache?: boolean
  /** What GET of a fallback tag, `sha256-...`, gets in place of its index: a status, or 200 and something else. */
  readonly fallbackTag?: number | 'not-an-index' | 'not-json'
  /** What DELETE of a manifest by digest gets. */
  readonly manifestDelete?: 202 | 405
  /** What DELETE by tag gets; 400 is Harbor's. */
  readonly tagDelete?: 202 | 400 | 405
  /** True: what refers to a deleted manifest goes along (Harbor); else it stays listed (zot). */
  readonly deleteReferrers?: boolean
  /** True: what has the tag `sha256-<hex>.sig` refers to that digest (Harbor). */
  readonly legacyReferrers?: boolean
  /**
   * True: a tag is written once, 412 afterwards (Harbor); a text is a regular expression of such tags. 403 where an account
   * may create and not update (zot).
   */
  readonly immutableTags?: boolean | 403 | string
}

export const nameUnknown = (name: string): Reply =>
  refusal(404, 'NAME_UNKNOWN', 'repository name not known to registry', { name })

export const manifestUnknown = (name: string, reference: string): Reply =>
  refusal(
    404,
    'MANIFEST_UNKNOWN',
    'manifest unknown',
    isDigest(reference) ? `unknown manifest name=${name} revision=${reference}` : `unknown tag=${reference}`,
  )

export const isImmutable = ({ immutableTags }: ManifestSwitches, tag: string): boolean =>
  typeof immutableTags === 'string' ? new RegExp(immutableTags).test(tag) : immutableTags === true

/** GET, HEAD and DELETE of a manifest. */
export function manifest(
  asked: Asked,
  store: Store,
  switches: ManifestSwitches,
  name: string,
  reference: string,
): Reply {
  const repository = store.known(name)
  if (asked.method === 'DELETE') return remove(repository, switches, name, reference)
  if (/^sha256-[a-f0-9]{64}$/.test(reference) && switches.fallbackTag !== undefined)
    return unreadable(switches.fallbackTag)
  const digest = repository?.tags.get(reference) ?? reference
  const stored = repository?.manifests.get(digest)
  if (repository === undefined || stored === undefined) {
    if (switches.proxyCache === true) return absentUpstream(name, reference)
    return repository === undefined ? nameUnknown(name) : manifestUnknown(name, reference)
  }
  const untrusted = refuseUntrusted(repository, digest, stored, reference, switches)
  if (untrusted !== undefined) return untrusted
  if (switches.accept !== false && !accepts(asked, stored.mediaType))
    return refusal(
      404,
      'MANIFEST_UNKNOWN',
      'OCI manifest found, but accept header does not support OCI manifests',
    )
  return served(asked, stored, digest, switches, digest === reference)
}

const accepts = ({ headers }: Asked, mediaType: string): boolean =>
  String(headers['accept'] ?? '')
    .split(',')
    .some((range) => range.split(';', 1)[0]!.trim() === mediaType)

/** Harbor's words are made for tags, and have a hole where a digest is asked for. */
const absentUpstream = (name: string, reference: string): Reply =>
  refusal(
    404,
    'NOT_FOUND',
    `resource not found: repo ${name}, tag ${isDigest(reference) ? '' : reference} not found`,
  )

function unreadable(fallbackTag: NonNullable<ManifestSwitches['fallbackTag']>): Reply {
  if (typeof fallbackTag === 'number')
    return refusal(fallbackTag, 'UNKNOWN', 'the manifest under this tag cannot be read')
  const headers = { 'content-type': 'application/vnd.oci.image.index.v1+json' }
  const text = fallbackTag === 'not-json' ? '{"schemaVersion":2,"manif' : '{"repositories":[]}'
  return { status: 200, headers, body: Buffer.from(text) }
}

function served(
  { method, headers }: Asked,
  stored: StoredManifest,
  digest: string,
  switches: ManifestSwitches,
  byDigest: boolean,
): Reply {
  const unnamed = switches.proxyCache === true && method === 'GET' && !byDigest
  const form = switches.proxyCache === true ? 'unquoted' : (switches.etag ?? 'quoted')
  const etag = { quoted: `"${digest}"`, unquoted: digest, none: undefined }[form]
  const known = { 'docker-content-digest': unnamed ? '' : digest, etag: unnamed ? '' : etag }
  const condition = headers['if-none-match']
  const conditional = switches.proxyCache !== true && etag !== undefined
  if (conditional && (condition === `"${digest}"` || condition === digest))
    return { status: 304, ...(switches.bareNotModified === true ? {} : { headers: known }) }
  return {
    status: 200,
    headers: {
      'content-type': stored.mediaType,
      ...known,
      ...(switches.proxyCache === true ? PASSED_ON : {}),
    },
    body: stored.bytes,
  }
}

function remove(
  repository: Repository | undefined,
  switches: ManifestSwitches,
  name: string,
  reference: string,
): Reply {
  const byTag = !isDigest(reference)
  const status = (byTag ? switches.tagDelete : switches.manifestDelete) ?? 202
  if (status === 400)
    return refusal(400, 'UNSUPPORTED', `unsupported digest ${reference}: invalid checksum digest format`)
  if (status === 405) return refusal(405, 'UNSUPPORTED', 'The operation is unsupported.')
  if (repository === undefined) return nameUnknown(name)
  const digest = repository.tags.get(reference) ?? reference
  // What a cache serves is not its own to delete.
  if (switches.proxyCache === true || !repository.manifests.has(digest))
    return manifestUnknown(name, reference)
  const tags = [...repository.tags].filter(([tag, named]) => (byTag ? tag === reference : named === digest))
  const kept = tags.find(([tag]) => isImmutable(switches, tag))
  if (kept !== undefined)
    return refusal(412, 'PRECONDITION', `the tag ${kept[0]} configured as immutable, cannot be deleted`)
  repository.listed = true
  for (const [tag] of tags) repository.tags.delete(tag)
  if (byTag) return { status: 202 }
  repository.manifests.delete(digest)
  if (switches.deleteReferrers === true)
    for (const [other, { bytes }] of repository.manifests)
      if (isReferrerOf(repository, other, parse(bytes), digest, switches)) removeAccessory(repository, other)
  return { status: 202 }
}

function removeAccessory(repository: Repository, digest: string): void {
  repository.manifests.delete(digest)
  for (const [tag, named] of repository.tags) if (named === digest) repository.tags.delete(tag)
}
