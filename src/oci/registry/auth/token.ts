import { WasmpackError } from '../../../errors.ts'
import { formatAttempts } from '../../../http/attempts.ts'
import { formatStatus } from '../../../http/error-body.ts'
import type { Refusal } from '../../../http/bytes.ts'
import { type JsonRequest, type JsonResult, requestJson } from '../../../http/json.ts'
import { isUnanswered } from '../../../http/network-error.ts'
import { isTransientStatus, formatRetryTime } from '../../../http/retry.ts'
import type { Transport } from '../../../http/transport.ts'
import { isRecord } from '../../../json.ts'
import { type Credential, formatBasicHeader, isBearerToken } from '../credentials/credential.ts'
import { formatErrorMessage } from '../errors/error-messages.ts'
import { type KnownRealms, checkRealm } from './realm.ts'

export interface Token {
  readonly token: string
  /** Shortly before its expiry, in milliseconds since 1970. */
  readonly expires: number
  /** Half of its life, in milliseconds since 1970. */
  readonly halfway: number
}

export interface TokenServiceName {
  /** The registry as users write it. */
  readonly registry: string
  /** The origin of the registry itself. */
  readonly origin: string
  readonly realm: string
  readonly service: string | undefined
}

const CLIENT = 'wasmpack'
const SIZE_LIMIT = 128 * 1024
/** The default and minimum lifetime in the token protocol, in seconds. */
const SHORTEST_LIFE = 60
/** A token is renewed this long before its expiry, in seconds. */
const MARGIN = 10
/** Minimum use of a token that a cache returns late, in seconds. */
const SHORTEST_USE = 5

type TokenRequest = Pick<JsonRequest, 'url' | 'body' | 'headers'>

/** The token service that a registry names in its challenge. It gets no secret before its address was checked. */
export class TokenService {
  readonly #named: TokenServiceName
  readonly #realms: KnownRealms
  readonly #transport: Transport
  /** GHCR and Harbor support GET only; remembered after the first attempt. */
  #takesPost = true

  constructor(named: TokenServiceName, realms: KnownRealms, transport: Transport) {
    this.#named = named
    this.#realms = realms
    this.#transport = transport
  }

  /** Whether a challenge names this service. */
  matches(realm: string, service: string | undefined): boolean {
    return this.#named.realm === realm && this.#named.service === service
  }

