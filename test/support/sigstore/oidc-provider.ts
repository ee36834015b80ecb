import { createHash } from 'node:crypto'

import { serve, type Served } from '../serve.ts'
import { readBody, sendJson } from './answers.ts'
import { goodClaims, makeToken } from './tokens.ts'

export interface ProviderSwitches {
  /** Changes the metadata before they are served. */
  readonly metadata?: (metadata: Record<string, unknown>, origin: string) => void
  /** Answers of the token endpoint in turn: an OAuth 2 error, or a token. The last one is repeated. */
  readonly answers?: readonly (string | 'token')[]
  /** In seconds; what the provider asks of devices. */
  readonly interval?: number
  readonly deviceLife?: number
  /** Changes the claims of the ID token. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** How long tokens live, in seconds: one after the other, and the last one's for all later ones. */
  readonly tokenLives?: readonly number[]
  readonly givesRefreshTokens?: boolean
  /** Gives an access token alone. */
  readonly withoutIdToken?: boolean
}

export interface ImitatedProvider extends Served {
  readonly issuer: string
  /** The forms that the token endpoint got. */
  readonly forms: readonly URLSearchParams[]
  /** Plays the browser: what it brings back for an authorization request, as `change` has it. */
  authorize(page: string, change?: (answer: URLSearchParams) => void): URL
}

export const DEVICE_CODE = 'device-code-canary'
export const REFRESH_TOKEN = 'refresh-token-canary'

/** Imitates Keycloak 26: discovery, device grants, authorization codes with PKCE, client credentials, refresh tokens. */
export async function startProvider(switches: ProviderSwitches = {}): Promise<ImitatedProvider> {
  const forms: URLSearchParams[] = []
  const codes = new Map<string, URLSearchParams>()
  const { answers = ['token'], interval, deviceLife = 600 } = switches
  const served = await serve(async (request, response) => {
    const { issuer, origin } = addresses()
    switch (request.url) {
      case '/realms/wasm/.well-known/openid-configuration': {
        const metadata = {
          issuer,
          token_endpoint: `${issuer}/token`,
          authorization_endpoint: `${issuer}/auth`,
          device_authorization_endpoint: `${issuer}/device`,
          authorization_response_iss_parameter_supported: true,
        }
        switches.metadata?.(metadata, origin)
        return sendJson(response, 200, metadata)
      }
      case '/realms/wasm/device':
        forms.push(new URLSearchParams((await readBody(request)).toString()))
        return sendJson(response, 200, {
          device_code: DEVICE_CODE,
          user_code: 'ABCD-EFGH',
          verification_uri: `${issuer}/device`,
          verification_uri_complete: `${issuer}/device?user_code=ABCD-EFGH`,
          expires_in: deviceLife,
          ...(interval !== undefined && { interval }),
        })
      case '/realms/wasm/token': {
        const form = new URLSearchParams((await readBody(request)).toString())
        const turn = forms.filter((one) => one.has('grant_type')).length
        forms.push(form)
        const answer = answers[Math.min(turn, answers.length - 1)]!
        if (answer !== 'token')
          return sendJson(response, 400, { error: answer, error_description: 'of the test' })
        const asked = codes.get(form.get('code') ?? '')
        if (form.get('grant_type') === 'authorization_code' && !isAnswered(asked, form))
          return sendJson(response, 400, {
            error: 'invalid_grant',
            error_description: 'PKCE verification failed',
          })
        return sendJson(response, 200, issue(asked))
      }
      default:
        return sendJson(response, 404, {})
    }
  })
  const addresses = (): { readonly issuer: string; readonly origin: string } => ({
    issuer: `${served.origin}/realms/wasm`,
    origin: served.origin,
  })
  let issued = 0
  const issue = (asked: URLSearchParams | undefined): object => {
    const { tokenLives = [300], claims, givesRefreshTokens, withoutIdToken } = switches
    const tokenLife = tokenLives[Math.min(issued++, tokenLives.length - 1)]!
    const token = makeToken({
      ...goodClaims(addresses().issuer),
      exp: Math.floor(Date.now() / 1000) + tokenLife,
      ...(asked && { nonce: asked.get('nonce') }),
      ...claims,
    })
    return {
      access_token: token,
      token_type: 'Bearer',
      ...(withoutIdToken ? {} : { id_token: token }),
      ...(givesRefreshTokens && { refresh_token: REFRESH_TOKEN }),
    }
  }
  return Object.assign(served, {
    issuer: addresses().issuer,
    forms,
    authorize(page: string, change?: (answer: URLSearchParams) => void) {
      const asked = new URL(page).searchParams
      const code = `code-canary-${codes.size}`
      codes.set(code, asked)
      const answer = new URLSearchParams({ code, state: asked.get('state')!, iss: addresses().issuer })
      change?.(answer)
      return new URL(`${asked.get('redirect_uri')}?${answer}`)
    },
  })
}

/** RFC 7636, section 4.6, and that the redirect is the one that was asked for. */
const isAnswered = (asked: URLSearchParams | undefined, form: URLSearchParams): boolean =>
  asked !== undefined &&
  asked.get('code_challenge_method') === 'S256' &&
  asked.get('redirect_uri') === form.get('redirect_uri') &&
  asked.get('code_challenge') ===
    createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
