import { createHash, randomBytes } from 'node:crypto'

import { WasmpackError } from '../../errors.ts'
import { listenOnLoopback } from '../../http/loopback-listener.ts'
import { printable } from '../../printable.ts'
import { lacks } from '../provider.ts'
import { type ProviderSession, refuseTokens, requestTokens, type Tokens } from '../token-endpoint.ts'
import { SCOPE } from './scope.ts'

const CALLBACK = '/auth/callback'
/** How long a person may take to sign in, in milliseconds. */
const PATIENCE = 300_000

/** Tokens that answer one authorization request. */
export interface BrowserTokens extends Tokens {
  /** What the ID token must repeat. */
  readonly nonce: string
}

/**
 * Tokens of a person who signs in with the browser of this machine, which brings the authorization code to a loopback address
 * (RFC 8252), with PKCE (RFC 7636), state and nonce. `openPage` shows the person the page.
 */
export async function runBrowserFlow(
  session: ProviderSession,
  openPage: (url: string) => Promise<void>,
  signal: AbortSignal,
): Promise<BrowserTokens> {
  const { provider, client, transport } = session
  if (provider.authorizationEndpoint === undefined) throw lacks(provider.name, 'authorization_endpoint')
  const [state, nonce, verifier] = [createSecret(), createSecret(), createSecret()]
  transport.registerSecret(verifier)
  const listener = await listenOnLoopback(CALLBACK)
  const over = new AbortController()
  try {
    const page = new URL(provider.authorizationEndpoint)
    const parameters = {
      response_type: 'code',
      client_id: client.id,
      redirect_uri: listener.url,
      scope: SCOPE,
      state,
      nonce,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }
    for (const [name, value] of Object.entries(parameters)) page.searchParams.set(name, value)
    await openPage(page.href)
    const patience = transport.clock.sleep(PATIENCE, over.signal).then(() => {
      throw refuse(provider.name, `nobody signed in within ${PATIENCE / 1000} seconds`)
    })
    const answer = await Promise.race([listener.receive(signal), patience])
    const code = readCode(answer, state, session)
    transport.registerSecret(code)
    const tokens = await requestTokens(session, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: listener.url,
      code_verifier: verifier,
    })
    if ('status' in tokens) throw refuseTokens(session, tokens)
    return { ...tokens, nonce }
  } finally {
    over.abort(new Error('no longer waiting'))
    listener.close()
  }
}

const createSecret = (): string => randomBytes(32).toString('base64url')

const refuse = (name: string, problem: string): WasmpackError =>
  new WasmpackError('UNAUTHENTICATED', `${name}: ${problem}`, { hint: 'run the command again' })

/** The authorization code of a response that is for this request, and from this provider (RFC 9207). */
function readCode(answer: URLSearchParams, state: string, { provider }: ProviderSession): string {
  const { name, issuer, namesIssuer } = provider
  if (answer.get('state') !== state)
    throw refuse(name, 'the browser brought the answer to another request (state)')
  const from = answer.get('iss')
  if (from === null ? namesIssuer : from !== issuer)
    throw refuse(name, 'the browser brought the answer of another provider (iss)')
  const error = answer.get('error')
  if (error !== null)
    throw refuse(
      name,
      `the sign-in failed: ${printable([error, answer.get('error_description') ?? ''].join(' ').trim().slice(0, 300))}`,
    )
  const code = answer.get('code')
  if (code !== null && code !== '') return code
  throw refuse(name, 'the browser brought no authorization code')
}
