import type { Reply } from './faults.ts'

/** How a registry lets people in. */
export type Auth =
  | { readonly kind: 'none' }
  | (Account & { readonly kind: 'basic' })
  | (Account & {
      readonly kind: 'bearer'
      /**
       * Whose ways to imitate. `harbor`: a wrong password with a scope earns an anonymous token, access_token is empty, and
       * every refused Authorization is challenged with Basic. `zot`: a refused one is not challenged at all.
       */
      readonly like?: 'distribution' | 'harbor' | 'zot'
      /** Everybody may read; in Harbor also who gives a wrong password, by an anonymous token. */
      readonly readable?: boolean
      /** Named in the challenge instead of the registry's own `/token`. */
      readonly realm?: string
      /** Takes POST with this refresh token; without it POST is answered with 405. */
      readonly identityToken?: string
    })
  /** zot with an anonymous policy: everybody may read, and /v2/ welcomes everybody with a challenge on the 200. */
  | (Account & { readonly kind: 'anonymous-pull' })

interface Account {
  readonly username: string
  readonly password: string
  /** What the account may do; both when absent. */
  readonly rights?: 'pull' | 'push'
}

export interface Visitor {
  readonly method: string
  /** With its query. */
  readonly url: string
  readonly authorization: string | undefined
}

const JSON_TYPE = { 'content-type': 'application/json' }

const denied = (code: string, message: string): Buffer =>
  Buffer.from(JSON.stringify({ errors: [{ code, message }] }))

/** Stands in front of the registry: challenges, checks, and serves `/token`. */
export class Gate {
  readonly #auth: Auth
  readonly #tokens = new Map<string, { readonly actions: ReadonlySet<string>; readonly named: boolean }>()
  #issued = 0

  constructor(auth: Auth) {
    this.#auth = auth
  }

  /** Makes every token that was given out worthless, as time would. */
  expireTokens(): void {
    this.#tokens.clear()
  }

  /** The gate's own answer, or undefined to let the visitor in. `origin` is the registry's own. */
  check(visitor: Visitor, origin: string): Reply | undefined {
    const auth = this.#auth
    const needed = visitor.method === 'GET' || visitor.method === 'HEAD' ? 'pull' : 'push'
    switch (auth.kind) {
      case 'none':
        return undefined
      case 'basic':
        return this.#checkBasic(visitor, needed)
      case 'anonymous-pull':
        if (visitor.authorization === undefined && needed === 'pull')
          return isPing(visitor)
            ? { status: 200, headers: { ...JSON_TYPE, 'www-authenticate': 'basic realm=zot' } }
            : undefined
        return this.#checkBasic(visitor, needed)
      case 'bearer':
        return this.#checkBearer(visitor, needed, origin)
    }
  }

  #checkBasic({ authorization }: Visitor, needed: 'pull' | 'push'): Reply | undefined {
    if (!this.#isAccount(authorization))
      return {
        status: 401,
        headers: { ...JSON_TYPE, 'www-authenticate': 'basic realm=test' },
        body: denied('UNAUTHORIZED', 'authentication required'),
      }
    return this.#may(needed) ? undefined : forbidden()
  }

  #checkBearer(visitor: Visitor, needed: 'pull' | 'push', origin: string): Reply | undefined {
    const { authorization, url } = visitor
    const auth = this.#auth
    if (auth.kind !== 'bearer') return undefined
    if (auth.like === 'harbor' && this.#isAccount(authorization) && this.#may(needed)) return undefined
    const token = this.#tokens.get(authorization?.replace(/^Bearer /, '') ?? '')
    if (
      token !== undefined &&
      (isPing(visitor) ? token.named || auth.like !== 'harbor' : token.actions.has(needed))
    )
      return undefined
    const repository = /^\/v2\/(.+?)\/(?:blobs|manifests|tags|referrers)\//.exec(url)?.[1]
    const scope =
      repository === undefined
        ? ''
        : `,scope="repository:${repository}:${needed === 'push' ? 'pull,push' : 'pull'}"`
    const bearer = `Bearer realm="${auth.realm ?? `${origin}/token`}",service="test, registry"${scope}`
    const challenge =
      authorization === undefined || (auth.like ?? 'distribution') === 'distribution'
        ? bearer
        : auth.like === 'harbor'
          ? 'Basic realm="harbor"'
          : undefined
    const bare = Buffer.from(JSON.stringify({ code: 'UNSUPPORTED', message: 'invalid token' }))
    return {
      status: 401,
      headers: { ...JSON_TYPE, 'www-authenticate': challenge },
      body: challenge === undefined ? bare : denied('UNAUTHORIZED', 'unauthorized to access repository'),
    }
  }

  /** The token service. `body` is that of a POST. */
  token(visitor: Visitor, body: string): Reply {
    const auth = this.#auth
    if (auth.kind !== 'bearer') return { status: 404 }
    if (visitor.method === 'POST') {
      const form = new URLSearchParams(body)
      if (auth.identityToken === undefined) return { status: 405, body: Buffer.from('Method Not Allowed\n') }
      const known = form.get('refresh_token') === auth.identityToken
      return known && form.get('grant_type') === 'refresh_token'
        ? this.#grant(form.get('scope')?.split(' ') ?? [], true)
        : { status: 401, headers: JSON_TYPE, body: denied('UNAUTHORIZED', 'unknown token') }
    }
    const query = new URL(visitor.url, 'http://registry.test').searchParams
    if (query.get('service') !== 'test, registry')
      return { status: 400, body: Buffer.from('Unable to handle service') }
    const scopes = query.getAll('scope')
    const named = this.#isAccount(visitor.authorization)
    if (!named && (auth.like !== 'harbor' || scopes.length === 0)) return { status: 401 }
    return this.#grant(scopes, named)
  }

  #grant(scopes: readonly string[], named: boolean): Reply {
    const readable = 'readable' in this.#auth && this.#auth.readable === true
    const actions = scopes
      .flatMap((scope) => scope.slice(scope.lastIndexOf(':') + 1).split(','))
      .filter((action) => (named ? this.#may(action) : readable && action === 'pull'))
    const token = `issued-token-${++this.#issued}`
    this.#tokens.set(token, { actions: new Set(actions), named })
    const body = JSON.stringify({ token, access_token: '', expires_in: 1800 })
    return { status: 200, headers: JSON_TYPE, body: Buffer.from(body) }
  }

  #may(action: string): boolean {
    return !('rights' in this.#auth && this.#auth.rights === 'pull' && action !== 'pull')
  }

  #isAccount(authorization: string | undefined): boolean {
    if (!('username' in this.#auth)) return false
    const expected = Buffer.from(`${this.#auth.username}:${this.#auth.password}`).toString('base64')
    return authorization === `Basic ${expected}`
  }
}

const isPing = ({ url }: Visitor): boolean => /^\/v2\/(?:\?|$)/.test(url)

const forbidden = (): Reply => ({
  status: 403,
  headers: { ...JSON_TYPE, 'www-authenticate': 'basic realm=test' },
  body: denied('DENIED', 'requested access to the resource is denied'),
})
