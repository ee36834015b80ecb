import { WasmpackError } from '../../../errors.ts'
import type { HttpResponse } from '../../../http/response.ts'
import { type Descriptor, collect } from '../../descriptor.ts'
import type { Digest } from '../../digest.ts'
import { isManifestType, parseManifest } from '../../manifest.ts'
import { MANIFEST_SIZE_LIMIT, OCI_INDEX } from '../../media-types.ts'
import type { ReferrersOperation } from '../../target.ts'
import type { RegistryConnection } from '../connection.ts'
import { readFallback } from './fallback-tag.ts'
import { Pages, findNextPage } from './paging.ts'

const REFERRERS_LIMIT = 10_000

/**
 * The referrers from the referrers API; undefined if the registry lacks it. Failures throw. An empty filtered list is not trusted:
 * Harbor and zot misread a "+" in the type, and others list another type than the manifest's.
 */
export async function askReferrersApi(
  connection: RegistryConnection,
  subject: Digest,
  { artifactType, signal }: ReferrersOperation = {},
): Promise<readonly Descriptor[] | undefined> {
  if (artifactType !== undefined) {
    const filter = `?artifactType=${encodeURIComponent(artifactType)}`
    const filtered = await requestReferrers(connection, subject, filter, signal)
    if (filtered !== undefined && filtered.length > 0) return filtered
  }
  return await requestReferrers(connection, subject, '', signal)
}

interface ReferrersPage {
  readonly entries: readonly Descriptor[] | undefined
  readonly next: string | undefined
}

async function requestReferrers(
  connection: RegistryConnection,
  subject: Digest,
  filter: string,
  signal: AbortSignal | undefined,
): Promise<readonly Descriptor[] | undefined> {
  const found: Descriptor[] = []
  const pages = new Pages(connection.registry)
  let at: string | { readonly url: string } = `referrers/${subject}${filter}`
  for (;;) {
    pages.enter(typeof at === 'string' ? at : at.url)
    const asked = { method: 'GET', at, action: 'pull', headers: { accept: OCI_INDEX }, signal } as const
    const page: ReferrersPage = await connection.startAttempts(signal).readWhole(
      (retry) => connection.request({ ...asked, retry }),
      async (response) => ({
        entries: await readEntries(response, connection, subject),
        next: findNextPage(response, connection.origin, connection.registry),
      }),
    )
    if (page.entries === undefined) return undefined
    found.push(...page.entries)
    if (found.length > REFERRERS_LIMIT)
      throw new WasmpackError(
        'ARTIFACT_MALFORMED',
        `${connection.name} lists more than ${REFERRERS_LIMIT} referrers of ${subject}`,
      )
    if (page.next === undefined) return found
    at = { url: page.next }
  }
}

const WITHOUT_API: ReadonlySet<number> = new Set([400, 404, 405, 501])

async function readEntries(
  response: HttpResponse,
  connection: RegistryConnection,
  subject: Digest,
): Promise<readonly Descriptor[] | undefined> {
  const where = `the list of referrers of ${connection.name}@${subject}`
  const type = (response.header('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase()
  if (WITHOUT_API.has(response.status) || (response.status === 200 && !/\bjson$/.test(type))) {
    await response.discard()
    return undefined
  }
  if (response.status !== 200)
    throw await connection.toError(response, { what: `request for the referrers of ${subject}` })
  const bytes = await collect(response.body, MANIFEST_SIZE_LIMIT, where)
  let index
  try {
    index = parseManifest(bytes, undefined, where)
  } catch (error) {
    // Only a declared index must be well-formed; other JSON comes from servers that answer everything with 200.
    if (type === OCI_INDEX) throw error
    return undefined
  }
  return index.kind === 'index' ? index.manifests : undefined
}

/**
 * The referrers of a subject, from the API and the fallback tag together, since a registry that got the API later has older entries
 * under the tag only. Entries are as listed; the manifests themselves decide. Anyone who may push can make the tag unreadable, so one
 * place that fails does not hide what the other lists, if the caller takes the error by `onUnreadable`. `api` is undefined then if it
 * was the API that failed.
 */
export async function listReferrers(
  connection: RegistryConnection,
  subject: Digest,
  operation: ReferrersOperation = {},
): Promise<{ readonly api: boolean | undefined; readonly referrers: readonly Descriptor[] }> {
  const { onUnreadable } = operation
  const [asked, read] = await Promise.allSettled([
    askReferrersApi(connection, subject, operation),
    readFallback(connection, subject, operation),
  ])
  const report = (problem: unknown, isOtherReadable: boolean): void => {
    operation.signal?.throwIfAborted()
    if (onUnreadable === undefined || !isOtherReadable || !(problem instanceof WasmpackError)) throw problem
    onUnreadable(problem)
  }
  const listed = asked.status === 'fulfilled' ? asked.value : undefined
  const fallback = read.status === 'fulfilled' ? read.value : []
  if (asked.status === 'rejected') report(asked.reason, fallback.length > 0)
  if (read.status === 'rejected') report(read.reason, listed !== undefined)
  const joined = new Map<Digest, Descriptor>()
  for (const descriptor of [...(listed ?? []), ...fallback])
    if (isManifestType(descriptor.mediaType) && !joined.has(descriptor.digest))
      joined.set(descriptor.digest, descriptor)
  return {
    api: asked.status === 'fulfilled' ? listed !== undefined : undefined,
    referrers: [...joined.values()],
  }
}
