import { type Asked, JSON_TYPE, type Reply, plainText, refusal } from './asked.ts'
import { blob, storedBlob } from './blobs.ts'
import { catalog } from './catalog.ts'
import { manifest, nameUnknown } from './manifests.ts'
import { putManifest } from './put-manifest.ts'
import { referrers } from './referrers.ts'
import type { Store } from './store.ts'
import type { Switches } from './switches.ts'
import { tags } from './tags.ts'
import { beginUpload } from './upload-begin.ts'
import { upload } from './uploads.ts'

type Kind = 'ping' | 'catalog' | 'blob' | 'uploads' | 'session' | 'manifest' | 'tags' | 'referrers'

interface Route {
  readonly kind: Kind
  readonly name: string
  /** What the last part of the path names. */
  readonly rest: string
}

const METHODS: Readonly<Record<Kind, readonly string[]>> = {
  ping: ['GET', 'HEAD'],
  catalog: ['GET'],
  blob: ['DELETE', 'GET', 'HEAD'],
  uploads: ['POST'],
  session: ['DELETE', 'GET', 'HEAD', 'PATCH', 'PUT'],
  manifest: ['DELETE', 'GET', 'HEAD', 'PUT'],
  tags: ['GET'],
  referrers: ['GET'],
}

const WRITES: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])
const PART = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const ROUTE = new RegExp(
  `^/v2/(${PART}(?:/${PART})*?)/(blobs/uploads|blobs|manifests|tags|referrers)(?:/(.*))?$`,
)

/** What a path of the specification names; undefined for any other path. */
export function routeOf(path: string): Route | undefined {
  if (path === '/v2/') return { kind: 'ping', name: '', rest: '' }
  if (path === '/v2/_catalog') return { kind: 'catalog', name: '', rest: '' }
  const [, name = '', kind, rest] = ROUTE.exec(path) ?? []
  if (kind === undefined || rest === undefined) return undefined
  if (kind === 'blobs/uploads') return { kind: rest === '' ? 'uploads' : 'session', name, rest }
  if (kind === 'tags') return rest === 'list' ? { kind, name, rest } : undefined
  return { kind: kind === 'blobs' ? 'blob' : kind === 'manifests' ? 'manifest' : 'referrers', name, rest }
}

/** Answers a request as a registry would that has read the distribution specification. */
export function answer(asked: Asked, store: Store, switches: Switches): Reply {
  const { method, url } = asked
  if (url.pathname.endsWith('/blobs/uploads'))
    return { status: 301, headers: { location: `${url.pathname}/${url.search}` } }
  const route = routeOf(url.pathname)
  if (route === undefined) return plainText(404, '404 page not found\n')
  const { kind, name, rest } = route
  const allow = METHODS[kind].join(', ')
  if (method === 'OPTIONS') return { status: 200, headers: { allow } }
  if (!METHODS[kind].includes(method)) {
    const refused = plainText(405, 'Method not allowed\n')
    return { ...refused, headers: { ...refused.headers, allow } }
  }
  if (switches.repositories?.includes(name) === false && WRITES.has(method)) return nameUnknown(name)
  if (switches.proxyCache === true) reachUpstream(store, name)
  switch (kind) {
    case 'ping':
      return { status: 200, headers: JSON_TYPE, body: Buffer.from('{}') }
    case 'catalog':
      return catalog(asked, store, switches)
    case 'uploads':
      return beginUpload(asked, store, switches, name)
    case 'session':
      return upload(asked, store, switches, name, rest)
    case 'blob':
      return blob(asked, store, switches, name, rest)
    case 'manifest':
      return method === 'PUT'
        ? putManifest(asked, store, switches, name, rest)
        : manifest(asked, store, switches, name, rest)
    case 'tags':
      return tags(asked, store, switches, name)
    case 'referrers':
      return referrers(asked, store, switches, name, rest)
  }
}

/** The registry that a proxy cache is one of is this very one: `px/team/app` serves what `team/app` holds. */
function reachUpstream(store: Store, name: string): void {
  const upstream = store.repositories.get(name.replace(/^[^/]+\//, ''))
  if (upstream !== undefined && !store.repositories.has(name)) store.repositories.set(name, upstream)
}

/** What the storage server does: it knows no accounts, and refuses a request that brings credentials along, as S3 does. */
export function stored(asked: Asked, store: Store, switches: Switches): Reply {
  if (asked.headers['authorization'] !== undefined)
    return { status: 400, body: Buffer.from('Only one auth mechanism allowed') }
  const route = routeOf(asked.url.pathname)
  return route?.kind === 'session'
    ? upload(asked, store, switches, route.name, route.rest)
    : storedBlob(asked, store, switches)
}

/** A registry in read-only mode says so before it asks who comes. */
export const refuseWrites = ({ method }: Asked, { readOnly }: Switches): Reply | undefined =>
  readOnly === true && WRITES.has(method)
    ? refusal(403, 'DENIED', 'The system is in read only mode. Any modification is prohibited.')
    : undefined
