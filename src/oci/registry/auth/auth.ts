import type { Transport } from '../../../http/transport.ts'
import { WasmpackError } from '../../../errors.ts'
import { parseChallenges } from '../../../http/challenge.ts'
import { type Credential, basicHeader, wireRepository } from '../credentials/credential.ts'
import type { Credentials, Found } from '../credentials/credentials.ts'
import { type KnownRealms, NO_REALMS } from './realm.ts'
import { type Access, type Scopes, covers, join, parseScopes, scopeTexts, scopesFor } from './scope.ts'
import { TokenCache } from './token-cache.ts'
import { type Token, TokenService } from './token.ts'

export interface AuthOptions {
  readonly transport: Transport
  readonly credentials: Credentials
  readonly realms?: KnownRealms | undefined
}

/** What a request needs to be allowed. */
export interface Wanted {
  readonly access: Access
  /** Another repository of the same registry that is read from, as users write it. */
  readonly reads?: string | undefined
  /** Whether a body goes along that takes its time: its token should not expire on the way. */
  readonly lasting?: boolean
  readonly signal?: AbortSignal | undefined
}

/** A refusal: 401, or a 403 that may be about the token and not about rights. */
export interface Refusal {
  readonly status: 401 | 403
  readonly challenge: string | undefined
  /** The Authorization header that was refused. */
  readonly sent: string | undefined
  /** What the registry says, where that may matter. */
  readonly words: string
}

/** A credential is sent as it is, or given to a token service. */
type Scheme = { readonly kind: 'direct' } | { readonly kind: 'bearer'; readonly service: TokenService }

/** What requests to all repositories of one registry share: how it authenticates, and the tokens. */
export class RegistrySession {
  readonly registry: string
  readonly origin: string
  readonly options: AuthOptions
  readonly tokens: TokenCache
  scheme: Scheme | undefined

  constructor(registry: string, origin: string, options: AuthOptions) {
    this.registry = registry
    this.origin = origin
    this.options = options
    this.tokens = new TokenCache(options.transport.clock)
  }
}

/** ECR says so with a 403, where others say 401. */
const EXPIRED = /token has expired|token is expired/i

/**
 * Answers a registry's challenges for one repository. How it was done is remembered for all repositories of the registry, so
 * that later requests carry the right header at once; what is refused is renewed once.
 */
export class RegistryAuth {
  readonly #session: RegistrySession
  /** As users write it: credentials may be kept for a part of a registry. */
  readonly #repository: string
  #found: Promise<Found> | undefined
  #challenged = false

  constructor(session: RegistrySession, repository: string) {
    this.#session = session
    this.#repository = repository
  }

