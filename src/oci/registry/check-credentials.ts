import { WasmpackError } from '../../errors.ts'
import { readErrorBody } from '../../http/error-body.ts'
import type { HttpResponse } from '../../http/exchange.ts'
import type { Transport } from '../../http/transport.ts'
import { parseChallenges } from './challenge.ts'
import { type Credential, basicHeader, wireHost } from './credential.ts'
import { registryFailure } from './failure.ts'
import { fetchToken } from './token.ts'

/**
 * Proves that a registry accepts a credential, before it is stored. The credential goes along with the first request,
 * since an anonymous welcome proves nothing (zot), and the token is asked for without a scope, since a wrong password with
 * one earns an anonymous token (Harbor). Throws UNAUTHENTICATED when it is refused, and UNAVAILABLE when something
 * answers that is no registry: a redirect to another server is not followed, and a web page is no welcome.
 */
export async function checkCredentials(
  registry: string,
  credential: Credential,
  transport: Transport,
  signal?: AbortSignal,
): Promise<void> {
  const origin = transport.originFor(wireHost(registry))
  const ask = (authorization: string | undefined): Promise<HttpResponse> =>
    transport.send({
      method: 'GET',
      url: `${origin}/v2/`,
      headers: authorization === undefined ? {} : { authorization },
      redirect: 'same-origin',
      signal,
    })
  const failed = (response: HttpResponse): Promise<WasmpackError> =>
    registryFailure(
      response,
      {
        registry,
        what: 'check of the credentials',
        absent: `${registry} is no registry: it does not know /v2/`,
        credentials: 'this login',
      },
      (text) => transport.redact(text),
    )
  const first = credential.kind === 'identity-token' ? undefined : directHeader(credential)
  let response = await ask(first)
  if (response.status === 401 && first !== undefined && !response.header('www-authenticate')) {
    // zot with tokens does not challenge a request that brings something else along.
    const bare = await ask(undefined)
    if (bare.status === 401) {
      await response.discard()
      response = bare
    } else await bare.discard()
  }
  if (response.status === 200) {
    await checkWelcome(response, registry)
    if (first !== undefined) return
    throw new WasmpackError(
      'UNAUTHENTICATED',
      `registry ${registry} welcomes everybody, so an identity token cannot be checked with it`,
      { hint: 'log in with a user name and --password-stdin' },
    )
  }
  if (response.status !== 401) throw await failed(response)
  const bearer = parseChallenges(response.header('www-authenticate')).find(
    ({ scheme, parameters }) => scheme === 'bearer' && parameters.get('realm'),
  )
  if (bearer === undefined || credential.kind === 'registry-token') throw await failed(response)
  await response.discard()
  const { token } = await fetchToken({
    registry,
    origin,
    realm: bearer.parameters.get('realm')!,
    service: bearer.parameters.get('service') || undefined,
    scopes: [],
    credential,
    transport,
    signal,
  })
  const second = await ask(`Bearer ${token}`)
  if (second.status !== 200) throw await failed(second)
  await checkWelcome(second, registry)
}

/** A registry welcomes with an empty or a JSON body, or names itself in a header; whatever else says 200 proves nothing. */
async function checkWelcome(response: HttpResponse, registry: string): Promise<void> {
  const { json, words } = await readErrorBody(response)
  const page = /^\s*text\/html/i.test(response.header('content-type') ?? '')
  const named = !page && Boolean(response.header('docker-distribution-api-version'))
  if (json !== undefined || words === '' || named) return
  throw new WasmpackError(
    'UNAVAILABLE',
    `${registry} does not answer as a registry, the credentials prove nothing`,
    {
      hint: 'a login page or a captive portal answered in its place; check the name of the registry and the network',
      details: { host: registry, status: response.status },
    },
  )
}

const directHeader = (credential: Credential): string | undefined =>
  credential.kind === 'registry-token' ? `Bearer ${credential.token}` : basicHeader(credential)
