import { WasmpackError } from '../../../errors.ts'
import { readErrorBody, statusText } from '../../../http/error-body.ts'
import type { HttpResponse } from '../../../http/answer.ts'
import { type Attempts, afterAttempts, attemptsBefore } from '../../../http/attempts.ts'
import { whenAgain, isTransientStatus } from '../../../http/retry.ts'
import type { HttpRequest, Transport } from '../../../http/transport.ts'
import { collect } from '../../descriptor.ts'
import { isRecord, MalformedJson, parseJson } from '../../../json.ts'
import { type Credential, basicHeader, isBearerToken } from '../credentials/credential.ts'
import { registryWords } from '../errors/registry-words.ts'
import { type KnownRealms, checkRealm } from './realm.ts'

export interface Token {
  readonly token: string
  /** Milliseconds since 1970; a little before its end. */
  readonly expires: number
  /** When half of its life is over. */
  readonly halfway: number
}

export interface NamedService {
  /** The registry as users write it. */
  readonly registry: string
  /** Where the registry itself is reached. */
  readonly origin: string
  readonly realm: string
  readonly service: string | undefined
}

const CLIENT = 'wasmpack'
const SIZE_LIMIT = 128 * 1024
/** What the token protocol promises when an answer says nothing, or less; in seconds. */
const SHORTEST_LIFE = 60
/** Given up this long before its end, so that it does not expire on its way; in seconds. */
const MARGIN = 10
/** A token that a cache had for long is used all the same; in seconds. */
const SHORTEST_USE = 5

type Part = Pick<HttpRequest, 'method' | 'url' | 'body' | 'headers'>

/** The token service that a registry names in its challenge. It sees no secret before its address was checked. */
export class TokenService {
  readonly #named: NamedService
  readonly #realms: KnownRealms
  readonly #transport: Transport
  /** GHCR and Harbor know GET only, and need not be asked twice. */
  #takesPost = true

  constructor(named: NamedService, realms: KnownRealms, transport: Transport) {
    this.#named = named
    this.#realms = realms
    this.#transport = transport
  }

  /** Whether a challenge names this one. */
  is(realm: string, service: string | undefined): boolean {
    return this.#named.realm === realm && this.#named.service === service
  }

  /**
   * A token for the scopes: by POST with an identity token, else by GET with name and password or anonymously. Throws
   * UNAUTHENTICATED when the service refuses, UNAVAILABLE when it does not work.
   * https://distribution.github.io/distribution/spec/auth/token/ and .../oauth/
   */
  async fetch(
    scopes: readonly string[],
    credential: Credential | undefined,
    signal?: AbortSignal,
  ): Promise<Token> {
    const transport = this.#transport
    const reach = await checkRealm(
      { ...this.#named, secret: credential !== undefined },
      this.#realms,
      transport,
    )
    const send = (part: Part, retry: Attempts): Promise<HttpResponse> =>
      transport.send({ ...part, reach, redirect: 'same-origin', signal, retry })
    const answer = async (response: HttpResponse): Promise<Token> => {
      if (response.status !== 200) throw await refusal(response, this.#named, credential, transport)
      return await read(response, this.#named, transport)
    }
    return await transport.attempts(signal).whole(async (retry) => {
      if (credential?.kind === 'identity-token' && this.#takesPost) {
        transport.conceal(credential.token)
        const response = await send(byPost(this.#named, scopes, credential.token), retry)
        if (response.status !== 404 && response.status !== 405) return response
        this.#takesPost = false
        await response.discard()
      }
      return await send(byGet(this.#named, scopes, credential), retry)
    }, answer)
  }
}

function byPost({ realm, service }: NamedService, scopes: readonly string[], refreshToken: string): Part {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: CLIENT,
    refresh_token: refreshToken,
  })
  if (service !== undefined) form.set('service', service)
  if (scopes.length > 0) form.set('scope', scopes.join(' '))
  const bytes = Buffer.from(form.toString())
  return {
    method: 'POST',
    url: realm,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: {
      size: bytes.length,
      async *open() {
        yield bytes
      },
    },
  }
}

function byGet(
  { realm, service }: NamedService,
  scopes: readonly string[],
  credential: Credential | undefined,
): Part {
  const url = new URL(realm)
  if (service !== undefined) url.searchParams.set('service', service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  if (credential?.kind === 'basic') url.searchParams.set('account', credential.username)
  url.searchParams.set('client_id', CLIENT)
  const authorization = credential === undefined ? undefined : basicHeader(credential)
  return {
    method: 'GET',
    url: url.href,
    headers: { accept: 'application/json', ...(authorization === undefined ? {} : { authorization }) },
  }
}

async function refusal(
  response: HttpResponse,
  { registry, realm }: NamedService,
  credential: Credential | undefined,
  transport: Transport,
): Promise<WasmpackError> {
  const words = registryWords(await readErrorBody(response), (text) => transport.redact(text))
  const said = words === '' ? '' : `: ${words}`
  const { host } = new URL(realm)
  const attempts = attemptsBefore(response)
  const details = {
    host: registry,
    tokenService: host,
    status: response.status,
    ...(attempts > 1 ? { attempts } : {}),
  }
  if (isTransientStatus(response.status) || response.status >= 500)
    return new WasmpackError(
      'UNAVAILABLE',
      `the token service of registry ${registry} (${host}) answered ${statusText(response.status)}${said}${afterAttempts(attempts)}`,
      { hint: `try again ${whenAgain(response.header('retry-after'))}`, details },
    )
  const found = credential === undefined ? 'gives no token without credentials' : 'refused the credentials'
  return new WasmpackError(
    'UNAUTHENTICATED',
    `the token service of registry ${registry} (${host}) ${found} (${statusText(response.status)})${said}`,
    { hint: `log in with: wasmpack login ${registry}`, details },
  )
}

async function read(
  response: HttpResponse,
  { registry, realm }: NamedService,
  transport: Transport,
): Promise<Token> {
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
    throw (error instanceof WasmpackError && error.code === 'ARTIFACT_MALFORMED') ||
      error instanceof MalformedJson
      ? unusable(error)
      : error
  }
  if (!isRecord(answer)) throw unusable()
  // Harbor's access_token is there and empty.
  const token = answer['token'] || answer['access_token']
  if (typeof token !== 'string' || !isBearerToken(token)) throw unusable()
  transport.conceal(token)
  const life = usableSeconds(answer, response.header('date'))
  const now = transport.clock.now()
  return { token, expires: now + life * 1000, halfway: now + life * 500 }
}

/**
 * How long a token is used. A cache may have issued it a while ago; how long ago, the service's two clocks tell, since ours
 * may be wrong.
 */
function usableSeconds(answer: Readonly<Record<string, unknown>>, date: string | undefined): number {
  const { expires_in: given, issued_at: issued } = answer
  const life = Math.max(typeof given === 'number' ? given : SHORTEST_LIFE, SHORTEST_LIFE)
  const age = typeof issued === 'string' ? (Date.parse(date ?? '') - Date.parse(issued)) / 1000 : 0
  return Math.max(life - MARGIN - (age > 0 ? age : 0), SHORTEST_USE)
}
