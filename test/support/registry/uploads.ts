import { type Asked, type Reply, refusal } from './asked.ts'
import type { BlobSwitches } from './blobs.ts'
import { type QuotaSwitches, refuseAboveQuota } from './quota.ts'
import { type Session, type Store, isDigestOf, sha256 } from './store.ts'
import { type LocationSwitches, contentLocation, hasState, locationOf, stateOf } from './upload-location.ts'

/** How a blob gets in. */
export interface UploadSwitches extends LocationSwitches, QuotaSwitches {
  /** What a mount gets; by default 201 where the source has the blob, else the 202 of an upload session. */
  readonly mount?: 201 | 202 | 400 | 401 | 404 | 405
  /** What POST with a digest and the whole blob gets: 201, or 202 and the body is dropped (distribution, Harbor). */
  readonly singlePost?: 201 | 202
  /** What PATCH gets: 202 by the specification, 201 from ECR, 204 from pulp. */
  readonly patchStatus?: 201 | 202 | 204
  /** The Range in the answer to a PATCH: as it must be, absent, `0-0`, that of the PATCH before (ECR), or one too many. */
  readonly patchRange?: 'right' | 'none' | 'zero' | 'stale' | 'one-too-many'
  /** What GET of a session gets. */
  readonly uploadStatus?: 204 | 400 | 404 | 405
  /** What DELETE of a session gets. */
  readonly uploadCancel?: 204 | 400 | 405
  /** OCI-Chunk-Min-Length in the answer to POST. */
  readonly chunkMinLength?: number
  /** False: the Content-Range of a PATCH is not looked at (docker-registry 2.8); else 416 when it does not follow. */
  readonly contentRange?: boolean
  /** True: a PUT with a body and without a Content-Range begins at the start, 416 when something is there (zot). */
  readonly putFromStart?: boolean
  /**
   * What is left of a session whose body broke off: what had come (distribution 3), a session that is of no use
   * (docker-registry 2.8), or none (zot).
   */
  readonly brokenUpload?: 'kept' | 'lost' | 'forgotten'
  /** False: a PUT without Content-Length loses its body (zot). */
  readonly chunkedPut?: boolean
  /** What a blob is kept as that was sent with a digest of SHA-512; distribution and Harbor make it one of SHA-256. */
  readonly sha512?: 'kept' | 'as-sha256'
}

type Switches = UploadSwitches & Pick<BlobSwitches, 'dedupe'>

/** A request to a session; `upload-begin.ts` opens them. */
export function upload(asked: Asked, store: Store, switches: Switches, name: string, id: string): Reply {
  const session = store.uploads.get(id)
  if (!hasState(asked, switches)) return invalid('invalid secret')
  if (session === undefined) return unknown()
  if (session.lost) return invalid()
  const { method, body } = asked
  const state = stateOf(asked, switches)
  const stale = state !== undefined && state !== session.bytes.length
  if (stale && switches.brokenUpload === 'lost') return invalid()
  if (method === 'DELETE') {
    if (stale) return outOfOrder()
    if ((switches.uploadCancel ?? 204) !== 204) return unsupported(switches.uploadCancel!)
    store.uploads.delete(id)
    return { status: 204, headers: { 'docker-upload-uuid': id } }
  }
  if (method === 'GET' || method === 'HEAD') return progressOf(asked, switches, name, id, session)
  if (stale || isUnaware(asked, switches, session)) return outOfOrder()
  if (method === 'PATCH') return append(asked, switches, name, id, session)
  if (switches.chunkedPut === false && asked.headers['content-length'] === undefined)
    return wrongDigest(asked.url.searchParams.get('digest'))
  const reply = complete(asked, store, switches, name, Buffer.concat([session.bytes, body]))
  if (reply.status === 201) store.uploads.delete(id)
  else if (reply.status === 400) {
    // What was sent stays, and the session is where nobody expects it.
    session.bytes = Buffer.concat([session.bytes, body])
    session.broken = true
  }
  return reply
}

