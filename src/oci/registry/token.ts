import { WasmpackError } from '../../errors.ts'
import { readErrorBody, statusText } from '../../http/error-body.ts'
import type { HttpResponse } from '../../http/exchange.ts'
import type { HttpRequest, Transport } from '../../http/transport.ts'
import { collect } from '../descriptor.ts'
import { isRecord, parseJson } from '../json.ts'
import { type Credential, basicHeader } from './credential.ts'
import { registryWords } from './failure.ts'
import { checkRealm } from './realm.ts'

export interface TokenRequest {
  /** The registry as users write it. */
  readonly registry: string
  /** Where the registry itself is reached. */
  readonly origin: string
  readonly realm: string
  readonly service: string | undefined
  readonly scopes: readonly string[]
  readonly credential: Credential | undefined
  readonly transport: Transport
  readonly signal?: AbortSignal | undefined
}

export interface Token {
  readonly token: string
  /** Milliseconds since 1970. */
  readonly expires: number
}

const CLIENT = 'wasmpack'
const SIZE_LIMIT = 128 * 1024
/** What the token protocol promises when an answer says nothing, or less; in seconds. */
const SHORTEST_LIFE = 60
/** Given up this long before its end, so that it does not expire on its way; in seconds. */
const MARGIN = 10
const SAFE_TOKEN = /^[\x21-\x7e]{1,65536}$/

/**
 * Asks a registry's token service for a token: by POST with an identity token, else by GET with name and password or
 * anonymously. Throws UNAUTHENTICATED when the service refuses, UNAVAILABLE when it does not work.
 * https://distribution.github.io/distribution/spec/auth/token/ and .../oauth/
 */
export async function fetchToken(request: TokenRequest): Promise<Token> {
  const { realm, registry, origin, transport, credential } = request
  const reach = await checkRealm(realm, registry, origin, transport)
  const send = (part: Pick<HttpRequest, 'method' | 'url' | 'body' | 'headers'>): Promise<HttpResponse> =>
    transport.send({ ...part, reach, redirect: 'same-origin', signal: request.signal })
  let response: HttpResponse | undefined
  if (credential?.kind === 'identity-token') {
    transport.conceal(credential.token)
    response = await send(byPost(request, credential.token))
    if (response.status === 404 || response.status === 405) {
      await response.discard()
      response = undefined
    }
  }
  response ??= await send(byGet(request))
  if (response.status !== 200) throw await refusal(response, request)
  return await read(response, request)
}

function byPost(
  request: TokenRequest,
  refreshToken: string,
): Pick<HttpRequest, 'method' | 'url' | 'body' | 'headers'> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: CLIENT,
    refresh_token: refreshToken,
  })
  if (request.service !== undefined) form.set('service', request.service)
  if (request.scopes.length > 0) form.set('scope', request.scopes.join(' '))
  const bytes = Buffer.from(form.toString())
  return {
    method: 'POST',
    url: request.realm,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: {
      size: bytes.length,
      async *open() {
        yield bytes
      },
    },
  }
}

function byGet(request: TokenRequest): Pick<HttpRequest, 'method' | 'url' | 'headers'> {
  const url = new URL(request.realm)
  if (request.service !== undefined) url.searchParams.set('service', request.service)
  for (const scope of request.scopes) url.searchParams.append('scope', scope)
  const { credential } = request
  if (credential?.kind === 'basic') url.searchParams.set('account', credential.username)
  url.searchParams.set('client_id', CLIENT)
  const authorization = credential === undefined ? undefined : basicHeader(credential)
  return {
    method: 'GET',
    url: url.href,
    headers: { accept: 'application/json', ...(authorization === undefined ? {} : { authorization }) },
  }
}

async function refusal(response: HttpResponse, request: TokenRequest): Promise<WasmpackError> {
  const { registry, credential, transport } = request
  const words = registryWords(await readErrorBody(response), (text) => transport.redact(text))
  const said = words === '' ? '' : `: ${words}`
  const { host } = new URL(request.realm)
  const details = { host: registry, tokenService: host, status: response.status }
  if (response.status >= 500 || response.status === 429 || response.status === 408)
    return new WasmpackError(
      'UNAVAILABLE',
      `the token service of registry ${registry} (${host}) answered ${statusText(response.status)}${said}`,
      { hint: 'try again in a moment', details },
    )
  const found = credential === undefined ? 'gives no token without credentials' : 'refused the credentials'
  return new WasmpackError(
    'UNAUTHENTICATED',
    `the token service of registry ${registry} (${host}) ${found} (${statusText(response.status)})${said}`,
    { hint: `log in with: wasmpack login ${registry}`, details },
  )
}

async function read(response: HttpResponse, { registry, realm, transport }: TokenRequest): Promise<Token> {
  const unusable = (cause?: unknown): WasmpackError =>
    new WasmpackError(
      'UNAVAILABLE',
      `the token service of registry ${registry} (${new URL(realm).host}) answered without a usable token`,
      { details: { host: registry }, cause },
    )
  let answer: unknown
  try {
    answer = parseJson(await collect(response.body, SIZE_LIMIT, 'the token'), 'the token')
  } catch (error) {
    throw error instanceof WasmpackError && error.code === 'ARTIFACT_MALFORMED' ? unusable(error) : error
  }
  if (!isRecord(answer)) throw unusable()
  // Harbor's access_token is there and empty.
  const token = answer['token'] || answer['access_token']
  if (typeof token !== 'string' || !SAFE_TOKEN.test(token)) throw unusable()
  transport.conceal(token)
  const life = typeof answer['expires_in'] === 'number' ? answer['expires_in'] : SHORTEST_LIFE
  return {
    token,
    expires: transport.clock.now() + (Math.max(life, SHORTEST_LIFE) - MARGIN) * 1000,
  }
}
