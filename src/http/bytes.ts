import { collectUpTo } from '../collect.ts'
import { WasmpackError } from '../errors.ts'
import type { AddressKind } from './address.ts'
import type { HttpResponse } from './response.ts'
import { countAttempts } from './attempts.ts'
import { type ErrorBody, readErrorBody } from './error-body.ts'
import type { Transport } from './transport.ts'

/** One question to a service whose answer is read whole. */
export interface BytesRequest {
  readonly url: string
  /** Sent by POST; without one it is a GET. */
  readonly body?: { readonly type: string; readonly bytes: Uint8Array } | undefined
  /** The media type of the answer. */
  readonly accept: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The service, as the subject of a sentence: `the token service of registry R (HOST)`. */
  readonly what: string
  /** Of the answer, in bytes. */
  readonly limit: number
  /** The kinds of address that the service may be at. */
  readonly allowedAddresses?: readonly AddressKind[] | undefined
  readonly signal?: AbortSignal | undefined
}

interface Answer {
  readonly status: number
  /** Of the server that answered. */
  readonly host: string
  header(name: string): string | undefined
}

/** A status of 2xx, and its bytes. */
export interface BytesResult extends Answer {
  readonly ok: true
  readonly bytes: Uint8Array
}

/** Any other status, after all attempts. */
export interface Refusal extends Answer {
  readonly ok: false
  readonly body: ErrorBody
  readonly attempts: number
}

/**
 * Asks a service, again while it fails for transient reasons. What is sent may be a secret, so a redirect to another origin is
 * refused. Throws UNAVAILABLE when there is no answer, or one of 2xx that is too large.
 */
export async function requestBytes(
  transport: Transport,
  { url, body, accept, headers, what, limit, allowedAddresses, signal }: BytesRequest,
): Promise<BytesResult | Refusal> {
  const part = {
    method: body ? 'POST' : 'GET',
    url,
    headers: { accept, ...(body ? { 'content-type': body.type } : {}), ...headers },
    body: body && {
      size: body.bytes.length,
      async *open() {
        yield body.bytes
      },
    },
    allowedAddresses,
    redirect: 'same-origin',
    signal,
  } as const
  return await transport.startAttempts(signal).readWhole(
    (retry) => transport.send({ ...part, retry }),
    (response) => readAnswer(response, what, limit),
  )
}

async function readAnswer(
  response: HttpResponse,
  what: string,
  limit: number,
): Promise<BytesResult | Refusal> {
  const { status } = response
  const { host } = new URL(response.url)
  const header = (name: string): string | undefined => response.header(name)
  if (status < 200 || status > 299)
    return {
      ok: false,
      status,
      host,
      header,
      body: await readErrorBody(response),
      attempts: countAttempts(response),
    }
  const bytes = await collectUpTo(response.body, limit)
  if (bytes !== undefined) return { ok: true, status, host, header, bytes }
  throw new WasmpackError('UNAVAILABLE', `${what} answered with more than ${limit} bytes`, {
    hint: 'the answer was not read further',
    details: { host, status },
  })
}
