import { WasmpackError } from '../../errors.ts'
import type { HttpResponse } from '../../http/answer.ts'
import { backOff, isTransientStatus } from '../../http/retry.ts'
import { type Descriptor, collect } from '../descriptor.ts'
import { type Digest, digestAlgorithm, digestOf, isDigest } from '../digest.ts'
import { isRecord } from '../json.ts'
import { type Index, type Manifest, describeManifest, isManifestType, parseManifest } from '../manifest.ts'
import {
  DOCKER_INDEX,
  DOCKER_MANIFEST,
  MANIFEST_SIZE_LIMIT,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../media-types.ts'
import type { Operation } from '../target.ts'
import { checkAnnounced } from './announced.ts'
import type { RegistryConnection } from './connection.ts'
import { refuseEncoding } from './content-encoding.ts'

/** One header with all of them: Harbor and distribution answer 404 when the stored type is missing here. */
const ACCEPT = [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_INDEX].join(', ')

/** Past the caches on the way, for those who have reason to distrust them. */
export const NO_CACHE: Readonly<Record<string, string>> = { 'cache-control': 'no-cache' }

const described = (connection: RegistryConnection, reference: string): string =>
  connection.name + (isDigest(reference) ? '@' : ':') + reference

const absence = (connection: RegistryConnection, reference: string): string =>
  `${connection.name} has no ${isDigest(reference) ? 'manifest' : 'tag'} ${reference}`

interface Asking {
  /** If-None-Match and its kin. */
  readonly condition?: Readonly<Record<string, string>>
  /** False where a HEAD was repeated in vain. */
  readonly retry?: false
}

const request = (
  connection: RegistryConnection,
  method: 'GET' | 'HEAD',
  reference: string,
  { signal, fresh }: Operation,
  { condition = {}, ...retry }: Asking = {},
): Promise<HttpResponse> =>
  connection.request({
    method,
    at: `manifests/${reference}`,
    access: 'pull',
    headers: { accept: ACCEPT, ...(fresh === true ? NO_CACHE : {}), ...condition },
    ...retry,
    signal,
  })

/** The type without its parameters. */
const mediaTypeOf = (response: HttpResponse): string =>
  (response.header('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase()

/** A manifest together with what the registry says of its version, for a conditional write. */
export interface StoredManifest {
  readonly manifest: Manifest | Index
  readonly etag: string | undefined
}

/** Reads a manifest or index by tag or digest; undefined when the registry says 404. */
export async function findManifest(
  connection: RegistryConnection,
  reference: string,
  operation: Operation = {},
): Promise<StoredManifest | undefined> {
  const response = await request(connection, 'GET', reference, operation)
  if (response.status === 404) {
    await response.discard()
    return undefined
  }
  return await read(connection, reference, response)
}

/** Reads a manifest or index by tag or digest. Throws NOT_FOUND with the registry's own words. */
export async function getManifest(
  connection: RegistryConnection,
  reference: string,
  operation: Operation = {},
): Promise<Manifest | Index> {
  const response = await request(connection, 'GET', reference, operation)
  return (await read(connection, reference, response)).manifest
}

/**
 * Reads what a tag names unless it is still the known manifest: undefined then. Distribution and Harbor take the digest
 * for the validator; a registry that does not answers with the whole, which costs no request more.
 */
export async function getManifestUnless(
  connection: RegistryConnection,
  known: Digest,
  tag: string,
  operation: Operation = {},
): Promise<Manifest | Index | undefined> {
  const response = await request(connection, 'GET', tag, operation, {
    condition: { 'if-none-match': `"${known}"` },
  })
  if (response.status !== 304) return (await read(connection, tag, response)).manifest
  await response.discard()
  checkAnnounced(response, known, connection)
  return undefined
}

async function read(
  connection: RegistryConnection,
  reference: string,
  response: HttpResponse,
): Promise<StoredManifest> {
  const name = described(connection, reference)
  if (response.status !== 200)
    throw await connection.failure(response, {
      what: `request for ${name}`,
      absent: absence(connection, reference),
    })
  await refuseEncoding(response, connection, { what: `the manifest of ${name}` })
  const bytes = await collect(response.body, MANIFEST_SIZE_LIMIT, `the manifest of ${name}`)
  const expected = isDigest(reference) ? reference : undefined
  if (expected !== undefined) {
    const found = digestOf(bytes, digestAlgorithm(expected))
    if (found !== expected)
      throw new WasmpackError(
        'DIGEST_MISMATCH',
        `registry ${connection.registry} answered ${name} with ${found}`,
        {
          hint: 'the content was damaged on its way or at rest, or it was tampered with; nothing of it was kept',
          details: { expected, found },
        },
      )
  } else {
    const announced = response.header('docker-content-digest') ?? ''
    if (isDigest(announced)) checkAnnounced(response, digestOf(bytes, digestAlgorithm(announced)), connection)
  }
  return {
    manifest: parseManifest(bytes, mediaTypeOf(response) || undefined, `the manifest of ${name}`),
    etag: response.header('etag') || undefined,
  }
}

/** The descriptor of a manifest by HEAD, or by GET from registries whose HEAD does not tell enough. */
export async function resolveManifest(
  connection: RegistryConnection,
  reference: string,
  operation: Operation = {},
): Promise<Descriptor> {
  const response = await request(connection, 'HEAD', reference, operation)
  await response.discard()
  if (response.status === 404)
    throw await connection.failure(response, {
      what: `look-up of ${described(connection, reference)}`,
      absent: absence(connection, reference),
    })
  const digest = response.header('docker-content-digest') ?? ''
  const length = response.header('content-length') ?? ''
  const mediaType = mediaTypeOf(response)
  const complete =
    response.status === 200 &&
    isDigest(digest) &&
    digestAlgorithm(digest) === 'sha256' &&
    /^[1-9]\d{0,9}$/.test(length) &&
    isManifestType(mediaType)
  // Also the refused ones: only GET has a body that says why.
  if (!complete) {
    const asking: Asking = isTransientStatus(response.status) ? { retry: false } : {}
    const whole = await request(connection, 'GET', reference, operation, asking)
    return describeManifest((await read(connection, reference, whole)).manifest)
  }
  if (isDigest(reference)) checkAnnounced(response, reference, connection)
  return { mediaType, digest, size: Number(length) }
}

export async function manifestExists(
  connection: RegistryConnection,
  digest: Digest,
  operation: Operation = {},
): Promise<boolean> {
  const response = await request(connection, 'HEAD', digest, operation)
  await response.discard()
  if (response.status === 200) return true
  if (response.status === 404) return false
  return (await findManifest(connection, digest, operation)) !== undefined
}

/** Writes a manifest under a tag or its digest; `condition` is If-Match or If-None-Match. Gives the answer, of any status. */
export const putManifest = (
  connection: RegistryConnection,
  manifest: Manifest | Index,
  reference: string,
  { signal }: Operation,
  condition: Readonly<Record<string, string>> = {},
): Promise<HttpResponse> =>
  connection.request({
    method: 'PUT',
    at: `manifests/${reference}`,
    access: 'push',
    headers: { 'content-type': manifest.mediaType, ...condition },
    body: {
      size: manifest.bytes.length,
      async *open() {
        yield manifest.bytes
      },
    },
    signal,
  })

const TAKEN: ReadonlySet<number> = new Set([400, 409, 412])
/** docker-registry 2.8 does not know a blob for a moment while somebody else uploads the same one. */
const BLOB_ATTEMPTS = 3

/** Whether a registry refused a manifest because something that it lists is not there. */
export function missesBlob({ details }: WasmpackError): boolean {
  const errors = details?.['registry']
  return (
    Array.isArray(errors) &&
    errors.some((error: unknown) => isRecord(error) && error['code'] === 'MANIFEST_BLOB_UNKNOWN')
  )
}

/**
 * Writes a manifest and gives the digest of the subject that the registry says it has understood, if any. An immutable
 * tag that names this very manifest already is no failure: the write has taken place, now or before.
 */
export async function writeManifest(
  connection: RegistryConnection,
  manifest: Manifest | Index,
  tag: string | undefined,
  operation: Operation = {},
): Promise<string | undefined> {
  const reference = tag ?? manifest.digest
  const { clock } = connection.transport
  let failure: WasmpackError
  let status: number
  for (let attempt = 1; ; attempt++) {
    const response = await putManifest(connection, manifest, reference, operation)
    status = response.status
    if (status === 201 || status === 200) {
      await response.discard()
      checkAnnounced(response, manifest.digest, connection)
      return response.header('oci-subject') || undefined
    }
    failure = await connection.failure(response, {
      what: `push of ${described(connection, reference)}`,
      size: manifest.bytes.length,
      absent: `repository ${connection.name} cannot be pushed to`,
    })
    if (attempt === BLOB_ATTEMPTS || !missesBlob(failure)) break
    await clock.sleep(backOff(attempt, clock), operation.signal)
  }
  if (tag !== undefined && TAKEN.has(status)) {
    const held = await resolveManifest(connection, tag, operation).catch(() => undefined)
    if (held?.digest === manifest.digest) return undefined
  }
  throw failure
}
