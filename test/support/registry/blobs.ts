import { type Asked, type Reply, plainText, refusal } from './asked.ts'
import { type Store, sha256 } from './store.ts'

/** How blobs are found and handed out. */
export interface BlobSwitches {
  /** Where GET of a blob ends: here, or by redirect at another origin. */
  readonly blobs?: 'here' | 'other-origin'
  /** How often a redirect's URL works; then the storage says that it has expired (403). Without end by default. */
  readonly presignedUses?: number
  /** False: a Range is ignored, and the answer is 200 with all of the blob. */
  readonly ranges?: boolean
  /** What a Range that begins at the end gets; `hangs` is a 416 that announces more bytes than it sends (docker-registry 2.8). */
  readonly rangeBeyond?: 'refused' | 'hangs'
  /** True: HEAD and mount know blobs of every repository (zot). */
  readonly dedupe?: boolean
  /** `none`: blobs have no ETag, and If-None-Match is not looked at (zot). */
  readonly etag?: 'quoted' | 'unquoted' | 'none'
  /** What DELETE of a blob gets. */
  readonly blobDelete?: 202 | 405
}

export function findBlob(store: Store, name: string, digest: string): Buffer | undefined {
  return store.repositories.get(name)?.blobs.get(digest)
}

/** A blob that any repository holds. */
export function findAnywhere(store: Store, digest: string): Buffer | undefined {
  for (const { blobs } of store.repositories.values()) {
    const bytes = blobs.get(digest)
    if (bytes !== undefined) return bytes
  }
  return undefined
}

export function blob(
  asked: Asked,
  store: Store,
  switches: BlobSwitches,
  name: string,
  digest: string,
): Reply {
  const { method } = asked
  if (method === 'DELETE' && switches.blobDelete === 405)
    return refusal(405, 'UNSUPPORTED', 'The operation is unsupported.')
  if (method === 'HEAD' && switches.dedupe === true) {
    // Asking is as good as mounting.
    const elsewhere = findAnywhere(store, digest)
    if (elsewhere !== undefined) store.repository(name).blobs.set(digest, elsewhere)
  }
  const bytes = findBlob(store, name, digest)
  if (bytes === undefined) return refusal(404, 'BLOB_UNKNOWN', 'blob unknown to registry', digest)
  if (method === 'DELETE') {
    store.repositories.get(name)?.blobs.delete(digest)
    return { status: 202 }
  }
  if (method === 'GET' && switches.blobs === 'other-origin')
    return { status: 307, headers: { location: `${asked.storage}/${name}/${digest}${presigned(store)}` } }
  return ranged(bytes, asked.headers, switches)
}

const presigned = (store: Store): string => `?X-Amz-Signature=presigned-secret&n=${++store.presigned}`

/** A blob as the storage server hands it out, which knows no accounts. */
export function storedBlob(asked: Asked, store: Store, switches: BlobSwitches): Reply {
  const found = /^\/(.+)\/(sha256:[a-f0-9]{64})$/.exec(asked.url.pathname)
  const bytes = found === null ? undefined : findBlob(store, found[1]!, found[2]!)
  if (bytes === undefined) return { status: 404 }
  const signature = asked.url.search
  const uses = (store.presignedUses.get(signature) ?? 0) + 1
  store.presignedUses.set(signature, uses)
  if (uses > (switches.presignedUses ?? Number.POSITIVE_INFINITY))
    return {
      status: 403,
      headers: { 'content-type': 'application/xml' },
      body: Buffer.from('<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'),
    }
  return ranged(bytes, asked.headers, switches)
}

/** A blob, or the part of it that is asked for. */
function ranged(bytes: Buffer, headers: Asked['headers'], switches: BlobSwitches): Reply {
  const digest = sha256(bytes)
  const known = {
    'docker-content-digest': digest,
    etag: switches.etag === 'none' ? undefined : `"${digest}"`,
  }
  const common = {
    ...known,
    'content-type': 'application/octet-stream',
    'accept-ranges': switches.ranges === false ? undefined : 'bytes',
  }
  if (known.etag !== undefined && headers['if-none-match'] === known.etag)
    return { status: 304, headers: known }
  const range = headers['range']
  const asked = typeof range === 'string' ? /^bytes=(\d+)-(\d*)$/.exec(range) : null
  if (asked === null || switches.ranges === false) return { status: 200, headers: common, body: bytes }
  const from = Number(asked[1])
  const to = asked[2] === '' ? bytes.length - 1 : Math.min(Number(asked[2]), bytes.length - 1)
  if (from >= bytes.length || to < from) {
    const refused = plainText(416, 'invalid range: failed to overlap\n')
    const length = switches.rangeBeyond === 'hangs' ? { 'content-length': String(bytes.length) } : {}
    return {
      ...refused,
      headers: { ...refused.headers, 'content-range': `bytes */${bytes.length}`, ...length },
    }
  }
  return {
    status: 206,
    headers: { ...common, 'content-range': `bytes ${from}-${to}/${bytes.length}` },
    body: bytes.subarray(from, to + 1),
  }
}
