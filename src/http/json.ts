import { WasmpackError } from '../errors.ts'
import { MalformedJson, parseJson } from '../json.ts'
import { type BytesRequest, type BytesResult, type Refusal, requestBytes } from './bytes.ts'
import type { Transport } from './transport.ts'

/** One question to a service that speaks JSON. */
export interface JsonRequest extends Omit<BytesRequest, 'body' | 'accept'> {
  /** Sent by POST; without one it is a GET. */
  readonly body?: { readonly form: URLSearchParams } | { readonly json: unknown } | undefined
}

/** A status of 2xx, and its JSON. */
export interface JsonResult extends Omit<BytesResult, 'bytes'> {
  readonly json: unknown
}

/**
 * Asks a service for JSON, as {@link requestBytes} asks for bytes. Throws UNAVAILABLE also for an answer of 2xx that is a web
 * page, or JSON that `parseJson` refuses.
 */
export async function requestJson(
  transport: Transport,
  { body, ...request }: JsonRequest,
): Promise<JsonResult | Refusal> {
  const answer = await requestBytes(transport, {
    ...request,
    accept: 'application/json',
    body: body && encodeBody(body),
  })
  if (!answer.ok) return answer
  const { ok, status, host, header } = answer
  return { ok, status, host, header, json: readJson(answer, request.what) }
}

const encodeBody = (
  body: { readonly form: URLSearchParams } | { readonly json: unknown },
): { readonly type: string; readonly bytes: Uint8Array } =>
  'form' in body
    ? { type: 'application/x-www-form-urlencoded', bytes: Buffer.from(body.form.toString()) }
    : { type: 'application/json', bytes: Buffer.from(JSON.stringify(body.json)) }

function readJson({ bytes, host, status }: BytesResult, what: string): unknown {
  try {
    return parseJson(bytes, 'the answer')
  } catch (cause) {
    if (!(cause instanceof MalformedJson)) throw cause
    const [problem, hint] = cause.isHtml
      ? ['answered with a web page', 'a proxy or a login page may have answered in its place']
      : [`answered with what cannot be read: ${cause.message}`, UNUSABLE]
    throw new WasmpackError('UNAVAILABLE', `${what} ${problem}`, { hint, details: { host, status }, cause })
  }
}

const UNUSABLE = 'check that the address is the one of the service, and that no proxy answers in its place'
