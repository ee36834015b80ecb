import { JSON_TYPE, type Reply, plainText, refusal } from '../asked.ts'
import { projectOf } from '../store.ts'
import type { Switches } from '../switches.ts'
import {
  type Action,
  type Gate,
  type Need,
  type Visitor,
  isAccount,
  isPing,
  needs,
  scopesOf,
} from '../visitor.ts'
import type { HarborAccount, HarborAuth } from '../auth-switches.ts'

interface Token {
  /** `project action`: Harbor looks no closer. */
  readonly allows: ReadonlySet<string>
  readonly account: HarborAccount | undefined
}

/** What can be told of whoever asks. */
interface Identity {
  readonly account: HarborAccount | undefined
  readonly token: Token | undefined
}

const SERVICE = 'harbor-registry'

/** Harbor's gate, as it was measured: a refusal is always a 401, and what it offers depends on what was sent. */
export class HarborGate implements Gate {
  readonly tokenPath = '/service/token'
  readonly #auth: HarborAuth
  readonly #tokens = new Map<string, Token>()
  #issued = 0

  constructor(auth: HarborAuth) {
    this.#auth = auth
  }

  expireTokens(): void {
    this.#tokens.clear()
  }

  check(visitor: Visitor, origin: string): Reply | undefined {
    const { authorization, method, url } = visitor
    const bearer = (scope: string): string =>
      `Bearer realm="${origin}${this.tokenPath}",service="${SERVICE}"${scope}`
    const { account, token } = this.#identify(authorization)
    if (isPing(visitor))
      return account === undefined
        ? unauthorized(authorization === undefined ? bearer('') : BASIC, 'unauthorized')
        : undefined
    const wanted = needs(visitor, 'delete')
    if (wanted.length === 0 || method === 'OPTIONS') {
      const isCatalog = method !== 'OPTIONS' && /^\/v2\/_catalog\b/.test(url)
      if (!isCatalog) return unauthorized('', `un-recognized request: ${method} ${url}`)
      const allowed = token === undefined && account?.rights === 'administrator'
      return allowed ? undefined : unauthorized(BASIC, 'unauthorized to list catalog')
    }
    const { repository } = wanted[0]!
    if (!repository.includes('/'))
      return refusal(400, 'BAD_REQUEST', `bad request: invalid repository name: ${repository}`)
    const reads = wanted.every(({ action }) => action === 'pull')
    for (const need of wanted) {
      const project = projectOf(need.repository)
      const known = Object.hasOwn(this.#auth.projects, project)
      if (!known && (!reads || authorization !== undefined))
        return unauthorized('', `project ${project} not found`)
    }
    // Who pushes is told that the right to push is missing, and not the one to pull that goes along.
    const lacking = wanted
      .filter(({ repository: of, action }) => reads || of !== repository || action !== 'pull')
      .find((need) => !this.#allows(need, { account, token }, authorization))
    if (lacking === undefined) return this.#refuseProxy(visitor, repository)
    if (authorization !== undefined) return unauthorized(BASIC, lacks(lacking))
    const scope = `,scope="${scopesOf(wanted).join(' ')}"`
    return reads
      ? unauthorized(bearer(scope), 'authorize header needed to send HEAD to repository')
      : unauthorized(bearer(scope), lacks({ repository, action: wanted.at(1)?.action ?? 'delete' }))
  }

  /** What is switched on in the project; content trust lets the tools pass that sign. */
  switches({ url, authorization, userAgent = '' }: Visitor): Partial<Switches> {
    const project = /^\/v2\/([^/]+)\//.exec(url)?.[1] ?? ''
    const { public: _, ...switches } = this.#auth.projects[project] ?? {}
    const { token } = this.#identify(authorization)
    const signs = token?.allows.has(`${project} push`) === true && /cosign|notation/.test(userAgent)
    return {
      ...switches,
      ...(signs ? { contentTrust: false, withheld: [] } : {}),
    }
  }

  #identify(authorization: string | undefined): Identity {
    const token = this.#tokens.get(authorization?.replace(/^Bearer /, '') ?? '')
    const named = this.#auth.accounts.find((each) => isAccount(each, authorization))
    return { account: token?.account ?? (named?.state === undefined ? named : undefined), token }
  }

  #allows(
    { repository, action }: Need,
    { account, token }: Identity,
    authorization: string | undefined,
  ): boolean {
    const project = projectOf(repository)
    if (token !== undefined) return token.allows.has(`${project} ${action}`)
    if (authorization === undefined) return false
    // Who is not known is anonymous, and is served what is public.
    return this.#mayDo(account, project).includes(action)
  }

  #mayDo(account: HarborAccount | undefined, project: string): readonly Action[] {
    if (account?.rights === 'administrator') return ['pull', 'push', 'delete']
    const right = account?.rights[project]
    if (right === 'push') return ['pull', 'push']
    return right === 'pull' || this.#auth.projects[project]?.public === true ? ['pull'] : []
  }

  #refuseProxy({ method, url }: Visitor, repository: string): Reply | undefined {
    const project = projectOf(repository)
    const pushes = method === 'POST' || (method === 'PUT' && url.includes('/manifests/'))
    return pushes && this.#auth.projects[project]?.proxyCache === true
      ? refusal(403, 'DENIED', `denied: can not push artifact to a proxy project: ${project}`)
      : undefined
  }

  token({ method, url, authorization }: Visitor): Reply {
    if (method !== 'GET') return plainText(405, 'Method Not Allowed\n')
    const query = new URL(url, 'http://registry.test').searchParams
    const service = query.get('service') ?? ''
    if (service !== SERVICE) return plainText(400, `Unable to handle service: ${service}`)
    const scopes = query.getAll('scope').flatMap((scope) => scope.split(' '))
    const { account } = this.#identify(authorization)
    if (account === undefined && scopes.length === 0) return { status: 401 }
    const allows = new Set<string>()
    for (const scope of scopes) {
      const project = /^repository:([^/:]+)\//.exec(scope)?.[1]
      // Whatever is asked for: all that the account may do.
      if (project !== undefined)
        for (const action of this.#mayDo(account, project)) allows.add(`${project} ${action}`)
    }
    const token = `issued-token-${++this.#issued}`
    this.#tokens.set(token, { allows, account })
    const answer = { token, access_token: '', expires_in: 1800, issued_at: '2026-11-23T16:36:03Z' }
    return { status: 200, headers: JSON_TYPE, body: Buffer.from(JSON.stringify(answer)) }
  }
}

const BASIC = 'Basic realm="harbor"'

const lacks = ({ repository, action }: Need): string =>
  `unauthorized to access repository: ${repository}, action: ${action}`

/** Its messages say everything twice. */
const unauthorized = (challenge: string, message: string): Reply =>
  refusal(401, 'UNAUTHORIZED', `${message}: ${message}`, undefined, {
    'docker-distribution-api-version': 'registry/2.0',
    'www-authenticate': challenge,
  })
