import { type Asked, JSON_TYPE, type Reply, plainText, refusal } from './asked.ts'
import { blob, storedBlob } from './blobs.ts'
import { manifest, nameUnknown } from './manifests.ts'
import { putManifest } from './put-manifest.ts'
import { referrers } from './referrers.ts'
import type { Store } from './store.ts'
import type { Switches } from './switches.ts'
import { tags } from './tags.ts'
import { upload } from './uploads.ts'

const ROUTE = /^\/v2\/(.+?)\/(blobs|manifests|tags|referrers)\/(.*)$/
const WRITES: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/** Answers a request as a registry would that has read the distribution specification. */
export function answer(asked: Asked, store: Store, switches: Switches): Reply {
  const { method, url } = asked
  if (url.pathname === '/v2/') return { status: 200, headers: JSON_TYPE }
  const found = ROUTE.exec(url.pathname)
  if (found === null) return plainText(404, '404 page not found\n')
  const [, name = '', kind, rest = ''] = found
  if (switches.repositories?.includes(name) === false && WRITES.has(method)) return nameUnknown()
  switch (kind) {
    case 'blobs':
      return rest.startsWith('uploads/')
        ? upload(asked, store, switches, name, rest.slice('uploads/'.length))
        : blob(asked, store, switches, name, rest)
    case 'manifests':
      return method === 'PUT'
        ? putManifest(asked, store, switches, name, rest)
        : manifest(asked, store, switches, name, rest)
    case 'tags':
      return tags(asked, store, switches, name)
    default:
      return referrers(asked, store, switches, name, rest)
  }
}

/** What the storage server does: it knows no accounts, and refuses a request that brings credentials along, as S3 does. */
export function stored(asked: Asked, store: Store, switches: Switches): Reply {
  if (asked.headers['authorization'] !== undefined)
    return { status: 400, body: Buffer.from('Only one auth mechanism allowed') }
  const session = /^\/v2\/(.+)\/blobs\/uploads\/(.+)$/.exec(asked.url.pathname)
  return session === null
    ? storedBlob(asked, store, switches)
    : upload(asked, store, switches, session[1]!, session[2]!)
}

/** A registry in read-only mode says so before it asks who comes. */
export const refuseWrites = ({ method }: Asked, { readOnly }: Switches): Reply | undefined =>
  readOnly === true && WRITES.has(method)
    ? refusal(403, 'DENIED', 'The system is in read only mode. Any modification is prohibited.')
    : undefined
