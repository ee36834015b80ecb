import { randomUUID } from 'node:crypto'

import type { Reply } from './faults.ts'
import type { Switches } from './registry.ts'
import { type Repository, type Store, sha256 } from './store.ts'

const INDEX = 'application/vnd.oci.image.index.v1+json'
const ROUTE = /^\/v2\/(.+?)\/(blobs|manifests|tags|referrers)\/(.*)$/

export interface Asked {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
  /** Of the registry and of the server that stands for its storage, without a slash. */
  readonly origin: string
  readonly storage: string
}

const refusal = (status: number, code: string, message: string, detail?: unknown): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify({ errors: [{ code, message, detail }] })),
})

/** Answers a request as a registry would that has read the distribution specification. */
export function answer(asked: Asked, store: Store, switches: Switches): Reply {
  if (asked.url.pathname === '/v2/') return { status: 200, headers: { 'content-type': 'application/json' } }
  const found = ROUTE.exec(asked.url.pathname)
  if (found === null) return { status: 404, headers: { 'content-type': 'text/plain' } }
  const [, name = '', kind, rest = ''] = found
  if (kind === 'blobs')
    return rest.startsWith('uploads/')
      ? upload(asked, store, switches, name, rest.slice('uploads/'.length))
      : blob(asked, store, switches, name, rest)
  if (kind === 'manifests') return manifest(asked, store, switches, name, rest)
  if (kind === 'tags') return tags(asked, store, switches, name)
  return referrers(asked, store, switches, name, rest)
}

function blob(asked: Asked, store: Store, switches: Switches, name: string, digest: string): Reply {
  const bytes = store.repositories.get(name)?.blobs.get(digest)
  if (bytes === undefined) return refusal(404, 'BLOB_UNKNOWN', 'blob unknown to registry')
  if (asked.method === 'GET' && switches.blobs === 'other-origin')
    return {
      status: 307,
      headers: { location: `${asked.storage}/${name}/${digest}?X-Amz-Signature=presigned-secret` },
    }
  return ranged(bytes, asked.headers['range'], switches)
}

