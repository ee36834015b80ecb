import { WasmpackError } from '../errors.ts'
import type { Transport } from '../http/transport.ts'
import { type IdentityToken, readIdentityToken, type TokenRequirement } from './identity-token.ts'
import type { TokenSource } from './token-source.ts'

/** Gives an identity token that is still valid when it is needed, renewed where its source can. */
export interface TokenSupply {
  /** A checked token, with some seconds left or new. Throws UNAUTHENTICATED if there is none. */
  take(): Promise<IdentityToken>
}

/** A token is renewed this long before its expiry, in milliseconds: it has to reach its receiver, whose clock may differ. */
const MARGIN = 10_000

/** A supply from one source; all tokens are hidden in the debug lines and messages of the transport. */
export function createTokenSupply(
  source: TokenSource,
  requirement: Omit<TokenRequirement, 'now' | 'nonce'>,
  transport: Transport,
): TokenSupply {
  let current: IdentityToken | undefined
  const fetch = async (): Promise<IdentityToken> => {
    const { text, nonce } = await source.fetchToken()
    transport.registerSecret(text)
    // The signature of a token is what makes it one; a log that hides the whole must hide that too.
    transport.registerSecret(text.slice(text.lastIndexOf('.') + 1))
    const token = readIdentityToken(text, { ...requirement, nonce, now: transport.clock.now() }, source.name)
    transport.debug(`* identity token of ${source.name}, issuer ${token.issuer}`)
    return token
  }
  return {
    async take() {
      if (current !== undefined && current.expires > transport.clock.now() + MARGIN) return current
      if (current !== undefined && !source.renewable) throw outlasted(source.name, current)
      // One that is new is used however short it lives.
      current = await fetch()
      return current
    },
  }
}

const outlasted = (source: string, { expires }: IdentityToken): WasmpackError =>
  new WasmpackError(
    'UNAUTHENTICATED',
    `the identity token of ${source} expired before it was needed (${new Date(expires).toISOString()})`,
    {
      hint: 'get a token that outlasts the upload, or one that wasmpack can renew: --oidc-flow client-credentials',
    },
  )
