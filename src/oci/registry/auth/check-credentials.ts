import { WasmpackError } from '../../../errors.ts'
import { readErrorBody } from '../../../http/error-body.ts'
import type { HttpResponse } from '../../../http/response.ts'
import type { Transport } from '../../../http/transport.ts'
import { parseChallenges } from '../../../http/challenge.ts'
import { type Credential, formatBasicHeader, toWireHost } from '../credentials/credential.ts'
import { toRegistryError } from '../errors/registry-error.ts'
import { LOGIN_HINT, THIS_LOGIN } from '../errors/diagnosis.ts'
import { type KnownRealms, NO_REALMS, checkRealm } from './realm.ts'
import { TokenService } from './token.ts'

export interface CheckOptions {
  readonly transport: Transport
  readonly realms?: KnownRealms
  readonly signal?: AbortSignal | undefined
}

/**
 * Verifies that a registry accepts a credential, before it is stored. The first request already sends it, since anonymous access
 * proves nothing (zot), and the token is requested without a scope, since Harbor returns an anonymous token for a wrong password
 * with one. Returns the token service that the registry names, if any, after checking its address. Throws UNAUTHENTICATED if the
 * credential is rejected, and UNAVAILABLE if the server is not a registry; redirects to other servers are not followed.
 */
export async function checkCredentials(
  registry: string,
  credential: Credential,
  { transport, realms = NO_REALMS, signal }: CheckOptions,
): Promise<{ readonly realm?: string }> {
  const origin = transport.resolveOrigin(toWireHost(registry))
  const ask = (authorization: string | undefined): Promise<HttpResponse> =>
    transport.send({
      method: 'GET',
      url: `${origin}/v2/`,
      headers: authorization === undefined ? {} : { authorization },
      redirect: 'same-origin',
      signal,
    })
  const failed = (response: HttpResponse): Promise<WasmpackError> =>
    toRegistryError(
      response,
      {
        registry,
        what: 'check of the credentials',
        notFound: `${registry} is not a registry: it has no /v2/ endpoint`,
        credentials: THIS_LOGIN,
      },
      (text) => transport.redact(text),
    )
  const first = credential.kind === 'identity-token' ? undefined : formatDirectHeader(credential)
  let response = await ask(first)
  let bearer = findBearerChallenge(response)
  if (first !== undefined && bearer === undefined && (response.status === 200 || response.status === 401)) {
    // Harbor accepts the password itself, and zot does not challenge a request with credentials: only an anonymous request
    // shows the token service.
    const anonymous = await ask(undefined)
    bearer = anonymous.status === 401 ? findBearerChallenge(anonymous) : undefined
    await anonymous.discard()
  }
  const named = bearer && { registry, origin, realm: bearer.realm, service: bearer.service }
  if (response.status === 200) {
    await checkWelcome(response, registry)
    if (first === undefined)
      throw new WasmpackError(
        'UNAUTHENTICATED',
        `registry ${registry} accepts anonymous requests, so an identity token cannot be verified`,
        { hint: `log in with: wasmpack login ${registry} -u USER --password-stdin` },
      )
    if (named === undefined) return {}
    if (credential.kind !== 'registry-token') await checkRealm({ ...named, secret: true }, realms, transport)
    return { realm: named.realm }
  }
  if (response.status !== 401 || named === undefined || credential.kind === 'registry-token')
    throw await failed(response)
  await response.discard()
  const { token } = await new TokenService(named, realms, transport)
    .fetch([], credential, signal)
    .catch((cause: unknown) => {
      throw cause instanceof WasmpackError && cause.code === 'UNAUTHENTICATED' ? addLoginHint(cause) : cause
    })
  response = await ask(`Bearer ${token}`)
  if (response.status !== 200) throw await failed(response)
  await checkWelcome(response, registry)
  return { realm: named.realm }
}

const addLoginHint = (cause: WasmpackError): WasmpackError =>
  new WasmpackError(cause.code, cause.message, { hint: LOGIN_HINT, details: cause.details, cause })

function findBearerChallenge(
  response: HttpResponse,
): { readonly realm: string; readonly service: string | undefined } | undefined {
  const found = parseChallenges(response.header('www-authenticate')).find(
    ({ scheme, parameters }) => scheme === 'bearer' && parameters.get('realm'),
  )?.parameters
  return found && { realm: found.get('realm')!, service: found.get('service') || undefined }
}

/** A registry answers /v2/ with an empty or a JSON body, or identifies itself in a header; any other 200 proves nothing. */
async function checkWelcome(response: HttpResponse, registry: string): Promise<void> {
  const { json, text } = await readErrorBody(response)
  const page = /^\s*text\/html/i.test(response.header('content-type') ?? '')
  const named = !page && Boolean(response.header('docker-distribution-api-version'))
  if (json !== undefined || text === '' || named) return
  throw new WasmpackError(
    'UNAVAILABLE',
    `${registry} does not respond as a registry, so the credentials were not verified`,
    {
      hint: 'a login page or a captive portal answered instead: check the name of the registry and the network',
      details: { host: registry, status: response.status },
    },
  )
}

const formatDirectHeader = (credential: Credential): string | undefined =>
  credential.kind === 'registry-token' ? `Bearer ${credential.token}` : formatBasicHeader(credential)