  /** The Authorization header for a request that was not challenged; undefined until the registry asks for one. */
  async header(wanted: Wanted): Promise<string | undefined> {
    if (this.#session.scheme === undefined) return undefined
    try {
      return await this.#headerFor(wanted)
    } catch (error) {
      // It was another repository that was challenged: this one may be open to everybody.
      if (!this.#challenged && error instanceof WasmpackError && error.code === 'UNAUTHENTICATED')
        return undefined
      throw error
    }
  }

  /**
   * The header to try again with, or undefined when there is nothing better than what was sent. A refused token is renewed
   * with the realm remembered, whatever the new challenge says: Harbor then offers Basic, zot nothing.
   */
  async answer(refusal: Refusal, wanted: Wanted): Promise<string | undefined> {
    const { sent } = refusal
    const challenges = parseChallenges(refusal.challenge)
    const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.get('realm'))
    if (refusal.status === 403) {
      const insufficient = bearer?.parameters.get('error') === 'insufficient_scope'
      if (sent === undefined || !(insufficient || EXPIRED.test(refusal.words))) return undefined
    }
    this.#challenged = true
    if (bearer !== undefined) this.#learn(bearer.parameters)
    else if (!(this.#session.scheme?.kind === 'bearer' && isBearer(sent))) {
      if (sent !== undefined) return await this.#anotherBasic(sent, wanted.signal)
      // A registry token needs no realm, so it answers a refusal without a challenge too.
      const { credential } = await this.#find(wanted.signal)
      if (credential?.kind !== 'registry-token' && challenges.every(({ scheme }) => scheme !== 'basic'))
        return undefined
      this.#session.scheme = { kind: 'direct' }
    }
    if (sent !== undefined) this.#session.tokens.forget(sent.replace(/^Bearer /, ''))
    const header = await this.#headerFor(wanted, parseScopes(bearer?.parameters.get('scope')))
    return header === sent ? undefined : header
  }

  /** What was sent, or why nothing was, for a message about a refusal. */
  async used(): Promise<Found> {
    const found = (await this.#found) ?? {}
    if (found.credential === undefined || this.#session.scheme !== undefined) return found
    return { problem: `it does not say how to send it those from ${found.from ?? 'your files'}` }
  }

  #learn(parameters: ReadonlyMap<string, string>): void {
    const { registry, origin, options, scheme } = this.#session
    const [realm, service] = [parameters.get('realm')!, parameters.get('service') || undefined]
    if (scheme?.kind === 'bearer' && scheme.service.is(realm, service)) return
    const named = { registry, origin, realm, service }
    this.#session.scheme = {
      kind: 'bearer',
      service: new TokenService(named, options.realms ?? NO_REALMS, options.transport),
    }
  }

  /** The credentials for the repository, looked up once and only when they are needed. */
  async #find(signal: AbortSignal | undefined): Promise<Found> {
    const { registry, options } = this.#session
    this.#found ??= options.credentials.find(registry, this.#repository, options.transport.ending(signal))
    try {
      return await this.#found
    } catch (error) {
      this.#found = undefined
      throw error
    }
  }

  /** A credential program may give a password of its own for each hour, as that of ECR does. */
  async #anotherBasic(sent: string, signal: AbortSignal | undefined): Promise<string | undefined> {
    if (isBearer(sent)) return undefined
    this.#session.options.credentials.forget(this.#session.registry)
    this.#found = undefined
    const { credential } = await this.#find(signal)
    const header = credential === undefined ? undefined : basicHeader(credential)
    return header === sent ? undefined : header
  }

  async #headerFor(wanted: Wanted, challenged?: Scopes): Promise<string | undefined> {
    const { scheme } = this.#session
    const { credential } = await this.#find(wanted.signal)
    if (credential?.kind === 'registry-token') return `Bearer ${credential.token}`
    if (scheme?.kind !== 'bearer') return credential === undefined ? undefined : basicHeader(credential)
    const wire = (repository: string): string => wireRepository(this.#session.registry, repository)
    const own = scopesFor(wire(this.#repository), wanted.access)
    const reads = wanted.reads === undefined ? undefined : wire(wanted.reads)
    const all = join(
      scopesFor(wire(this.#repository), wanted.access, reads),
      challenged ?? new Map<string, never>(),
    )
    const get = (scopes: Scopes): Promise<Token> =>
      this.#session.tokens.get(
        { identity: identityOf(credential), scopes, lasting: wanted.lasting === true, signal: wanted.signal },
        (signal) =>
          scheme.service.fetch(
            scopeTexts(scopes),
            credential,
            this.#session.options.transport.ending(signal),
          ),
      )
    try {
      return `Bearer ${(await get(all)).token}`
    } catch (error) {
      const refused = error instanceof WasmpackError && error.code === 'UNAUTHENTICATED'
      // Some services give no token at all where one of its scopes is not to be had.
      if (!refused || covers(own, all)) throw error
      return `Bearer ${(await get(own)).token}`
    }
  }
}

const isBearer = (header: string | undefined): boolean => header?.startsWith('Bearer ') === true

const identityOf = (credential: Credential | undefined): string =>
  credential === undefined ? '' : JSON.stringify(credential)
