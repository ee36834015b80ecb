import { randomUUID } from 'node:crypto'

import { type Asked, type Reply, refusal } from './asked.ts'
import { type BlobSwitches, findAnywhere, findBlob } from './blobs.ts'
import { type LocationSwitches, contentLocation, locationOf, stateOf } from './upload-location.ts'
import { type Session, type Store, sha256 } from './store.ts'

/** How a blob gets in. */
export interface UploadSwitches extends LocationSwitches {
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
  /** What is left of a session whose body broke off: what had come (distribution 3), or nothing (docker-registry 2.8, zot). */
  readonly brokenUpload?: 'kept' | 'lost'
  /** False: a PUT without Content-Length loses its body (zot). */
  readonly chunkedPut?: boolean
  /** Bytes of blobs that fit in; 403 DENIED above. */
  readonly quota?: number
}

type Switches = UploadSwitches & BlobSwitches

export function upload(asked: Asked, store: Store, switches: Switches, name: string, id: string): Reply {
  if (asked.method === 'POST') return begin(asked, store, switches, name)
  const session = store.uploads.get(id)
  if (session === undefined) return unknown()
  if (session.lost) return lost()
  const state = stateOf(asked, switches)
  if (asked.method === 'DELETE') {
    if (state !== undefined && state !== session.bytes.length) return outOfOrder()
    if ((switches.uploadCancel ?? 204) !== 204) return unsupported(switches.uploadCancel!)
    store.uploads.delete(id)
    return { status: 204 }
  }
  if (asked.method === 'GET') return progressOf(asked, switches, name, id, session)
  const { headers } = asked
  const ranged = headers['content-range'] !== undefined
  // Who does not know what has come goes wrong; without a state in the Location only a break tells.
  const unaware =
    state === undefined ? session.broken && !ranged && asked.body.length > 0 : state !== session.bytes.length
  if (unaware) return switches.brokenUpload === 'lost' ? lost() : outOfOrder()
  if (!follows(asked, switches, session)) return outOfOrder()
  if (asked.method === 'PATCH') return append(asked, switches, name, id, session)
  if (asked.method !== 'PUT') return unsupported(405)
  if (switches.chunkedPut === false && headers['content-length'] === undefined)
    return refusal(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content')
  store.uploads.delete(id)
  return complete(asked, store, switches, name, Buffer.concat([session.bytes, asked.body]))
}

const unknown = (): Reply => refusal(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry')
const lost = (): Reply => refusal(404, 'BLOB_UPLOAD_INVALID', 'blob upload invalid')
const outOfOrder = (): Reply => refusal(416, 'RANGE_INVALID', 'invalid content range')
const unsupported = (status: number): Reply => refusal(status, 'UNSUPPORTED', 'The operation is unsupported.')

function begin(asked: Asked, store: Store, switches: Switches, name: string): Reply {
  const { searchParams } = asked.url
  const mount = searchParams.get('mount')
  if (mount !== null) {
    const mounted = mountOf(asked, store, switches, name, mount)
    if (mounted !== undefined) return mounted
  }
  const digest = searchParams.get('digest')
  if (digest !== null && switches.singlePost === 201)
    return complete(asked, store, switches, name, asked.body)
  const id = randomUUID()
  const session: Session = { bytes: Buffer.alloc(0), range: undefined, broken: false, lost: false }
  store.uploads.set(id, session)
  return {
    status: 202,
    headers: {
      location: locationOf(asked, switches, name, id, session),
      'docker-upload-uuid': id,
      range: '0-0',
      ...(switches.chunkMinLength === undefined
        ? {}
        : { 'oci-chunk-min-length': String(switches.chunkMinLength) }),
    },
  }
}

/** The answer to a mount, or undefined for an ordinary upload session. */
function mountOf(
  asked: Asked,
  store: Store,
  switches: Switches,
  name: string,
  digest: string,
): Reply | undefined {
  const { mount } = switches
  if (mount === 401)
    return refusal(401, 'UNAUTHORIZED', 'unauthorized to access the source of the mount', undefined, {
      'www-authenticate': 'Basic realm="harbor"',
    })
  if (mount === 400 || mount === 404 || mount === 405) return unsupported(mount)
  const from = asked.url.searchParams.get('from')
  const bytes =
    from === null || switches.dedupe === true
      ? switches.dedupe === true
        ? findAnywhere(store, digest)
        : undefined
      : findBlob(store, from, digest)
  if (bytes === undefined || mount === 202) return undefined
  return keep(asked, store, switches, name, digest, bytes)
}

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

/** Whether a Content-Range goes on where the session ends; one that is not there does. */
function follows({ headers }: Asked, switches: Switches, session: Session): boolean {
  const range = headers['content-range']
  if (typeof range !== 'string' || switches.contentRange === false) return true
  return /^(?:bytes )?(\d+)-\d+/.exec(range)?.[1] === String(session.bytes.length)
}

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
  session.bytes = Buffer.concat([session.bytes, received])
  session.range = rangeOf(session.bytes.length)
  session.broken = session.bytes.length > 0
}

/** Ends an upload, here or on the storage server. */
export function complete(
  asked: Asked,
  store: Store,
  switches: UploadSwitches,
  name: string,
  bytes: Buffer,
): Reply {
  const digest = asked.url.searchParams.get('digest')
  if (digest !== sha256(bytes))
    return refusal(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content')
  return keep(asked, store, switches, name, digest, bytes)
}

function keep(
  asked: Asked,
  store: Store,
  switches: UploadSwitches,
  name: string,
  digest: string,
  bytes: Buffer,
): Reply {
  const { quota } = switches
  if (quota !== undefined && store.size + bytes.length > quota)
    return refusal(
      403,
      'DENIED',
      `adding ${kibibytes(bytes.length)} of storage resource, which when updated to current usage of ${kibibytes(store.size)} will exceed the configured upper limit of ${kibibytes(quota)}.`,
    )
  store.repository(name).blobs.set(digest, bytes)
  return {
    status: 201,
    headers: {
      location: contentLocation(asked, switches, `/v2/${name}/blobs/${digest}`),
      'docker-content-digest': digest,
    },
  }
}

const kibibytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`
