import { type Asked, type Reply, codeOf, refusal } from '../asked.ts'
import { findAnywhere } from '../blobs.ts'
import { routeOf } from '../routes.ts'
import { type Store, isDigest } from '../store.ts'
import { speakAsDockerRegistry } from './distribution.ts'

/** The codes of refusals that are Harbor's alone. */
const OWN: ReadonlySet<string | undefined> = new Set([
  'NOT_FOUND',
  'BAD_REQUEST',
  'DENIED',
  'PRECONDITION',
  'PROJECTPOLICYVIOLATION',
  'UNSUPPORTED',
])

/** Harbor answers from its database what is known there, and passes on what the registry behind it says. */
export function speakAsHarbor(asked: Asked, reply: Reply, store: Store): Reply {
  const { method, url } = asked
  const route = routeOf(url.pathname)
  const code = codeOf(reply)
  const words = ownWords(asked, reply, store)
  if (words !== undefined) return withoutVersion(words)
  const isOwn =
    OWN.has(code) ||
    reply.status === 401 ||
    reply.status === 502 ||
    (route?.kind === 'manifest' && (reply.status === 304 || (method === 'DELETE' && reply.status === 202)))
  const isLocal = route === undefined ? reply.status !== 301 : LOCAL.has(route.kind)
  return isOwn || isLocal ? withoutVersion(reply) : speakAsDockerRegistry(asked, reply)
}

/** What Harbor never asks the registry behind it for. */
const LOCAL: ReadonlySet<string> = new Set(['catalog', 'tags', 'referrers'])

/** The header is in answers of the registry behind Harbor, and in challenges, which bring it along. */
const withoutVersion = (reply: Reply): Reply => ({
  ...reply,
  headers: { 'docker-distribution-api-version': undefined, ...reply.headers },
})

/** What Harbor says in place of the registry behind it; undefined where it says nothing. */
function ownWords({ method, url }: Asked, reply: Reply, store: Store): Reply | undefined {
  const { kind, name = '', rest = '' } = routeOf(url.pathname) ?? {}
  const artifact = `artifact ${name}${isDigest(rest) ? '@' : ':'}${rest} not found`
  const [error] = reply.errors ?? []
  switch (error?.code) {
    case 'NAME_UNKNOWN':
      return refusal(
        404,
        'NOT_FOUND',
        kind === 'manifest' && isDigest(rest) ? artifact : `repository ${name} not found`,
      )
    case 'MANIFEST_UNKNOWN':
      return error.message.includes('accept header') ? undefined : refusal(404, 'NOT_FOUND', artifact)
    case 'BLOB_UNKNOWN':
      return method === 'HEAD' && findAnywhere(store, rest) === undefined
        ? refusal(404, 'NOT_FOUND', `blob ${rest} not found`)
        : undefined
    case 'PAGINATION_NUMBER_INVALID':
      return refusal(400, 'BAD_REQUEST', 'the N must be a positive int type')
    case 'MANIFEST_INVALID': {
      const unread = String(error.detail)
      if (reply.status !== 415 && !unread.startsWith('invalid character')) return undefined
      // What is no type that it knows is read as the oldest of all.
      const why = reply.status === 415 ? 'missing signature key' : unread
      return refusal(400, 'MANIFEST_INVALID', `unmarshal manifest failed: ${why}`)
    }
    default:
      return undefined
  }
}
