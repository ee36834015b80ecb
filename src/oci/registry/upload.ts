import { WasmpackError } from '../../errors.ts'
import type { HttpResponse } from '../../http/exchange.ts'
import { isTransient } from '../../http/network-failure.ts'
import { withQuery } from '../../http/origin.ts'
import type { Attempts } from '../../http/attempts.ts'
import { isTransientStatus } from '../../http/retry.ts'
import { type Blob, type Descriptor, verified } from '../descriptor.ts'
import type { Operation } from '../target.ts'
import { checkAnnounced } from './announced.ts'
import { blobExists } from './blob-lookup.ts'
import type { RegistryConnection } from './connection.ts'

/** A blob below this is sent without asking whether it is there: asking costs as much as sending. */
const WORTH_ASKING = 64 * 1024
/** Some registries move the whole blob before they answer its last byte. In milliseconds. */
const COMMIT_TIMEOUT = 300_000
const CANCEL_TIMEOUT = 2000
/** What registries say of an upload session that they no longer know, after a break or behind a load balancer. */
const SESSION_LOST: ReadonlySet<number> = new Set([404, 416])

/**
 * Uploads a blob in one piece. A break anywhere starts a fresh session, as often as the retries allow; bytes that are not what the
 * descriptor says are never completed. https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#push
 */
export async function pushBlob(
  connection: RegistryConnection,
  blob: Blob,
  operation: Operation = {},
): Promise<'pushed' | 'present'> {
  const { digest, size } = blob.descriptor
  if (size >= WORTH_ASKING && (await blobExists(connection, digest, operation))) return 'present'
  const attempts = connection.transport.attempts(operation.signal)
  for (;;) {
    try {
      const response = await upload(connection, blob, attempts, operation)
      if (response.status === 201 || response.status === 204) {
        await response.discard()
        checkAnnounced(response, digest, connection)
        return 'pushed'
      }
      const again = isTransientStatus(response.status) || SESSION_LOST.has(response.status)
      if (!again || !(await attempts.next(response)))
        throw await connection.failure(response, { what: `upload of blob ${digest} to ${connection.name}` })
    } catch (error) {
      if (!isTransient(error) || !(await attempts.next(error))) throw error
    }
  }
}

async function upload(
  connection: RegistryConnection,
  blob: Blob,
  attempts: Attempts,
  { signal, progress }: Operation,
): Promise<HttpResponse> {
  const { descriptor } = blob
  const session = await openSession(connection, descriptor, attempts, signal)
  try {
    return await connection.request({
      method: 'PUT',
      at: { url: withQuery(session, 'digest', descriptor.digest) },
      access: 'push',
      headers: { 'content-type': 'application/octet-stream' },
      body: {
        size: descriptor.size,
        async *open() {
          for await (const chunk of verified(blob.open(), descriptor)) {
            yield chunk
            progress?.(chunk.length)
          }
        },
      },
      retry: false,
      headersTimeout: COMMIT_TIMEOUT,
      signal,
    })
  } catch (error) {
    if (!isTransient(error)) await cancel(connection, session)
    throw error
  }
}

async function openSession(
  connection: RegistryConnection,
  { digest }: Descriptor,
  attempts: Attempts,
  signal: AbortSignal | undefined,
): Promise<string> {
  const at = 'blobs/uploads/'
  const response = await connection.request({ method: 'POST', at, access: 'push', retry: attempts, signal })
  if (response.status !== 202)
    throw await connection.failure(response, {
      what: `upload of blob ${digest} to ${connection.name}`,
      absent: `repository ${connection.name} cannot be pushed to`,
    })
  const session = connection.located(response)
  await response.discard()
  if (session !== undefined) return session
  throw new WasmpackError(
    'UNAVAILABLE',
    `registry ${connection.registry} opened an upload without saying where (no Location)`,
    { hint: 'a proxy in front of the registry may remove the header' },
  )
}

/** Tells the registry that a session is given up; whether it listens does not matter. */
async function cancel(connection: RegistryConnection, session: string): Promise<void> {
  const signal = AbortSignal.timeout(CANCEL_TIMEOUT)
  await connection
    .request({ method: 'DELETE', at: { url: session }, access: 'push', retry: false, signal })
    .then((response) => response.discard())
    .catch(() => undefined)
}
