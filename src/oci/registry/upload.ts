import { WasmpackError } from '../../errors.ts'
import type { HttpResponse } from '../../http/exchange.ts'
import { isTransient } from '../../http/network-failure.ts'
import { withQuery } from '../../http/origin.ts'
import { ATTEMPTS, LONGEST_RETRY_AFTER, backOff, isTransientStatus, retryAfter } from '../../http/retry.ts'
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
 * Uploads a blob in one piece. A break anywhere starts a fresh session, up to 5 times; bytes that are not what the
 * descriptor says are never completed. https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#push
 */
export async function pushBlob(
  connection: RegistryConnection,
  blob: Blob,
  operation: Operation = {},
): Promise<'pushed' | 'present'> {
  const { digest, size } = blob.descriptor
  if (size >= WORTH_ASKING && (await blobExists(connection, digest, operation))) return 'present'
  const { clock } = connection.transport
  for (let attempt = 1; ; attempt++) {
    let wait = backOff(attempt, clock)
    try {
      const response = await upload(connection, blob, operation)
      if (response.status === 201 || response.status === 204) {
        await response.discard()
        checkAnnounced(response, digest, connection)
        return 'pushed'
      }
      const asked = retryAfter(response.header('retry-after'), clock) ?? wait
      const again = isTransientStatus(response.status) || SESSION_LOST.has(response.status)
      if (attempt >= ATTEMPTS || !again || asked > LONGEST_RETRY_AFTER)
        throw await connection.failure(response, { what: `upload of blob ${digest} to ${connection.name}` })
      await response.discard()
      wait = asked
    } catch (error) {
      if (attempt >= ATTEMPTS || !isTransient(error)) throw error
      connection.transport.debug(`* ${(error as Error).message}; a new upload follows`)
    }
    await clock.sleep(wait, operation.signal)
  }
}

async function upload(
  connection: RegistryConnection,
  blob: Blob,
  { signal, progress }: Operation,
): Promise<HttpResponse> {
  const { descriptor } = blob
  const session = await openSession(connection, descriptor, signal)
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
  signal: AbortSignal | undefined,
): Promise<string> {
  const response = await connection.request({ method: 'POST', at: 'blobs/uploads/', access: 'push', signal })
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
