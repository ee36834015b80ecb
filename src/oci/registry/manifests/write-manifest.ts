import { WasmpackError } from '../../../errors.ts'
import type { HttpResponse } from '../../../http/response.ts'
import { isTransient } from '../../../http/network-error.ts'
import { computeBackOff, isTransientStatus } from '../../../http/retry.ts'
import { isRecord } from '../../../json.ts'
import type { Index, Manifest } from '../../manifest.ts'
import type { Operation } from '../../target.ts'
import { checkDigestHeader } from '../errors/digest-header.ts'
import type { RegistryConnection } from '../connection.ts'
import {
  type ManifestRequestOptions,
  formatManifestName,
  requestManifest,
  resolveManifest,
} from './manifests.ts'
import { rejectHtml } from '../errors/reject-html.ts'

/** Writes a manifest under a tag or its digest; `condition` is If-Match or If-None-Match. Returns a response of any status. */
export const putManifest = (
  connection: RegistryConnection,
  manifest: Manifest | Index,
  reference: string,
  { signal }: Operation,
  { condition = {}, ...retry }: ManifestRequestOptions = {},
): Promise<HttpResponse> =>
  connection.request({
    method: 'PUT',
    at: `manifests/${reference}`,
    action: 'push',
    headers: { 'content-type': manifest.mediaType, ...condition },
    body: {
      size: manifest.bytes.length,
      async *open() {
        yield manifest.bytes
      },
    },
    ...retry,
    signal,
  })

const TAKEN: ReadonlySet<number> = new Set([400, 403, 409, 412])
/** docker-registry 2.8 temporarily lacks a blob while another client uploads the same one. */
const BLOB_ATTEMPTS = 3

/** Whether a registry refused a manifest because a blob is missing. */
export function isMissingBlob({ details }: WasmpackError): boolean {
  const errors = details?.['registry']
  return (
    Array.isArray(errors) &&
    errors.some((error: unknown) => isRecord(error) && error['code'] === 'MANIFEST_BLOB_UNKNOWN')
  )
}

/**
 * Writes a manifest and returns the OCI-Subject header, if any. A refusal is not an error if the tag already names this manifest:
 * the write has taken place, now or before.
 */
export async function writeManifest(
  connection: RegistryConnection,
  manifest: Manifest | Index,
  tag: string | undefined,
  operation: Operation = {},
): Promise<string | undefined> {
  const { clock } = connection.transport
  let failure: WasmpackError
  let status: number
  for (let attempt = 1; ; attempt++) {
    const response = await putOnce(connection, manifest, tag, operation)
    if (response === 'written') return undefined
    status = response.status
    if (status === 201 || status === 200) {
      await rejectHtml(
        response,
        connection,
        `the response to the push of ${formatManifestName(connection, tag ?? manifest.digest)}`,
      )
      await response.discard()
      checkDigestHeader(response, manifest.digest, connection)
      return response.header('oci-subject') || undefined
    }
    failure = await connection.toError(response, {
      what: `push of ${formatManifestName(connection, tag ?? manifest.digest)}`,
      size: manifest.bytes.length,
      notFound: `repository ${connection.name} does not accept pushes`,
    })
    if (attempt === BLOB_ATTEMPTS || !isMissingBlob(failure)) break
    await clock.sleep(computeBackOff(attempt, clock), operation.signal)
  }
  if (tag !== undefined && TAKEN.has(status) && failure.code !== 'UNAVAILABLE') {
    const held = await resolveManifest(connection, tag, operation).catch(() => undefined)
    if (held?.digest === manifest.digest) return undefined
  }
  throw failure
}

/**
 * The response to one write. A write of a tag that got no response or a server error may have succeeded: it is repeated only if the
 * tag does not name the manifest, since another client may have moved the tag on.
 */
async function putOnce(
  connection: RegistryConnection,
  manifest: Manifest | Index,
  tag: string | undefined,
  operation: Operation,
): Promise<HttpResponse | 'written'> {
  // A write by digest is idempotent, and only its response has the OCI-Subject header.
  if (tag === undefined || manifest.subject !== undefined)
    return await putManifest(connection, manifest, tag ?? manifest.digest, operation)
  const attempts = connection.startAttempts(operation.signal)
  for (;;) {
    let failed: HttpResponse | WasmpackError
    try {
      failed = await putManifest(connection, manifest, tag, operation, { retry: false })
      if (!isTransientStatus(failed.status)) return failed
    } catch (error) {
      if (!isTransient(error)) throw error
      failed = error
    }
    const again = await attempts.waitForNext(failed)
    const limited = 'status' in failed && failed.status === 429
    if (!limited && (await isTagged(connection, tag, manifest, operation))) {
      if (!again && 'status' in failed) await failed.discard()
      return 'written'
    }
    if (again) continue
    if ('status' in failed) return failed
    throw attempts.addAttemptCount(failed)
  }
}

/** Whether a tag names a manifest; false if that is unknown. */
async function isTagged(
  connection: RegistryConnection,
  tag: string,
  { digest }: Manifest | Index,
  operation: Operation,
): Promise<boolean> {
  const asked = requestManifest(connection, 'HEAD', tag, operation, { retry: false })
  const response = await asked.catch(() => undefined)
  operation.signal?.throwIfAborted()
  await response?.discard()
  return response?.status === 200 && response.header('docker-content-digest') === digest
}
