import { WasmpackError } from '../../../errors.ts'
import type { Attempts } from '../../../http/attempts.ts'
import type { HttpResponse } from '../../../http/response.ts'
import { isTransient } from '../../../http/network-error.ts'
import { getOrigin } from '../../../http/origin.ts'
import { type Descriptor, digestMismatch, verifyWhileReading } from '../../descriptor.ts'
import type { Digest } from '../../digest.ts'
import type { Operation } from '../../target.ts'
import type { RegistryConnection } from '../connection.ts'
import { rejectEncoding } from '../errors/reject-encoding.ts'
import { NO_CACHE } from '../manifests/manifests.ts'
import { toStorageError } from '../errors/storage-error.ts'

/** Progress between two breaks that resets the attempts, in bytes. */
const PROGRESS = 1024 * 1024

/**
 * A blob's bytes, verified. A broken download is resumed where it broke: with Range if the registry supports it, else from the
 * start while skipping the known bytes.
 */
export const fetchBlob = (
  connection: RegistryConnection,
  descriptor: Descriptor,
  operation: Operation = {},
): AsyncIterable<Uint8Array> => verifyWhileReading(download(connection, descriptor, operation), descriptor)

async function* download(
  connection: RegistryConnection,
  descriptor: Descriptor,
  { signal, progress, fresh }: Operation,
): AsyncGenerator<Uint8Array> {
  const { transport } = connection
  let resumable = true
  let received = 0
  let headway = 0
  let attempts = connection.startAttempts(signal)
  for (;;) {
    const operation = { signal, fresh }
    const part = await openPart(connection, descriptor, resumable ? received : 0, attempts, operation)
    if (part === 'no-range') {
      resumable = false
      continue
    }
    const before = received
    let known = received - part.start
    let failure: WasmpackError | undefined
    try {
      for await (const chunk of part.response.body) {
        const bytes = known > 0 ? chunk.subarray(Math.min(known, chunk.length)) : chunk
        known -= chunk.length - bytes.length
        if (bytes.length === 0) continue
        received += bytes.length
        progress?.(bytes.length)
        yield bytes
      }
    } catch (error) {
      if (!isTransient(error)) throw error
      failure = error
    }
    // All bytes received (or no progress): let the digest check decide.
    if (received >= descriptor.size || (failure === undefined && received === before)) return
    if (received - headway >= PROGRESS) {
      headway = received
      attempts = connection.startAttempts(signal)
    }
    const early = (): WasmpackError =>
      new WasmpackError('UNAVAILABLE', `${connection.registry} closed the body early`)
    if (!(await attempts.waitForNext(failure ?? early()))) {
      if (failure === undefined) return
      throw attempts.addAttemptCount(failure)
    }
    transport.debug(`* resuming after ${received} of ${descriptor.size} bytes`)
  }
}

/** A response with the blob from the byte `start` on. */
interface BlobPart {
  readonly response: HttpResponse
  readonly start: number
}

const CONTENT_RANGE = /^bytes (\d{1,16})-\d{1,16}\/(\d{1,16}|\*)$/

/**
 * Requests a blob from a byte on, which is never its end, since Harbor then announces a body that does not come. Storage is always
 * reached through the registry, since an earlier storage URL may have expired.
 */
async function openPart(
  connection: RegistryConnection,
  { digest, size }: Descriptor,
  from: number,
  attempts: Attempts,
  { signal, fresh }: Operation,
): Promise<BlobPart | 'no-range'> {
  const what = `download of blob ${digest} from ${connection.name}`
  for (;;) {
    const response = await connection.request({
      method: 'GET',
      at: `blobs/${digest}`,
      action: 'pull',
      headers: {
        ...(from === 0 ? {} : { range: `bytes=${from}-` }),
        ...(fresh === true ? NO_CACHE : {}),
      },
      retry: attempts,
      signal,
    })
    const { status } = response
    if (status === 200) {
      await rejectEncoding(response, connection, { what: `blob ${digest}`, size })
      await checkContentLength(response, size, digest)
      return { response, start: 0 }
    }
    if (from > 0 && (status === 206 || status === 416)) {
      const [, start, total] = CONTENT_RANGE.exec(response.header('content-range') ?? '') ?? []
      const plain = status === 206 && response.header('content-encoding') === undefined
      if (plain && Number(start) === from && (total === '*' || Number(total) === size))
        return { response, start: from }
      connection.transport.debug(`* unusable response to bytes=${from}-: requesting the whole blob`)
      await response.discard()
      return 'no-range'
    }
    if (getOrigin(response.url) === connection.origin)
      throw await connection.toError(response, {
        what,
        notFound: `${connection.name} has no blob ${digest}`,
      })
    if (!(await attempts.waitForNext(response))) throw await toStorageError(response, connection, what)
  }
}

/** Refuses a wrong Content-Length before any byte is read. */
async function checkContentLength(response: HttpResponse, size: number, digest: Digest): Promise<void> {
  const announced = response.header('content-length')
  if (announced === undefined || Number(announced) === size) return
  await response.discard()
  throw digestMismatch(`has ${announced} bytes, expected ${size}`, digest)
}
