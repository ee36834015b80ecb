import { WasmpackError } from '../../errors.ts'
import type { HttpResponse } from '../../http/exchange.ts'
import { isTransient } from '../../http/network-failure.ts'
import type { Attempts } from '../../http/attempts.ts'
import { type Descriptor, verified } from '../descriptor.ts'
import type { Digest } from '../digest.ts'
import type { Operation } from '../target.ts'
import type { RegistryConnection } from './connection.ts'

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
  const attempts = connection.transport.attempts(signal)
  let received = 0
  for (;;) {
    const response = await openDownload(connection, digest, received, attempts, signal)
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
      if (!isTransient(error) || received >= size || !(await attempts.next(error))) throw error
    }
  }
}

async function openDownload(
  connection: RegistryConnection,
  digest: Digest,
  from: number,
  attempts: Attempts,
  signal: AbortSignal | undefined,
): Promise<HttpResponse> {
  const response = await connection.request({
    method: 'GET',
    at: `blobs/${digest}`,
    access: 'pull',
    headers: from === 0 ? {} : { range: `bytes=${from}-` },
    retry: attempts,
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