  /**
   * A token for the scopes: by POST with an identity token, else by GET with name and password or anonymously. Throws
   * UNAUTHENTICATED if the service refuses, UNAVAILABLE if it fails.
   * https://distribution.github.io/distribution/spec/auth/token/ and .../oauth/
   */
  async fetch(
    scopes: readonly string[],
    credential: Credential | undefined,
    signal?: AbortSignal,
  ): Promise<Token> {
    const transport = this.#transport
    const allowedAddresses = await checkRealm(
      { ...this.#named, secret: credential !== undefined },
      this.#realms,
      transport,
    )
    const ask = (request: TokenRequest): Promise<JsonResult | Refusal> =>
      requestJson(transport, {
        ...request,
        what: serviceName(this.#named),
        limit: SIZE_LIMIT,
        allowedAddresses,
        signal,
      }).catch((cause: unknown) => {
        throw cause instanceof WasmpackError && isUnanswered(cause) ? nameService(cause, this.#named) : cause
      })
    let answer: JsonResult | Refusal | undefined
    if (credential?.kind === 'identity-token' && this.#takesPost) {
      transport.registerSecret(credential.token)
      answer = await ask(buildPost(this.#named, scopes, credential.token))
      if (answer.status === 404 || answer.status === 405) {
        this.#takesPost = false
        answer = undefined
      }
    }
    answer ??= await ask(buildGet(this.#named, scopes, credential))
    if (!answer.ok) throw toRefusal(answer, this.#named, credential, transport)
    return readToken(answer, this.#named, transport)
  }
}

/** The error of a token service that is not reached names the registry that refers to it. */
function nameService(cause: WasmpackError, named: TokenServiceName): WasmpackError {
  const { registry, origin, realm } = named
  const differs = origin.startsWith('http:') && realm.startsWith('https:')
  return new WasmpackError(cause.code, `cannot reach ${serviceName(named)}: ${cause.message}`, {
    hint: differs
      ? `registry ${registry} is contacted over HTTP, and names a token service that uses HTTPS, ${new URL(realm).origin}: check --plain-http, or the external URL in the registry's configuration`
      : cause.hint,
    details: cause.details,
    cause,
  })
}

const serviceName = ({ registry, realm }: TokenServiceName): string =>
  `the token service of registry ${registry} (${new URL(realm).host})`

function buildPost(
  { realm, service }: TokenServiceName,
  scopes: readonly string[],
  refreshToken: string,
): TokenRequest {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: CLIENT,
    refresh_token: refreshToken,
  })
  if (service !== undefined) form.set('service', service)
  if (scopes.length > 0) form.set('scope', scopes.join(' '))
  return { url: realm, body: { form } }
}

function buildGet(
  { realm, service }: TokenServiceName,
  scopes: readonly string[],
  credential: Credential | undefined,
): TokenRequest {
  const url = new URL(realm)
  if (service !== undefined) url.searchParams.set('service', service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  if (credential?.kind === 'basic') url.searchParams.set('account', credential.username)
  url.searchParams.set('client_id', CLIENT)
  const authorization = credential === undefined ? undefined : formatBasicHeader(credential)
  return { url: url.href, headers: authorization === undefined ? {} : { authorization } }
}

function toRefusal(
  { status, body, attempts, header }: Refusal,
  named: TokenServiceName,
  credential: Credential | undefined,
  transport: Transport,
): WasmpackError {
  const words = formatErrorMessage(body, (text) => transport.redact(text))
  const said = words === '' ? '' : `: ${words}`
  const service = serviceName(named)
  const details = {
    host: named.registry,
    tokenService: new URL(named.realm).host,
    status,
    ...(attempts > 1 ? { attempts } : {}),
  }
  if (isTransientStatus(status) || status >= 500)
    return new WasmpackError(
      'UNAVAILABLE',
      `${service} answered ${formatStatus(status)}${said}${formatAttempts(attempts)}`,
      { hint: `try again ${formatRetryTime(header('retry-after'))}`, details },
    )
  const found = credential === undefined ? 'requires credentials' : 'rejected the credentials'
  return new WasmpackError('UNAUTHENTICATED', `${service} ${found} (${formatStatus(status)})${said}`, {
    hint: `log in with: wasmpack login ${named.registry}`,
    details,
  })
}

function readToken({ json, header }: JsonResult, named: TokenServiceName, transport: Transport): Token {
  const unusable = (): WasmpackError =>
    new WasmpackError('UNAVAILABLE', `${serviceName(named)} returned no usable token`, {
      details: { host: named.registry },
    })
  if (!isRecord(json)) throw unusable()
  // Harbor sends an empty access_token.
  const token = json['token'] || json['access_token']
  if (typeof token !== 'string' || !isBearerToken(token)) throw unusable()
  transport.registerSecret(token)
  const life = computeUsableSeconds(json, header('date'))
  const now = transport.clock.now()
  return { token, expires: now + life * 1000, halfway: now + life * 500 }
}

/**
 * How long a token is used, in seconds. A cache may return an old one; its age is computed from the service's own timestamps,
 * since the local clock may be wrong.
 */
function computeUsableSeconds(answer: Readonly<Record<string, unknown>>, date: string | undefined): number {
  const { expires_in: given, issued_at: issued } = answer
  const life = Math.max(typeof given === 'number' ? given : SHORTEST_LIFE, SHORTEST_LIFE)
  const age = typeof issued === 'string' ? (Date.parse(date ?? '') - Date.parse(issued)) / 1000 : 0
  return Math.max(life - MARGIN - (age > 0 ? age : 0), SHORTEST_USE)
}
