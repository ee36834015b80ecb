import { WasmpackError } from '../errors.ts'
import type { Refusal } from '../http/bytes.ts'
import { type JsonResult, requestJson } from '../http/json.ts'
import { createRefusalError } from '../http/refusal.ts'
import type { Transport } from '../http/transport.ts'
import { isRecord } from '../json.ts'
import type { Provider } from './provider.ts'

/** A client that is registered with a provider. */
export interface Client {
  readonly id: string
  /** Of a confidential client. */
  readonly secret?: string | undefined
}

/** A session with a provider: everything that a flow needs to ask it. */
export interface ProviderSession {
  readonly provider: Provider
  readonly client: Client
  readonly transport: Transport
}

/** The tokens of one answer: secrets, which the transport hides. */
export interface Tokens {
  readonly idToken?: string
  readonly accessToken?: string
  readonly refreshToken?: string
}

const ANSWER_LIMIT = 256 * 1024

/** Posts a form to an endpoint of the provider, as the client. */
export function postForm(
  { provider, client, transport }: ProviderSession,
  url: string,
  fields: Readonly<Record<string, string>>,
): Promise<JsonResult | Refusal> {
  const form = new URLSearchParams({ ...fields, client_id: client.id })
  const headers: Record<string, string> = {}
  if (client.secret !== undefined) {
    transport.registerSecret(client.secret)
    if (provider.clientAuthentication === 'client_secret_post') form.set('client_secret', client.secret)
    else headers['authorization'] = `Basic ${encodeCredentials(client.id, client.secret)}`
  }
  return requestJson(transport, {
    url,
    body: { form },
    headers,
    what: provider.name,
    limit: ANSWER_LIMIT,
    allowedAddresses: provider.allowedAddresses,
  })
}

/** Both parts are form-encoded first (RFC 6749, section 2.3.1). */
function encodeCredentials(id: string, secret: string): string {
  const encode = (text: string): string => new URLSearchParams({ text }).toString().slice('text='.length)
  return Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')
}

/** Asks the token endpoint. A refusal is a value, since some flows go on after one. */
export async function requestTokens(
  session: ProviderSession,
  fields: Readonly<Record<string, string>>,
): Promise<Tokens | Refusal> {
  const { provider, transport } = session
  const answer = await postForm(session, provider.tokenEndpoint, fields)
  if (!answer.ok) return answer
  const {
    id_token: idToken,
    access_token: accessToken,
    refresh_token: refreshToken,
  } = isRecord(answer.json) ? answer.json : {}
  const tokens = Object.entries({ idToken, accessToken, refreshToken }).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
  )
  for (const [, secret] of tokens) transport.registerSecret(secret)
  if (tokens.length > 0) return Object.fromEntries(tokens)
  throw new WasmpackError('UNAVAILABLE', `${provider.name} answered without a token`)
}

/** The error code of OAuth 2 in a refusal, if there is one. */
export function readOAuthError({ body }: Refusal): string | undefined {
  const error = isRecord(body.json) ? body.json['error'] : undefined
  return typeof error === 'string' ? error : undefined
}

/** The error that a refusal of the provider ends with. */
export const refuseTokens = ({ provider, transport }: ProviderSession, refusal: Refusal): WasmpackError =>
  createRefusalError(provider.name, refusal, transport, {
    code: 'UNAUTHENTICATED',
    hint: 'check --oidc-client-id, the secret of the client, and which flows the provider allows it',
  })
