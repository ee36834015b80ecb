import { collectUpTo } from '../collect.ts'
import { WasmpackError } from '../errors.ts'
import { MalformedJson, parseJson } from '../json.ts'
import type { AddressKind } from './address.ts'
import type { HttpResponse } from './response.ts'
import { countAttempts } from './attempts.ts'
import { type ErrorBody, readErrorBody } from './error-body.ts'
import type { Transport } from './transport.ts'

/** One question to a service that speaks JSON. */
export interface JsonRequest {
  readonly url: string
  /** Sent by POST; without one it is a GET. */
  readonly body?: { readonly form: URLSearchParams } | { readonly json: unknown } | undefined
  readonly headers?: Readonly<Record<string, string>>
  /** The service, as the subject of a sentence: `the token service of registry R (HOST)`. */
  readonly what: string
  /** Of the answer, in bytes. */
  readonly limit: number
  /** The kinds of address that the service may be at. */
  readonly allowedAddresses?: readonly AddressKind[] | undefined
  readonly signal?: AbortSignal | undefined
}

interface JsonAnswer {
  readonly status: number
  header(name: string): string | undefined
}

/** A status of 2xx, and its JSON. */
export interface JsonResult extends JsonAnswer {
  readonly ok: true
  readonly json: unknown
}

/** Any other status, after all attempts. */
export interface JsonRefusal extends JsonAnswer {
  readonly ok: false
  readonly body: ErrorBody
  readonly attempts: number
}

/**
 * Asks a service for JSON, again while it fails for transient reasons. What is sent may be a secret, so a redirect to another
 * origin is refused. Throws UNAVAILABLE when there is no answer, or one of 2xx that is too large, a web page, or JSON that
 * `parseJson` refuses.
 */
export async function requestJson(
  transport: Transport,
  { url, body, headers, what, limit, allowedAddresses, signal }: JsonRequest,
): Promise<JsonResult | JsonRefusal> {
  const content = body && encodeBody(body)
  const part = {
    method: content ? 'POST' : 'GET',
    url,
    headers: {
      accept: 'application/json',
      ...(content ? { 'content-type': content.type } : {}),
      ...headers,
    },
    body: content?.body,
    allowedAddresses,
    redirect: 'same-origin',
    signal,
  } as const
  return await transport.startAttempts(signal).readWhole(
    (retry) => transport.send({ ...part, retry }),
    (response) => readAnswer(response, what, limit),
  )
}

function encodeBody(body: { readonly form: URLSearchParams } | { readonly json: unknown }) {
  const [type, text] =
    'form' in body
      ? ['application/x-www-form-urlencoded', body.form.toString()]
      : ['application/json', JSON.stringify(body.json)]
  const bytes = Buffer.from(text)
  return {
    type,
    body: {
      size: bytes.length,
      async *open() {
        yield bytes
      },
    },
  }
}

async function readAnswer(
  response: HttpResponse,
  what: string,
  limit: number,
): Promise<JsonResult | JsonRefusal> {
  const { status } = response
  const header = (name: string): string | undefined => response.header(name)
  if (status < 200 || status > 299)
    return {
      ok: false,
      status,
      header,
      body: await readErrorBody(response),
      attempts: countAttempts(response),
    }
  const unusable = (problem: string, hint: string, cause?: unknown): WasmpackError =>
    new WasmpackError('UNAVAILABLE', `${what} ${problem}`, {
      hint,
      details: { host: new URL(response.url).host, status },
      cause,
    })
  const bytes = await collectUpTo(response.body, limit)
  if (bytes === undefined)
    throw unusable(`answered with more than ${limit} bytes`, 'the answer was not read further')
  try {
    return { ok: true, status, header, json: parseJson(bytes, 'the answer') }
  } catch (error) {
    if (!(error instanceof MalformedJson)) throw error
    throw error.isHtml
      ? unusable('answered with a web page', 'a proxy or a login page may have answered in its place', error)
      : unusable(`answered with what cannot be read: ${error.message}`, UNUSABLE, error)
  }
}

const UNUSABLE = 'check that the address is the one of the service, and that no proxy answers in its place'
