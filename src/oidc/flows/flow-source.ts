import { hasAudience } from '../identity-token.ts'
import { discoverProvider, type Provider } from '../provider.ts'
import { type Client, requestTokens, type Tokens } from '../token-endpoint.ts'
import type { FetchedToken, TokenSource } from '../token-source.ts'
import type { Transport } from '../../http/transport.ts'
import { WasmpackError } from '../../errors.ts'
import { runBrowserFlow } from './browser.ts'
import { runClientCredentials } from './client-credentials.ts'
import { runDeviceFlow } from './device.ts'

export type Flow = 'client-credentials' | 'device' | 'browser'

/** A flow of OAuth 2, and what it needs. */
export interface FlowRequest {
  readonly flow: Flow
  readonly issuer: string
  readonly client: Client
  /** Audiences that the token may have. */
  readonly audiences: readonly string[]
  /** Tells the person at the terminal what to do. */
  readonly tell: (line: string) => void
  /** Opens a page in the user's browser; false if that is not possible. */
  readonly openBrowser: (url: string) => Promise<boolean>
  readonly signal: AbortSignal
}

/** Tokens by a flow: later ones with the refresh token of the first, where the provider gave one. */
export function createFlowSource(request: FlowRequest, transport: Transport): TokenSource {
  const { flow, issuer, client, audiences } = request
  let provider: Promise<Provider> | undefined
  let refreshToken: string | undefined
  const accept = (tokens: Tokens & { readonly nonce?: string }): FetchedToken => {
    refreshToken = tokens.refreshToken ?? refreshToken
    const { idToken, accessToken, nonce } = tokens
    // Keycloak gives a client without a person an access token with the audience of its mappers.
    if (idToken === undefined || (flow === 'client-credentials' && !hasAudience(idToken, audiences))) {
      if (accessToken !== undefined) return { text: accessToken }
    }
    if (idToken !== undefined) return { text: idToken, ...(nonce !== undefined && { nonce }) }
    throw new WasmpackError('UNAUTHENTICATED', `the issuer ${issuer} gave no ID token`, {
      hint: 'the client must be one of OpenID Connect, with the scope openid',
    })
  }
  return {
    name: `${issuer} by ${flow}`,
    renewable: true,
    async fetchToken() {
      provider ??= discoverProvider(issuer, transport)
      const session = { provider: await provider, client, transport }
      if (refreshToken !== undefined) {
        const renewed = await requestTokens(session, {
          grant_type: 'refresh_token',
          refresh_token: refreshToken,
        })
        // A session that has ended needs the person, or the client, again.
        if (!('status' in renewed)) return accept(renewed)
      }
      return accept(await runFlow(request, session))
    },
  }
}

type Session = Parameters<typeof runClientCredentials>[0]

function runFlow({ flow, tell, openBrowser, signal }: FlowRequest, session: Session): Promise<Tokens> {
  switch (flow) {
    case 'client-credentials':
      return runClientCredentials(session)
    case 'device':
      return runDeviceFlow(session, tell, signal)
    case 'browser':
      return runBrowserFlow(
        session,
        async (url) => {
          const opened = await openBrowser(url)
          tell(opened ? `sign in with your browser; if none opened: ${url}` : `to sign in, open ${url}`)
        },
        signal,
      )
  }
}
