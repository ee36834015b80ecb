import { WasmpackError } from '../../../errors.ts'
import { readErrorBody } from '../../../http/error-body.ts'
import type { HttpResponse } from '../../../http/response.ts'
import type { Attempts } from '../../../http/attempts.ts'
import { isTransientStatus } from '../../../http/retry.ts'
import { type Descriptor, collect, DAMAGED } from '../../descriptor.ts'
import { type Digest, getDigestAlgorithm, computeDigest, isDigest } from '../../digest.ts'
import { type Index, type Manifest, describeManifest, isManifestType, parseManifest } from '../../manifest.ts'
import {
  DOCKER_INDEX,
  DOCKER_MANIFEST,
  MANIFEST_SIZE_LIMIT,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../../media-types.ts'
import type { Operation } from '../../target.ts'
import { checkDigestHeader } from '../errors/digest-header.ts'
import type { RegistryConnection } from '../connection.ts'
import { formatErrorMessage } from '../errors/error-messages.ts'
import { rejectEncoding } from '../errors/reject-encoding.ts'
import { rejectHtml } from '../errors/reject-html.ts'

/** All types in one header: Harbor and distribution answer 404 if the stored type is missing. */
const ACCEPT = [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_INDEX].join(', ')

/** Bypasses HTTP caches after a digest mismatch. */
export const NO_CACHE: Readonly<Record<string, string>> = { 'cache-control': 'no-cache' }

export const formatManifestName = (connection: RegistryConnection, reference: string): string =>
  connection.name + (isDigest(reference) ? '@' : ':') + reference

const formatNotFound = (connection: RegistryConnection, reference: string): string =>
  `${connection.name} has no ${isDigest(reference) ? 'manifest' : 'tag'} ${reference}`

export interface ManifestRequestOptions {
  /** If-Match or If-None-Match. */
  readonly condition?: Readonly<Record<string, string>>
  /** False if a HEAD already used all attempts. */
  readonly retry?: Attempts | false
}

export const requestManifest = (
  connection: RegistryConnection,
  method: 'GET' | 'HEAD',
  reference: string,
  { signal, fresh }: Operation,
  { condition = {}, ...retry }: ManifestRequestOptions = {},
): Promise<HttpResponse> =>
  connection.request({
    method,
    at: `manifests/${reference}`,
    action: 'pull',
    headers: { accept: ACCEPT, ...(fresh === true ? NO_CACHE : {}), ...condition },
    ...retry,
    signal,
  })

/** Requests a manifest that `read` consumes whole, with retries. */
async function get<T>(
  connection: RegistryConnection,
  reference: string,
  operation: Operation,
  read: (response: HttpResponse) => Promise<T>,
  asking: ManifestRequestOptions = {},
): Promise<T> {
  const ask = (retry: Attempts | false): Promise<HttpResponse> =>
    requestManifest(connection, 'GET', reference, operation, { ...asking, retry })
  if (asking.retry === false) return await read(await ask(false))
  return await connection.startAttempts(operation.signal).readWhole(ask, read)
}

/** The Content-Type without parameters. */
const getMediaType = (response: HttpResponse): string =>
  (response.header('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase()

/** A manifest with its ETag, for a conditional write. */
export interface StoredManifest {
  readonly manifest: Manifest | Index
  readonly etag: string | undefined
}

/** Reads a manifest or index by tag or digest; undefined for a 404. */
export async function findManifest(
  connection: RegistryConnection,
  reference: string,
  operation: Operation = {},
): Promise<StoredManifest | undefined> {
  return await get(connection, reference, operation, async (response) => {
    if (response.status !== 404) return await readManifest(connection, reference, response)
    // The words of a Harbor project that is a proxy cache.
    const words = formatErrorMessage(await readErrorBody(response), (text) => text)
    if (/\bresource not found: repo /.test(words)) connection.isProxyCache = true
    return undefined
  })
}

/** Reads a manifest or index by tag or digest. Throws NOT_FOUND. */
export async function getManifest(
  connection: RegistryConnection,
  reference: string,
  operation: Operation = {},
): Promise<Manifest | Index> {
  return await get(
    connection,
    reference,
    operation,
    async (response) => (await readManifest(connection, reference, response)).manifest,
  )
}

/**
 * Reads the manifest of a tag; undefined if it is still `known`. Distribution and Harbor accept the digest as the validator; other
 * registries return the manifest, at no extra request.
 */
export async function getManifestIfChanged(
  connection: RegistryConnection,
  known: Digest,
  tag: string,
  operation: Operation = {},
): Promise<Manifest | Index | undefined> {
  const answer = async (response: HttpResponse): Promise<Manifest | Index | undefined> => {
    if (response.status !== 304) return (await readManifest(connection, tag, response)).manifest
    await response.discard()
    checkDigestHeader(response, known, connection)
    return undefined
  }
  const condition = { 'if-none-match': `"${known}"` }
  return await get(connection, tag, operation, answer, { condition })
}

async function readManifest(
  connection: RegistryConnection,
  reference: string,
  response: HttpResponse,
): Promise<StoredManifest> {
  const name = formatManifestName(connection, reference)
  if (response.status !== 200)
    throw await connection.toError(response, {
      what: `request for ${name}`,
      manifest: name,
      notFound: formatNotFound(connection, reference),
    })
  await rejectEncoding(response, connection, { what: `the manifest of ${name}` })
  await rejectHtml(response, connection, `the manifest of ${name}`)
  const bytes = await collect(response.body, MANIFEST_SIZE_LIMIT, `the manifest of ${name}`)
  const expected = isDigest(reference) ? reference : undefined
  if (expected !== undefined) {
    const found = computeDigest(bytes, getDigestAlgorithm(expected))
    if (found !== expected)
      throw new WasmpackError(
        'DIGEST_MISMATCH',
        `registry ${connection.registry} returned content with the digest ${found} for ${name}`,
        {
          hint: DAMAGED,
          details: { expected, found },
        },
      )
  } else {
    const announced = response.header('docker-content-digest') ?? ''
    if (isDigest(announced))
      checkDigestHeader(response, computeDigest(bytes, getDigestAlgorithm(announced)), connection)
  }
  return {
    manifest: parseManifest(bytes, getMediaType(response) || undefined, `the manifest of ${name}`),
    etag: response.header('etag') || undefined,
  }
}

/** The descriptor of a manifest by HEAD, or by GET if the HEAD response is incomplete. */
export async function resolveManifest(
  connection: RegistryConnection,
  reference: string,
  operation: Operation = {},
): Promise<Descriptor> {
  const response = await requestManifest(connection, 'HEAD', reference, operation)
  await response.discard()
  if (response.status === 404)
    throw await connection.toError(response, {
      what: `look-up of ${formatManifestName(connection, reference)}`,
      notFound: formatNotFound(connection, reference),
    })
  const digest = response.header('docker-content-digest') ?? ''
  const length = response.header('content-length') ?? ''
  const mediaType = getMediaType(response)
  const complete =
    response.status === 200 &&
    isDigest(digest) &&
    getDigestAlgorithm(digest) === 'sha256' &&
    /^[1-9]\d{0,9}$/.test(length) &&
    isManifestType(mediaType)
  // Also for errors: only GET has a body with the reason.
  if (!complete) {
    const asking: ManifestRequestOptions = isTransientStatus(response.status) ? { retry: false } : {}
    return await get(
      connection,
      reference,
      operation,
      async (whole) => describeManifest((await readManifest(connection, reference, whole)).manifest),
      asking,
    )
  }
  if (isDigest(reference)) checkDigestHeader(response, reference, connection)
  return { mediaType, digest, size: Number(length) }
}

export async function manifestExists(
  connection: RegistryConnection,
  digest: Digest,
  operation: Operation = {},
): Promise<boolean> {
  const response = await requestManifest(connection, 'HEAD', digest, operation)
  await response.discard()
  if (response.status === 200) return true
  if (response.status === 404) return false
  return (await findManifest(connection, digest, operation)) !== undefined
}