/** A blob, or the rest of it when a range is asked for. */
export function ranged(bytes: Buffer, range: string | string[] | undefined, switches: Switches): Reply {
  const type = { 'content-type': 'application/octet-stream' }
  const start = typeof range === 'string' ? /^bytes=(\d+)-$/.exec(range)?.[1] : undefined
  if (start === undefined || switches.ranges === false)
    return { status: 200, headers: { ...type, 'docker-content-digest': sha256(bytes) }, body: bytes }
  const from = Number(start)
  if (from >= bytes.length) return refusal(416, 'RANGE_INVALID', 'range')
  return {
    status: 206,
    headers: { ...type, 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` },
    body: bytes.subarray(from),
  }
}

function upload(asked: Asked, store: Store, switches: Switches, name: string, session: string): Reply {
  if (asked.method === 'POST') {
    const id = randomUUID()
    store.uploads.set(id, Buffer.alloc(0))
    return { status: 202, headers: { location: locationOf(asked, switches, name, id) } }
  }
  const begun = store.uploads.get(session)
  if (begun === undefined) return refusal(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry')
  if (asked.method === 'DELETE') {
    store.uploads.delete(session)
    return { status: 204 }
  }
  const bytes = Buffer.concat([begun, asked.body])
  if (asked.method === 'PATCH') {
    store.uploads.set(session, bytes)
    return {
      status: 202,
      headers: { location: locationOf(asked, switches, name, session), range: `0-${bytes.length - 1}` },
    }
  }
  store.uploads.delete(session)
  return complete(asked, store, switches, name, bytes)
}

/** Ends an upload, here or on the storage server. */
export function complete(asked: Asked, store: Store, switches: Switches, name: string, bytes: Buffer): Reply {
  const digest = asked.url.searchParams.get('digest')
  if (digest !== sha256(bytes))
    return refusal(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content')
  if (switches.quota !== undefined && store.size + bytes.length > switches.quota)
    return refusal(
      403,
      'DENIED',
      `adding ${bytes.length} bytes of storage resource will exceed the configured upper limit`,
    )
  store.repository(name).blobs.set(digest, bytes)
  return {
    status: 201,
    headers: { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest },
  }
}

function locationOf(
  asked: Asked,
  { location = 'relative' }: Switches,
  name: string,
  id: string,
): string | undefined {
  const path = `/v2/${name}/blobs/uploads/${id}`
  // Escapes that a URL parser would leave, and some that it would change.
  const state = '?_state=secret-state%2Ba%3D%3D&x=|'
  switch (location) {
    case 'relative':
      return path
    case 'absolute':
      return asked.origin + path + state
    case 'plain-http':
      return asked.origin.replace('https:', 'http:') + path + state
    case 'other-origin':
      return `${asked.storage}${path}${state}`
    case 'none':
      return undefined
  }
}

interface Document {
  readonly mediaType?: string
  readonly artifactType?: string
  readonly config?: { readonly mediaType: string; readonly digest: string }
  readonly layers?: readonly { readonly digest: string }[]
  readonly subject?: { readonly digest: string }
  readonly annotations?: Readonly<Record<string, string>>
}

const parse = (bytes: Buffer): Document => JSON.parse(bytes.toString('utf8')) as Document

function manifest(asked: Asked, store: Store, switches: Switches, name: string, reference: string): Reply {
  const { method } = asked
  if (method === 'PUT') return putManifest(asked, store, switches, name, reference)
  const repository = store.repositories.get(name)
  if (repository === undefined) return refusal(404, 'NAME_UNKNOWN', 'repository name not known to registry')
  const digest = repository.tags.get(reference) ?? reference
  const stored = repository.manifests.get(digest)
  if (stored === undefined) return refusal(404, 'MANIFEST_UNKNOWN', `manifest unknown: ${reference}`)
  if (method === 'DELETE') {
    if (repository.tags.delete(reference)) return { status: 202 }
    repository.manifests.delete(digest)
    for (const [tag, named] of repository.tags) if (named === digest) repository.tags.delete(tag)
    return { status: 202 }
  }
  if (switches.contentTrust === true && !isTrusted(repository, digest, parse(stored.bytes)))
    return refusal(412, 'PROJECTPOLICYVIOLATION', 'The image is not signed by cosign.')
  const accept = String(asked.headers['accept'] ?? '')
  if (!accept.split(/,\s*/).includes(stored.mediaType))
    return refusal(404, 'MANIFEST_UNKNOWN', 'OCI manifest found, but accept header does not support it')
  return {
    status: 200,
    headers: {
      'content-type': stored.mediaType,
      'docker-content-digest': digest,
      ...(switches.conditions === true ? { etag: `"${digest}"` } : {}),
    },
    body: stored.bytes,
  }
}

const isTrusted = (repository: Repository, digest: string, document: Document): boolean =>
  document.subject !== undefined ||
  [...repository.manifests.values()].some(({ bytes }) => parse(bytes).subject?.digest === digest)

function putManifest(asked: Asked, store: Store, switches: Switches, name: string, reference: string): Reply {
  const digest = sha256(asked.body)
  const repository = store.repository(name)
  let document: Document
  try {
    document = parse(asked.body)
  } catch {
    return refusal(400, 'MANIFEST_INVALID', 'manifest invalid')
  }
  const missing = [document.config, ...(document.layers ?? [])].filter(
    (descriptor) => descriptor !== undefined && !repository.blobs.has(descriptor.digest),
  )
  if (missing.length > 0)
    return refusal(400, 'MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry', missing[0]!.digest)
  const isTag = !reference.startsWith('sha256:')
  const held = repository.tags.get(reference)
  if (isTag && switches.conditions === true && !conditionHolds(asked, held))
    return refusal(412, 'PRECONDITION_FAILED', 'the manifest has changed')
  if (isTag && switches.immutableTags === true && held !== undefined)
    return refusal(
      412,
      'PRECONDITION',
      // Harbor leaves its project out.
      `Failed to process request due to '${name.replace(/^[^/]+\//, '')}:${reference}' configured as immutable.`,
    )
  repository.manifests.set(digest, { mediaType: String(asked.headers['content-type']), bytes: asked.body })
  if (isTag) repository.tags.set(reference, digest)
  const echo = switches.subjectHeader ?? switches.referrersApi !== false
  return {
    status: 201,
    headers: {
      location: `/v2/${name}/manifests/${digest}`,
      'docker-content-digest': digest,
      ...(echo && document.subject !== undefined ? { 'oci-subject': document.subject.digest } : {}),
    },
  }
}

function conditionHolds({ headers }: Asked, held: string | undefined): boolean {
  const match = headers['if-match']
  if (match !== undefined) return match === `"${held}"`
  return headers['if-none-match'] !== '*' || held === undefined
}

/** One page of a list, and the Link to the next one. */
function page<T>(
  asked: Asked,
  items: readonly T[],
  size: number | undefined,
): readonly [readonly T[], string | undefined] {
  const from = Number(asked.url.searchParams.get('from') ?? '0')
  const end = from + (size ?? items.length)
  const next = end < items.length ? `<${asked.url.pathname}?from=${end}>; rel="next"` : undefined
  return [items.slice(from, end), next]
}

function tags(asked: Asked, store: Store, switches: Switches, name: string): Reply {
  const repository = store.repositories.get(name)
  if (repository === undefined) return refusal(404, 'NAME_UNKNOWN', 'repository name not known to registry')
  const [listed, link] = page(asked, [...repository.tags.keys()].sort(), switches.pageSize)
  return {
    status: 200,
    headers: { 'content-type': 'application/json', link },
    body: Buffer.from(JSON.stringify({ name, tags: listed.length === 0 ? null : listed })),
  }
}

function referrers(asked: Asked, store: Store, switches: Switches, name: string, subject: string): Reply {
  if (switches.referrersApi === false)
    return {
      status: 404,
      headers: { 'content-type': 'text/plain' },
      body: Buffer.from('404 page not found\n'),
    }
  const repository: Repository | undefined = store.repositories.get(name)
  const all = [...(repository?.manifests ?? [])].flatMap(([digest, { mediaType, bytes }]) => {
    const document = parse(bytes)
    if (document.subject?.digest !== subject) return []
    const written = switches.listing === 'config-type' ? undefined : document.artifactType
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
  const [manifests, link] = page(asked, all, switches.pageSize)
  return {
    status: 200,
    headers: { 'content-type': INDEX, link },
    body: Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests })),
  }
}
