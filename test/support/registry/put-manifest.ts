import { type Asked, type Reply, plainText, refusal } from './asked.ts'
import { type ContentSwitches, contentsOf, documentIn, refuseContent, typeOf } from './manifest-content.ts'
import { type ManifestSwitches, isImmutable } from './manifests.ts'
import { type QuotaSwitches, refuseAboveQuota } from './quota.ts'
import type { ReferrerSwitches } from './referrers.ts'
import { type Repository, type Store, isDigest, sha256 } from './store.ts'
import { type LocationSwitches, contentLocation } from './upload-location.ts'

/** How manifests get in. */
export interface PutManifestSwitches extends ManifestSwitches, ContentSwitches, QuotaSwitches {
  /** True: If-Match and If-None-Match are honoured when a tag is written. */
  readonly conditions?: boolean
  /** False: the answer to a push has no Location (ECR). */
  readonly manifestLocation?: boolean
  /** True: a push by digest writes the tags of `?tag=` (zot). */
  readonly tagQuery?: boolean
  /** What a tag gets that is none by the specification: distribution has no such route, Harbor says 400, zot takes it. */
  readonly invalidTag?: 404 | 400 | 201
  /** False: the answer to a push is 201, and nothing is kept. */
  readonly keepsManifests?: boolean
}

type Switches = PutManifestSwitches & ReferrerSwitches & LocationSwitches

const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/

export function putManifest(asked: Asked, store: Store, switches: Switches, name: string, at: string): Reply {
  const reference = at.replace(/%[0-9a-f]{2}/gi, (escaped) =>
    String.fromCodePoint(Number.parseInt(escaped.slice(1), 16)),
  )
  const isTag = !isDigest(reference)
  const invalidTag = isTag && !TAG.test(reference) ? (switches.invalidTag ?? 404) : 201
  if (invalidTag === 404) return plainText(404, '404 page not found\n')
  if (isTag && switches.tagQuery === true && asked.url.searchParams.has('tag'))
    return refusal(
      400,
      'MANIFEST_INVALID',
      'manifest invalid',
      'tag query parameters are only valid when pushing a manifest by digest',
    )
  const extra = !isTag && switches.tagQuery === true ? asked.url.searchParams.getAll('tag') : []
  const tags = isTag ? [reference] : extra
  for (const tag of tags) {
    const refused = refuseTag(asked, store.repositories.get(name), switches, name, tag)
    if (refused !== undefined) return refused
  }
  const read = documentIn(asked, switches)
  if ('refused' in read) return read.refused
  const { document } = read
  const digest = sha256(asked.body)
  const repository = store.repository(name)
  const refused =
    refuseAboveQuota(store, switches, name, contentsOf(document, digest, asked.body)) ??
    refuseContent(document, repository, switches, isTag || reference === digest)
  if (refused !== undefined) return refused
  if (invalidTag === 400) return refusal(400, 'BAD_REQUEST', `bad request: invalid tag name: ${reference}`)
  if (switches.keepsManifests !== false) {
    repository.listed = true
    repository.manifests.set(digest, { mediaType: typeOf(asked), bytes: asked.body })
    for (const tag of tags) repository.tags.set(tag, digest)
  }
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

function refuseTag(
  asked: Asked,
  repository: Repository | undefined,
  switches: PutManifestSwitches,
  name: string,
  tag: string,
): Reply | undefined {
  const held = repository?.tags.get(tag)
  if (switches.conditions === true && !conditionHolds(asked, held))
    return refusal(412, 'PRECONDITION_FAILED', 'the manifest has changed')
  // The tag that zot's access control lets everybody move who may create.
  if (switches.immutableTags === 403 && held !== undefined && tag !== 'latest')
    return refusal(403, 'DENIED', 'requested access to the resource is denied', undefined, {
      'www-authenticate': 'Basic realm="zot"',
    })
  if (held !== undefined && isImmutable(switches, tag))
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
