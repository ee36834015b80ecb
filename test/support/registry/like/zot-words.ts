import { randomUUID } from 'node:crypto'

import { type Asked, type RegistryError, type Reply } from '../asked.ts'
import { routeOf } from '../routes.ts'
import { API_VERSION } from './distribution.ts'

export const MANIFEST_LIMIT = 4 * 1024 * 1024

/** What zot explains beside each code, of those that it uses. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  BLOB_UNKNOWN:
    'blob unknown to registry \tThis error MAY be returned when a blob is unknown  to the registry in a specified repository. This can be returned with a standard get or if a manifest references an unknown layer during upload.',
  BLOB_UPLOAD_INVALID: 'The blob upload encountered an error and can no longer proceed.',
  BLOB_UPLOAD_UNKNOWN:
    'If a blob upload has been cancelled or was never started, this error code MAY be returned.',
  DENIED: 'The access controller denied access for the operation on a resource.',
  DIGEST_INVALID:
    'When a blob is uploaded, the registry will check that the content matches the digest provided by the client. The error MAY include a detail structure with the key "digest", including the invalid digest string. This error MAY also be returned when a manifest includes an invalid layer digest.',
  MANIFEST_INVALID:
    'During upload, manifests undergo several checks ensuring validity. If those checks fail, this error MAY be returned, unless a more specific error is included. The detail will contain information the failed validation.',
  MANIFEST_UNKNOWN:
    'This error is returned when the manifest, identified by name and tag is unknown to the repository.',
  NAME_UNKNOWN: 'This is returned if the name used during an operation is unknown to the registry.',
  UNAUTHORIZED:
    'The access controller was unable to authenticate the client. Often this will be accompanied by a WWW-Authenticate HTTP response header indicating how to authenticate.',
  UNSUPPORTED: 'The operation was unsupported due to a missing implementation or invalid set of parameters.',
}

const MESSAGES: Readonly<Record<string, string>> = {
  BLOB_UPLOAD_INVALID: 'blob upload invalid',
  MANIFEST_INVALID: 'manifest invalid',
  UNAUTHORIZED: 'authentication required',
  UNSUPPORTED: 'the operation is unsupported',
}

/** zot's answers: a description of every code, and no word at all where its router refuses. */
export function speakAsZot(asked: Asked, reply: Reply): Reply {
  const error = reply.errors?.[0]
  if (error !== undefined) return speakError(asked, reply, error)
  const { method, url } = asked
  const kind = routeOf(url.pathname)?.kind
  if (reply.status === 405 || reply.status === 301) return { status: 405 }
  if (method === 'OPTIONS') return { status: 204 }
  if (kind === 'ping' && reply.status === 200)
    return { status: 200, headers: { ...API_VERSION, ...reply.headers } }
  if (kind === 'tags' || kind === 'catalog') return { ...reply, headers: { link: linkOf(reply) } }
  if (kind === 'blob') return speakBlob(asked, reply)
  return kind === 'uploads' || kind === 'session' ? speakUpload(asked, reply) : reply
}

function speakError(asked: Asked, { status, headers }: Reply, error: RegistryError): Reply {
  if (error.code === 'BAD_REQUEST' || error.code === 'PAGINATION_NUMBER_INVALID') return { status: 400 }
  const kind = routeOf(asked.url.pathname)?.kind
  const code = codeInPlaceOf(error.code, kind)
  const document = {
    code,
    message: MESSAGES[code] ?? error.message,
    detail: { description: DESCRIPTIONS[code], ...detailOf(asked, status, code, error.detail) },
  }
  // The part that authenticates puts no list around it.
  const isBare =
    status === 401 &&
    (kind === 'ping' ||
      asked.headers['authorization'] !== undefined ||
      String(headers?.['www-authenticate']).startsWith('Bearer '))
  return { status, headers: headers ?? {}, json: isBare ? document : { errors: [document] } }
}

function codeInPlaceOf(code: string, kind: string | undefined): string {
  if (code === 'RANGE_INVALID') return 'BLOB_UPLOAD_INVALID'
  const isOfManifest = code === 'MANIFEST_BLOB_UNKNOWN' || (code === 'DIGEST_INVALID' && kind === 'manifest')
  return isOfManifest ? 'MANIFEST_INVALID' : code
}

/** What is told beside the description, sorted as Go sorts it. */
function detailOf({ url, headers }: Asked, status: number, code: string, detail: unknown): object {
  const { kind, name, rest } = routeOf(url.pathname) ?? {}
  switch (code) {
    case 'NAME_UNKNOWN':
      return { name }
    case 'BLOB_UNKNOWN':
      return { digest: rest }
    case 'DIGEST_INVALID':
      return { digest: url.searchParams.get('digest') ?? rest }
    case 'BLOB_UPLOAD_INVALID':
    case 'BLOB_UPLOAD_UNKNOWN':
      return { session_id: rest }
    case 'MANIFEST_UNKNOWN':
      return { reference: rest }
    case 'DENIED':
      return kind === 'blob' && status === 405 ? { digest: rest } : {}
    case 'MANIFEST_INVALID': {
      if (status === 415) return { mediaType: headers['content-type'] ?? '' }
      if (status === 413)
        return { reason: `manifest body exceeds maximum allowed size of ${MANIFEST_LIMIT} bytes` }
      if (url.searchParams.has('tag')) return { reason: detail }
      if (String(detail).startsWith('invalid character'))
        return { jsonSchemaValidation: `manifest format mismatch: ${String(detail)}`, reference: rest }
      return { reference: rest }
    }
    default:
      return {}
  }
}

/** The Link to the next page, whose query zot writes in another order and does not escape. */
function linkOf({ headers }: Reply): string | undefined {
  const link = headers?.['link']?.toString()
  return link?.replace(/\?last=([^&>]*)&n=(\d+)/, (_, last: string, n: string) => {
    return `?n=${n}&last=${decodeURIComponent(last)}`
  })
}

function speakBlob({ method }: Asked, reply: Reply): Reply {
  const headers = reply.headers ?? {}
  if (reply.status === 416) return { status: 416, headers: { 'content-range': headers['content-range'] } }
  return method === 'GET' ? { ...reply, headers: { ...headers, 'accept-ranges': undefined } } : reply
}

/** zot names a session only where bytes came, in a header of its own, and tells no digest in the answer to a POST. */
function speakUpload({ method, url }: Asked, reply: Reply): Reply {
  const { 'docker-upload-uuid': id, 'docker-content-digest': digest, ...headers } = reply.headers ?? {}
  const single = method === 'POST' && reply.status === 201 && !url.searchParams.has('mount')
  const named = single ? randomUUID() : method === 'PATCH' ? id : undefined
  return {
    ...reply,
    headers: {
      ...headers,
      ...(named === undefined ? {} : { 'blob-upload-uuid': named }),
      ...(method === 'PUT' && digest !== undefined ? { 'docker-content-digest': digest } : {}),
    },
  }
}
