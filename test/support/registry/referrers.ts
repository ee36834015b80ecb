import { type Asked, type Reply, plainText, refusal } from './asked.ts'
import { type Document, OCI_INDEX, parse } from './documents.ts'
import { pushJunk } from './junk-referrers.ts'
import { type PageSwitches, page } from './pages.ts'
import { type Repository, type Store, isDigest } from './store.ts'

/** What a registry says of the manifests that refer to another one. */
export interface ReferrerSwitches {
  /**
   * False: 404 with a text, as distribution answers. `html`: a sign-in page with 200. `not-an-index`: JSON of another
   * kind with 200. `empty`: an index without entries, whatever there is.
   */
  readonly referrersApi?: boolean | 'html' | 'not-an-index' | 'empty'
  /** Whether OCI-Subject is echoed; as the API by default. True without the API is ECR. */
  readonly subjectHeader?: boolean
  /** The type that a referrer is listed under; go-containerregistry's registry takes the config's. */
  readonly listing?: 'artifact-type' | 'config-type'
  /** True: `artifactType` in the query is applied, and OCI-Filters-Applied says so; else it is passed over. */
  readonly filters?: boolean
  /** True: X-Total-Count, of all that there are and not of those that the filter leaves (Harbor). */
  readonly totalCount?: boolean
  /** True: what has the tag `sha256-<hex>.sig` refers to that digest (Harbor). */
  readonly legacyReferrers?: boolean
  /** So many bundles that sign nothing are pushed for every subject that is asked for, and listed before all others. */
  readonly junkReferrers?: number
}

export function referrers(
  asked: Asked,
  store: Store,
  switches: ReferrerSwitches & PageSwitches & { readonly proxyCache?: boolean },
  name: string,
  subject: string,
): Reply {
  const { referrersApi: api = true } = switches
  if (api === false) return plainText(404, '404 page not found\n')
  if (api === 'html')
    return {
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8' },
      body: Buffer.from('<!doctype html><html><head><title>Sign in</title></head></html>'),
    }
  if (api === 'not-an-index') return { status: 200, json: { repositories: [] } }
  if (!isDigest(subject)) {
    const wrong = /^sha(?:256|512):[a-f0-9]+$/.test(subject) ? 'length' : 'format'
    return refusal(400, 'BAD_REQUEST', `unsupported digest ${subject}: invalid checksum digest ${wrong}`)
  }
  const hidden = api === 'empty' || switches.proxyCache === true
  const all = hidden ? [] : listed(store.repositories.get(name), subject, switches)
  // The "+" of a type has to be escaped: bare it is a space.
  const wanted = asked.url.searchParams.getAll('artifactType')
  const filtered = switches.filters === true && wanted.length > 0
  const found = filtered ? all.filter(({ artifactType }) => wanted.includes(artifactType ?? '')) : all
  const [manifests, link] = page(asked, found, switches)
  return {
    status: 200,
    headers: {
      'content-type': OCI_INDEX,
      link,
      'x-total-count': switches.totalCount === true ? String(all.length) : undefined,
      ...(filtered ? { 'oci-filters-applied': 'artifactType' } : {}),
    },
    json: { schemaVersion: 2, mediaType: OCI_INDEX, manifests },
  }
}

function listed(repository: Repository | undefined, subject: string, switches: ReferrerSwitches) {
  if (repository === undefined) return []
  const junk = pushJunk(repository, subject, switches.junkReferrers ?? 0)
  const all = [...repository.manifests].flatMap(([digest, { mediaType, bytes }]) => {
    const document = parse(bytes)
    if (!isReferrerOf(repository, digest, document, subject, switches)) return []
    const written = switches.listing === 'config-type' ? undefined : document.artifactType
    const artifactType = written ?? document.config?.mediaType
    return [{ mediaType, digest, size: bytes.length, annotations: document.annotations, artifactType }]
  })
  return [...all.filter(({ digest }) => junk.has(digest)), ...all.filter(({ digest }) => !junk.has(digest))]
}

/** Whether a manifest refers to a subject: by its field, or by the tag that cosign once used. */
export const isReferrerOf = (
  { tags }: Repository,
  digest: string,
  document: Document,
  subject: string,
  { legacyReferrers = false }: ReferrerSwitches,
): boolean =>
  document.subject?.digest === subject ||
  (legacyReferrers && tags.get(`${subject.replace(':', '-')}.sig`) === digest)
