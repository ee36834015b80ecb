import { type Asked, type Reply, plainText, refusal } from './asked.ts'
import { OCI_INDEX, parse } from './documents.ts'
import { type PageSwitches, page } from './pages.ts'
import type { Repository, Store } from './store.ts'

/** What a registry says of the manifests that refer to another one. */
export interface ReferrerSwitches {
  /**
   * False: 404 with a text, as distribution answers. `html`: a sign-in page with 200. `not-an-index`: JSON of another
   * kind with 200. `empty`: an index without entries, whatever there is (proxy cache of Harbor).
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
}

export function referrers(
  asked: Asked,
  store: Store,
  switches: ReferrerSwitches & PageSwitches,
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
  if (api === 'not-an-index')
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ repositories: [] })),
    }
  if (!/^sha(?:256:[a-f0-9]{64}|512:[a-f0-9]{128})$/.test(subject))
    return refusal(400, 'BAD_REQUEST', `unsupported digest ${subject}: invalid checksum digest format`)
  const all = api === 'empty' ? [] : listed(store.repositories.get(name), subject, switches)
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
    body: Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests })),
  }
}

function listed(repository: Repository | undefined, subject: string, { listing }: ReferrerSwitches) {
  return [...(repository?.manifests ?? [])].flatMap(([digest, { mediaType, bytes }]) => {
    const document = parse(bytes)
    if (document.subject?.digest !== subject) return []
    const written = listing === 'config-type' ? undefined : document.artifactType
    return [
      {
        mediaType,
        digest,
        size: bytes.length,
        artifactType: written ?? document.config?.mediaType,
        annotations: document.annotations,
      },
    ]
  })
}
