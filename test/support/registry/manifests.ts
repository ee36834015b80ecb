import { type Asked, type Reply, refusal } from './asked.ts'
import { type Document, parse } from './documents.ts'
import { type Repository, type Store, type StoredManifest } from './store.ts'

/** How manifests are found and handed out; `put-manifest.ts` tells how they get in. */
export interface ManifestSwitches {
  /** False: Accept is not looked at; else a manifest of a type that is not listed there is 404 (distribution, Harbor). */
  readonly accept?: boolean
  /** The ETag of manifests, which If-None-Match of GET and HEAD goes by (304); `none` answers 200 always (zot). */
  readonly etag?: 'quoted' | 'unquoted' | 'none'
  /** True: a 304 has neither ETag nor Docker-Content-Digest (distribution, Harbor). */
  readonly bareNotModified?: boolean
  /** True: GET by tag has empty ETag and Docker-Content-Digest, HEAD an ETag without quotes (proxy cache of Harbor). */
  readonly proxyCache?: boolean
  /** True: a manifest without a signature is not served (412), as Harbor does where signatures are wanted. */
  readonly contentTrust?: boolean
  /** What DELETE of a manifest by digest gets. */
  readonly manifestDelete?: 202 | 405
  /** What DELETE by tag gets; 400 is Harbor's. */
  readonly tagDelete?: 202 | 400 | 405
  /** True: what refers to a deleted manifest goes along (Harbor); else it stays listed (zot). */
  readonly deleteReferrers?: boolean
  /** True: a tag is written once, 412 afterwards (Harbor); 403 where an account may create and not update (zot). */
  readonly immutableTags?: boolean | 403
}

export const nameUnknown = (): Reply => refusal(404, 'NAME_UNKNOWN', 'repository name not known to registry')

/** GET, HEAD and DELETE of a manifest. */
export function manifest(
  asked: Asked,
  store: Store,
  switches: ManifestSwitches,
  name: string,
  reference: string,
): Reply {
  const repository = store.repositories.get(name)
  if (repository === undefined) return nameUnknown()
  const digest = repository.tags.get(reference) ?? reference
  const stored = repository.manifests.get(digest)
  if (asked.method === 'DELETE') return remove(repository, stored, digest, switches, reference)
  if (stored === undefined) return refusal(404, 'MANIFEST_UNKNOWN', `manifest unknown: ${reference}`)
  if (switches.contentTrust === true && !isTrusted(repository, digest, stored))
    return refusal(412, 'PROJECTPOLICYVIOLATION', 'The image is not signed by cosign.')
  const accept = String(asked.headers['accept'] ?? '')
  if (switches.accept !== false && !accept.split(/,\s*/).includes(stored.mediaType))
    return refusal(
      404,
      'MANIFEST_UNKNOWN',
      'OCI manifest found, but accept header does not support OCI manifests',
    )
  return served(asked, stored, digest, switches, digest === reference)
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
  if (!unnamed && etag !== undefined && (condition === `"${digest}"` || condition === digest))
    return { status: 304, ...(switches.bareNotModified === true ? {} : { headers: known }) }
  return { status: 200, headers: { 'content-type': stored.mediaType, ...known }, body: stored.bytes }
}

const isSignature = ({ artifactType, subject }: Document): boolean =>
  subject !== undefined && artifactType === 'application/vnd.dev.sigstore.bundle.v0.3+json'

/** Harbor looks whether there is a signature, never at the signature: in a bundle, or under cosign's old tag. */
const isTrusted = (repository: Repository, digest: string, { bytes }: StoredManifest): boolean =>
  isSignature(parse(bytes)) ||
  [...repository.tags].some(([tag, named]) => named === digest && tag.endsWith('.sig')) ||
  repository.tags.has(`${digest.replace(':', '-')}.sig`) ||
  [...repository.manifests.values()].some((other) => {
    const document = parse(other.bytes)
    return isSignature(document) && document.subject?.digest === digest
  })

function remove(
  repository: Repository,
  stored: StoredManifest | undefined,
  digest: string,
  switches: ManifestSwitches,
  reference: string,
): Reply {
  const byTag = !reference.startsWith('sha256:')
  const status = (byTag ? switches.tagDelete : switches.manifestDelete) ?? 202
  if (status === 400)
    return refusal(400, 'UNSUPPORTED', `unsupported digest ${reference}: invalid checksum digest format`)
  if (status === 405) return refusal(405, 'UNSUPPORTED', 'The operation is unsupported.')
  if (stored === undefined) return refusal(404, 'MANIFEST_UNKNOWN', `manifest unknown: ${reference}`)
  const tags = [...repository.tags].filter(([tag, named]) => (byTag ? tag === reference : named === digest))
  if (switches.immutableTags === true && tags.length > 0)
    return refusal(412, 'PRECONDITION', `the tag ${tags[0]![0]} configured as immutable, cannot be deleted`)
  for (const [tag] of tags) repository.tags.delete(tag)
  if (byTag) return { status: 202 }
  repository.manifests.delete(digest)
  if (switches.deleteReferrers === true)
    for (const [other, { bytes }] of repository.manifests)
      if (parse(bytes).subject?.digest === digest) repository.manifests.delete(other)
  return { status: 202 }
}