/** Whether a body is not what follows; where a Location tells no state, only a range or a break shows it. */
function isUnaware({ method, headers, body }: Asked, switches: Switches, session: Session): boolean {
  const range = headers['content-range']
  if (typeof range === 'string' && switches.contentRange !== false)
    return /^(?:bytes )?(\d+)-\d+/.exec(range)?.[1] !== String(session.bytes.length)
  if (range !== undefined || body.length === 0 || session.bytes.length === 0) return false
  return session.broken || (switches.putFromStart === true && method === 'PUT')
}

const unknown = (): Reply =>
  refusal(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry', 'blob upload unknown')
const invalid = (detail?: string): Reply => refusal(404, 'BLOB_UPLOAD_INVALID', 'blob upload invalid', detail)
const outOfOrder = (): Reply => refusal(416, 'RANGE_INVALID', 'invalid content range')
const unsupported = (status: number): Reply => refusal(status, 'UNSUPPORTED', 'The operation is unsupported.')
const wrongDigest = (digest: string | null): Reply =>
  refusal(
    400,
    'DIGEST_INVALID',
    'provided digest did not match uploaded content',
    `invalid digest for referenced layer: ${digest}, content does not match digest`,
  )

function append(asked: Asked, switches: Switches, name: string, id: string, session: Session): Reply {
  const before = session.range
  session.bytes = Buffer.concat([session.bytes, asked.body])
  session.range = rangeOf(session.bytes.length)
  session.broken = false
  const range = {
    right: session.range,
    none: undefined,
    zero: '0-0',
    stale: before ?? '0-0',
    'one-too-many': `0-${session.bytes.length}`,
  }[switches.patchRange ?? 'right']
  return {
    status: switches.patchStatus ?? 202,
    headers: {
      location: locationOf(asked, switches, name, id, session),
      'docker-upload-uuid': id,
      range,
    },
  }
}

const rangeOf = (length: number): string => `0-${Math.max(0, length - 1)}`

function progressOf(asked: Asked, switches: Switches, name: string, id: string, session: Session): Reply {
  const { uploadStatus = 204 } = switches
  if (uploadStatus === 404) return unknown()
  if (uploadStatus !== 204) return unsupported(uploadStatus)
  return {
    status: 204,
    headers: {
      location: locationOf(asked, switches, name, id, session),
      'docker-upload-uuid': id,
      range: rangeOf(session.bytes.length),
    },
  }
}

/** A body that broke off: what is left of its session. */
export function interrupted(
  store: Store,
  switches: UploadSwitches,
  path: string,
  method: string,
  received: Buffer,
): void {
  const id = /\/blobs\/uploads\/([^/?]+)$/.exec(path)?.[1] ?? ''
  const session = store.uploads.get(id)
  if (session === undefined || (method !== 'PATCH' && method !== 'PUT')) return
  if (switches.brokenUpload === 'lost') return void (session.lost = true)
  if (switches.brokenUpload === 'forgotten') return void store.uploads.delete(id)
  session.bytes = Buffer.concat([session.bytes, received])
  session.range = rangeOf(session.bytes.length)
  session.broken = session.bytes.length > 0
}

/** Ends an upload, here or on the storage server: 201, 403 above the quota, 400 where the bytes are not the digest's. */
export function complete(
  asked: Asked,
  store: Store,
  switches: UploadSwitches,
  name: string,
  bytes: Buffer,
): Reply {
  const digest = asked.url.searchParams.get('digest') ?? ''
  const refused = refuseAboveQuota(store, switches, name, new Map([[digest, bytes.length]]))
  if (refused !== undefined) return refused
  if (!isDigestOf(digest, bytes)) return wrongDigest(digest)
  const kept = switches.sha512 === 'as-sha256' ? sha256(bytes) : digest
  store.repository(name).blobs.set(kept, bytes)
  return answerCreated(asked, switches, name, kept)
}

/** The answer to a blob that is there in the end. */
export const answerCreated = (
  asked: Asked,
  switches: LocationSwitches,
  name: string,
  digest: string,
): Reply => ({
  status: 201,
  headers: {
    location: contentLocation(asked, switches, `/v2/${name}/blobs/${digest}`),
    'docker-content-digest': digest,
  },
})
