import { WasmpackError } from '../../errors.ts'
import type { HttpResponse } from '../../http/exchange.ts'
import { isTransient } from '../../http/network-failure.ts'
import { withQuery } from '../../http/origin.ts'
import { ATTEMPTS, LONGEST_RETRY_AFTER, backOff, isTransientStatus, retryAfter } from '../../http/retry.ts'
import { type Blob, type Descriptor, verified } from '../descriptor.ts'
import { type Digest, digestAlgorithm, isDigest } from '../digest.ts'
import type { Operation } from '../target.ts'
import type { RegistryConnection } from './connection.ts'

/** A blob below this is sent without asking whether it is there: asking costs as much as sending. */
const WORTH_ASKING = 64 * 1024
/** Some registries move the whole blob before they answer its last byte. In milliseconds. */
const COMMIT_TIMEOUT = 300_000
const CANCEL_TIMEOUT = 2000
/** What registries say of an upload session that they no longer know, after a break or behind a load balancer. */
const SESSION_LOST: ReadonlySet<number> = new Set([404, 416])

export async function blobExists(
  connection: RegistryConnection,
  digest: Digest,
  { signal }: Operation = {},
): Promise<boolean> {
  const at = `blobs/${digest}`
  let response = await connection.request({ method: 'HEAD', at, access: 'pull', signal })
  if (response.status === 405 || response.status === 501)
    response = await connection.request({ method: 'GET', at, access: 'pull', signal })
  if (response.status === 200 || response.status === 404) {
    await response.discard()
    return response.status === 200
  }
  throw await connection.failure(response, { what: `look-up of blob ${digest} in ${connection.name}` })
}

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

/** Throws DIGEST_MISMATCH when a registry says that it stored something else; one of another algorithm says nothing. */
export function checkAnnounced(
  response: HttpResponse,
  digest: Digest,
  { registry }: RegistryConnection,
): void {
  const announced = response.header('docker-content-digest') ?? ''
  if (!isDigest(announced) || digestAlgorithm(announced) !== digestAlgorithm(digest)) return
  if (announced === digest) return
  throw new WasmpackError('DIGEST_MISMATCH', `registry ${registry} answers with ${announced} for ${digest}`, {
    hint: 'what it holds is not what was asked for or sent; nothing of it was kept',
    details: { expected: digest, found: announced },
  })
}

/** A blob's bytes, verified; a broken download goes on where it broke. */
export const fetchBlob = (
  connection: RegistryConnection,
  descriptor: Descriptor,
  operation: Operation = {},
): AsyncIterable<Uint8Array> => verified(download(connection, descriptor, operation), descriptor)

async function* download(
  connection: RegistryConnection,
  { digest, size }: Descriptor,
  { signal, progress }: Operation,
): AsyncGenerator<Uint8Array> {
  const { clock } = connection.transport
  let received = 0
  for (let attempt = 1; ; attempt++) {
    const response = await openDownload(connection, digest, received, signal)
    // A server that starts over although a rest was asked for.
    let known = response.status === 200 ? received : 0
    try {
      for await (const chunk of response.body) {
        const fresh = chunk.subarray(Math.min(known, chunk.length))
        known -= chunk.length - fresh.length
        if (fresh.length === 0) continue
        received += fresh.length
        progress?.(fresh.length)
        yield fresh
      }
      return
    } catch (error) {
      if (!isTransient(error) || attempt >= ATTEMPTS || received >= size) throw error
      connection.transport.debug(`* ${(error as Error).message}; going on after ${received} bytes`)
    }
    await clock.sleep(backOff(attempt, clock), signal)
  }
}

async function openDownload(
  connection: RegistryConnection,
  digest: Digest,
  from: number,
  signal: AbortSignal | undefined,
): Promise<HttpResponse> {
  const response = await connection.request({
    method: 'GET',
    at: `blobs/${digest}`,
    access: 'pull',
    headers: from === 0 ? {} : { range: `bytes=${from}-` },
    signal,
  })
  if (response.status === 200) return response
  if (from > 0 && response.status === 206) {
    const start = /^bytes (\d{1,16})-/.exec(response.header('content-range') ?? '')?.[1]
    if (Number(start) === from) return response
    await response.discard()
    throw new WasmpackError(
      'UNAVAILABLE',
      `registry ${connection.registry} answered another part of blob ${digest} than was asked for`,
      { hint: 'try again' },
    )
  }
  throw await connection.failure(response, {
    what: `download of blob ${digest} from ${connection.name}`,
    absent: `${connection.name} has no blob ${digest}`,
  })
}
