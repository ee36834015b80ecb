import { type Asked, type Reply, plainText, refusal } from './asked.ts'
import { parse } from './documents.ts'
import { type Repository, type Store, isDigest, sha256 } from './store.ts'

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
  /** True: blobs are passed on from another registry, without a digest and without ranges (proxy cache of Harbor). */
  readonly proxyCache?: boolean
  /** What DELETE of a blob gets; `unused`: 405 DENIED as long as a manifest names it (zot). */
  readonly blobDelete?: 202 | 405 | 'unused'
}

/** What Harbor's cache passes on does not come from the registry behind it, which would name its version. */
export const PASSED_ON = { 'docker-distribution-api-version': undefined }

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
  if (!isDigest(digest))
    return refusal(
      400,
      'DIGEST_INVALID',
      'provided digest did not match uploaded content',
      'invalid checksum digest length',
    )
  if (method === 'DELETE' && switches.blobDelete === 405)
    return refusal(405, 'UNSUPPORTED', 'The operation is unsupported.')
  if (method === 'HEAD' && switches.dedupe === true) {
    // Asking is as good as mounting.
    const elsewhere = findAnywhere(store, digest)
    if (elsewhere !== undefined) store.repository(name).blobs.set(digest, elsewhere)
  }
  const repository = store.repositories.get(name)
  // What a cache serves is not its own to delete.
  const isForeign = method === 'DELETE' && switches.proxyCache === true
  const bytes = isForeign ? undefined : repository?.blobs.get(digest)
  if (repository === undefined || bytes === undefined)
    return refusal(404, 'BLOB_UNKNOWN', 'blob unknown to registry', digest)
  if (method === 'DELETE') {
    if (switches.blobDelete === 'unused' && isNamed(repository, digest))
      return refusal(405, 'DENIED', 'requested access to the resource is denied')
    repository.blobs.delete(digest)
    return { status: 202 }
  }
  if (method === 'GET' && switches.proxyCache === true)
    return { status: 200, headers: { 'content-type': sniffedType(bytes), ...PASSED_ON }, body: bytes }
  if (method === 'GET' && switches.blobs === 'other-origin')
    return { status: 307, headers: { location: `${asked.storage}/${name}/${digest}${presigned(store)}` } }
  return ranged(bytes, digest, asked.headers, switches)
}

const isNamed = ({ manifests }: Repository, digest: string): boolean =>
  [...manifests.values()].some(({ bytes }) => {
    const { config, layers = [] } = parse(bytes)
    return [config, ...layers].some((descriptor) => descriptor?.digest === digest)
  })

/** As Go tells a type by the first bytes, roughly. */
function sniffedType(bytes: Buffer): string {
  const first = bytes.subarray(0, 512)
  if (first.toString('latin1').startsWith('\0asm')) return 'application/wasm'
  const isBinary = first.some((byte) => byte < 9 || (byte > 13 && byte < 27))
  return isBinary ? 'application/octet-stream' : 'text/plain; charset=utf-8'
}

const presigned = (store: Store): string => `?X-Amz-Signature=presigned-secret&n=${++store.presigned}`

/** A blob as the storage server hands it out, which knows no accounts. */
export function storedBlob(asked: Asked, store: Store, switches: BlobSwitches): Reply {
  const found = /^\/(.+)\/(sha256:[a-f0-9]{64})$/.exec(asked.url.pathname)
  const bytes = found === null ? undefined : findBlob(store, found[1]!, found[2]!)
  if (found === null || bytes === undefined) return { status: 404 }
  const signature = asked.url.search
  const uses = (store.presignedUses.get(signature) ?? 0) + 1
  store.presignedUses.set(signature, uses)
  if (uses > (switches.presignedUses ?? Number.POSITIVE_INFINITY))
    return {
      status: 403,
      headers: { 'content-type': 'application/xml' },
      body: Buffer.from('<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'),
    }
  return ranged(bytes, found[2]!, asked.headers, switches)
}

/** A blob, or the part of it that is asked for. */
function ranged(bytes: Buffer, digest: string, headers: Asked['headers'], switches: BlobSwitches): Reply {
  const known = {
    'docker-content-digest': digest.startsWith('sha512:') ? digest : sha256(bytes),
    etag: switches.etag === 'none' ? undefined : `"${digest}"`,
    'cache-control': switches.etag === 'none' ? undefined : 'max-age=31536000',
  }
  const common = {
    ...known,
    'content-type': 'application/octet-stream',
    'accept-ranges': switches.ranges === false ? undefined : 'bytes',
  }
  if (known.etag !== undefined && headers['if-none-match'] === known.etag)
    return { status: 304, headers: known }
  const asked = switches.ranges === false ? undefined : rangeIn(headers['range'], bytes.length)
  if (asked === undefined) return { status: 200, headers: common, body: bytes }
  const [from, to] = asked
  if (from >= bytes.length || to < from) {
    const refused = plainText(416, 'invalid range: failed to overlap\n')
    const more =
      switches.rangeBeyond === 'hangs'
        ? { ...known, 'content-length': String(bytes.length) }
        : { 'docker-content-digest': known['docker-content-digest'] }
    return {
      ...refused,
      headers: { ...refused.headers, ...more, 'content-range': `bytes */${bytes.length}` },
    }
  }
  return {
    status: 206,
    headers: { ...common, 'content-range': `bytes ${from}-${to}/${bytes.length}` },
    body: bytes.subarray(from, to + 1),
  }
}

/** The first and the last byte that a Range names: from the front, or counted from the end. */
function rangeIn(range: unknown, length: number): readonly [from: number, to: number] | undefined {
  const [, from = '', to = ''] = (typeof range === 'string' && /^bytes=(\d*)-(\d*)$/.exec(range)) || []
  if (from !== '') return [Number(from), to === '' ? length - 1 : Math.min(Number(to), length - 1)]
  return to === '' ? undefined : [Math.max(0, length - Number(to)), length - 1]
}
