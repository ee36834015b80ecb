import { JSON_TYPE, type Reply, plainText, refusal } from './asked.ts'
import {
  type Action,
  type Gate,
  type Need,
  type Visitor,
  isAccount,
  isPing,
  may,
  needs,
  scopesOf,
} from './visitor.ts'
import type { BearerAuth } from './auth-switches.ts'

interface Token {
  /** `repository action`, of everything that it allows. */
  readonly allows: ReadonlySet<string>
  readonly named: boolean
  uses: number
}

const SERVICE = 'test, registry'

export class BearerGate implements Gate {
  readonly tokenPath = '/token'
  readonly #auth: BearerAuth
  readonly #tokens = new Map<string, Token>()
  #issued = 0

  constructor(auth: BearerAuth) {
    this.#auth = auth
  }

  expireTokens(): void {
    this.#tokens.clear()
  }

  check(visitor: Visitor, origin: string): Reply | undefined {
    const { authorization } = visitor
    const auth = this.#auth
    const wanted = needs(visitor, auth.cancelNeeds)
    const basic = auth.like === 'harbor' && isAccount(auth, authorization)
    if (basic && wanted.every(({ action }) => may(auth, action))) return undefined
    const token = this.#tokenIn(authorization)
    if (token === undefined) return this.#challenge(visitor, false, wanted, origin, auth.expired)
    if (isPing(visitor) ? token.named || auth.like !== 'harbor' : allows(token, wanted)) return undefined
    return this.#challenge(visitor, true, wanted, origin, auth.insufficient)
  }

  /** The token in a header, unless it is unknown or used up. */
  #tokenIn(authorization: string | undefined): Token | undefined {
    const text = authorization?.replace(/^Bearer /, '') ?? ''
    const token = this.#tokens.get(text)
    if (token === undefined || token.uses++ < (this.#auth.tokenUses ?? Number.POSITIVE_INFINITY)) return token
    this.#tokens.delete(text)
    return undefined
  }

  #challenge(
    { authorization, url }: Visitor,
    known: boolean,
    wanted: readonly Need[],
    origin: string,
    refused: 401 | 403 = 401,
  ): Reply {
    const auth = this.#auth
    const bearer = this.#bearer(origin, this.#scopes(url, wanted))
    if (authorization !== undefined && refused === 403)
      return !known
        ? refusal(403, 'DENIED', 'Your authorization token has expired. Reauthenticate and try again.')
        : refusal(403, 'DENIED', 'requested access to the resource is denied', undefined, {
            'www-authenticate': `${bearer},error="insufficient_scope"`,
          })
    if (authorization !== undefined && auth.like === 'zot' && !known)
      return refusal(401, 'UNSUPPORTED', 'invalid token')
    const basic = authorization !== undefined && auth.like === 'harbor'
    const told = known && bearer !== undefined && auth.like === undefined
    return refusal(401, 'UNAUTHORIZED', 'unauthorized to access repository', undefined, {
      'www-authenticate': basic
        ? 'Basic realm="harbor"'
        : told
          ? `${bearer},error="insufficient_scope"`
          : bearer,
    })
  }

  #scopes(url: string, wanted: readonly Need[]): string | undefined {
    if (wanted.length > 0) return scopesOf(this.#named(wanted)).join(' ')
    if (this.#auth.like !== 'zot') return undefined
    return url.startsWith('/v2/_catalog') ? 'repository::pull' : ''
  }

  #bearer(origin: string, scopes: string | undefined): string | undefined {
    const realm = this.#auth.realm ?? `${origin}/token`
    const scope = scopes === undefined ? '' : `,scope="${scopes}"`
    switch (this.#auth.challenge ?? 'usual') {
      case 'usual':
        return `Bearer realm="${realm}",service="${SERVICE}"${scope}`
      case 'lower-case':
        return `bearer realm="${realm}", service="${SERVICE}"${scope}`
      case 'unquoted':
        // Its service has a comma, and can only be left out.
        return `Bearer realm=${realm}`
      case 'multiple':
        return `Basic realm="a, b", Bearer realm="${realm}",service="${SERVICE}"${scope}`
      case 'none':
        return undefined
    }
  }

  /** What a challenge names of what is needed: zot only the last thing to be done to the repository itself. */
  #named(wanted: readonly Need[]): readonly Need[] {
    if (this.#auth.challengeScope === 'pull') return wanted.filter(({ action }) => action === 'pull')
    const own = wanted.filter(({ repository }) => repository === wanted[0]!.repository)
    return this.#auth.like === 'zot' ? own.slice(-1) : wanted
  }

  token(visitor: Visitor, body: string): Reply {
    const auth = this.#auth
    if (visitor.method === 'POST') {
      const form = new URLSearchParams(body)
      if (auth.identityToken === undefined) return plainText(405, 'Method Not Allowed\n')
      const known = form.get('refresh_token') === auth.identityToken
      return known && form.get('grant_type') === 'refresh_token'
        ? this.#grant(form.get('scope')?.split(' ') ?? [], true)
        : refusal(401, 'UNAUTHORIZED', 'unknown token')
    }
    const query = new URL(visitor.url, 'http://registry.test').searchParams
    const service = query.get('service')
    if (service !== SERVICE && !(service === null && auth.challenge === 'unquoted'))
      return plainText(400, `Unable to handle service: ${service ?? ''}`)
    const scopes = query.getAll('scope').flatMap((scope) => scope.split(' '))
    const named = isAccount(auth, visitor.authorization)
    const anonymous = visitor.authorization === undefined && auth.readable === true
    if (!named && !(auth.like === 'harbor' ? scopes.length > 0 : anonymous)) return { status: 401 }
    return this.#grant(scopes, named)
  }

  #grant(scopes: readonly string[], named: boolean): Reply {
    const auth = this.#auth
    const allowed = (action: string): boolean =>
      named ? may(auth, action as Action) : auth.readable === true && action === 'pull'
    const allows = new Set<string>()
    for (const scope of scopes) {
      const [, repository, actions = ''] = scope.split(':')
      for (const action of actions.split(',')) if (allowed(action)) allows.add(`${repository} ${action}`)
    }
    const token = `issued-token-${++this.#issued}`
    this.#tokens.set(token, { allows, named, uses: 0 })
    const answer = { token, access_token: '', expires_in: 1800, ...auth.tokenFields }
    return { status: 200, headers: JSON_TYPE, body: Buffer.from(JSON.stringify(answer)) }
  }
}

const allows = (token: Token, wanted: readonly Need[]): boolean =>
  wanted.every(({ repository, action }) => token.allows.has(`${repository} ${action}`))
