import type { Transport } from '../../../http/transport.ts'
import { WasmpackError } from '../../../errors.ts'
import { parseChallenges } from '../../../http/challenge.ts'
import { type Credential, formatBasicHeader, toWireRepository } from '../credentials/credential.ts'
import type { Credentials, CredentialLookup } from '../credentials/credentials.ts'
import { type KnownRealms, NO_REALMS } from './realm.ts'
import {
  type RegistryAction,
  type Scopes,
  coversScopes,
  joinScopes,
  parseScopes,
  formatScopes,
  buildScopes,
} from './scope.ts'
import { TokenCache } from './token-cache.ts'
import { type Token, TokenService } from './token.ts'

export interface AuthOptions {
  readonly transport: Transport
  readonly credentials: Credentials
  readonly realms?: KnownRealms | undefined
}

/** The permissions that a request needs. */
export interface RequestNeed {
  readonly action: RegistryAction
  /** Another repository of the same registry that the request reads from, as users write it. */
  readonly reads?: string | undefined
  /** Whether the request has a large body: its token must not expire during the upload. */
  readonly lasting?: boolean
  readonly signal?: AbortSignal | undefined
}

/** A refused request: 401, or a 403 that may concern the token rather than permissions. */
export interface Refusal {
  readonly status: 401 | 403
  readonly challenge: string | undefined
  /** The Authorization header that was refused. */
  readonly sent: string | undefined
  /** The body of a 403. */
  readonly text: string
}

/** A credential is sent directly, or exchanged for a bearer token. */
type Scheme = { readonly kind: 'direct' } | { readonly kind: 'bearer'; readonly service: TokenService }

/** State that all repositories of a registry share: its authentication scheme and the tokens. */
export class RegistrySession {
  readonly registry: string
  readonly origin: string
  readonly options: AuthOptions
  readonly tokens: TokenCache
  scheme: Scheme | undefined
  /** The challenge of `/v2/`, once it was asked for. */
  welcome: Promise<string | undefined> | undefined

  constructor(registry: string, origin: string, options: AuthOptions) {
    this.registry = registry
    this.origin = origin
    this.options = options
    this.tokens = new TokenCache(options.transport.clock)
  }
}

/** ECR reports an expired token with a 403 instead of a 401. */
const EXPIRED = /token has expired|token is expired/i

/**
 * Answers a registry's challenges for one repository. The scheme is remembered for all repositories of the registry, so that later
 * requests send the right header at once; a refused token is renewed once.
 */
export class RegistryAuth {
  readonly #session: RegistrySession
  /** As users write it: credentials may be stored for a part of a registry. */
  readonly #repository: string
  #found: Promise<CredentialLookup> | undefined
  #challenged = false

  constructor(session: RegistrySession, repository: string) {
    this.#session = session
    this.#repository = repository
  }

  /** The Authorization header for a request; undefined until the registry has sent a challenge. */
  async getHeader(need: RequestNeed): Promise<string | undefined> {
    if (this.#session.scheme === undefined) return undefined
    try {
      return await this.#buildHeader(need)
    } catch (error) {
      // Only another repository was challenged: this one may be public.
      if (!this.#challenged && error instanceof WasmpackError && error.code === 'UNAUTHENTICATED')
        return undefined
      throw error
    }
  }

  /**
   * The header to retry with, or undefined if there is none better than the one sent. A refused token is renewed at the remembered
   * realm, not with the new challenge: Harbor then offers Basic, and zot nothing.
   */
  async answerChallenge(refusal: Refusal, need: RequestNeed): Promise<string | undefined> {
    const { sent } = refusal
    const challenges = parseChallenges(refusal.challenge)
    const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.get('realm'))
    if (refusal.status === 403) {
      const insufficient = bearer?.parameters.get('error') === 'insufficient_scope'
      if (sent === undefined || !(insufficient || EXPIRED.test(refusal.text))) return undefined
    }
    this.#challenged = true
    if (bearer !== undefined) this.#rememberTokenService(bearer.parameters)
    else if (!(this.#session.scheme?.kind === 'bearer' && isBearer(sent))) {
      if (sent !== undefined) return await this.#renewBasic(sent, need.signal)
      // A registry token needs no realm, so it can be sent without a challenge.
      const { credential } = await this.#findCredentials(need.signal)
      if (credential?.kind !== 'registry-token' && challenges.every(({ scheme }) => scheme !== 'basic'))
        return undefined
      this.#session.scheme = { kind: 'direct' }
    }
    if (sent !== undefined) this.#session.tokens.forget(sent.replace(/^Bearer /, ''))
    const header = await this.#buildHeader(need, parseScopes(bearer?.parameters.get('scope')))
    return header === sent ? undefined : header
  }

  /**
   * The header to retry with after a 403 or 404 to a request without credentials, if there are any: some registries hide what is
   * private, and send their challenge at `/v2/` only. `askChallenge` asks there, once per registry.
   */
  async answerHidden(
    askChallenge: () => Promise<string | undefined>,
    need: RequestNeed,
  ): Promise<string | undefined> {
    const session = this.#session
    if (session.scheme !== undefined || !(await this.#hasCredentials(need.signal))) return undefined
    session.welcome ??= askChallenge()
    const challenge = await session.welcome.catch(() => {
      session.welcome = undefined
      need.signal?.throwIfAborted()
      return undefined
    })
    if (challenge === undefined) return undefined
    return this.answerChallenge({ status: 401, challenge, sent: undefined, text: '' }, need)
  }

  /** A malformed credential file must not hide what the registry answered without credentials. */
  async #hasCredentials(signal: AbortSignal | undefined): Promise<boolean> {
    try {
      return (await this.#findCredentials(signal)).credential !== undefined
    } catch (error) {
      if (error instanceof WasmpackError && error.code === 'CREDENTIALS_INVALID') return false
      throw error
    }
  }

  /**
   * Whether the token service rejects the credentials, by a request without a scope: for one with a scope Harbor ignores a wrong
   * password. Undefined if that cannot be told.
   */
  async askWhetherRejected(challenge: string | undefined): Promise<boolean | undefined> {
    const { scheme } = this.#session
    const credential = (await this.#found)?.credential
    if (scheme?.kind !== 'bearer' || credential?.kind !== 'basic') return undefined
    // Where the challenge is for a token, the token service has judged the credentials.
    if (parseChallenges(challenge).some((one) => one.scheme === 'bearer')) return undefined
    try {
      await scheme.service.fetch([], credential, this.#session.options.transport.combineSignals(undefined))
      return false
    } catch (error) {
      return error instanceof WasmpackError && error.code === 'UNAUTHENTICATED' ? true : undefined
    }
  }

  /** The credentials that were sent, or why none were, for error messages. */
  async getUsedCredentials(): Promise<CredentialLookup> {
    const found = (await this.#found) ?? {}
    if (found.credential === undefined || this.#session.scheme !== undefined) return found
    return {
      problem: `it sent no challenge, so the credentials from ${found.from ?? 'your files'} were not used`,
    }
  }

  #rememberTokenService(parameters: ReadonlyMap<string, string>): void {
    const { registry, origin, options, scheme } = this.#session
    const [realm, service] = [parameters.get('realm')!, parameters.get('service') || undefined]
    if (scheme?.kind === 'bearer' && scheme.service.matches(realm, service)) return
    const named = { registry, origin, realm, service }
    this.#session.scheme = {
      kind: 'bearer',
      service: new TokenService(named, options.realms ?? NO_REALMS, options.transport),
    }
  }

  /** Looks the credentials of the repository up, once and only when they are needed. */
  async #findCredentials(signal: AbortSignal | undefined): Promise<CredentialLookup> {
    const { registry, options } = this.#session
    this.#found ??= options.credentials.find(
      registry,
      this.#repository,
      options.transport.combineSignals(signal),
    )
    try {
      return await this.#found
    } catch (error) {
      this.#found = undefined
      throw error
    }
  }

  /** Looks the credential up again, since the password of a credential helper may have expired, as ECR's do. */
  async #renewBasic(sent: string, signal: AbortSignal | undefined): Promise<string | undefined> {
    if (isBearer(sent)) return undefined
    this.#session.options.credentials.forget(this.#session.registry)
    this.#found = undefined
    const { credential } = await this.#findCredentials(signal)
    const header = credential === undefined ? undefined : formatBasicHeader(credential)
    return header === sent ? undefined : header
  }

  async #buildHeader(need: RequestNeed, challenged?: Scopes): Promise<string | undefined> {
    const { scheme } = this.#session
    const { credential } = await this.#findCredentials(need.signal)
    if (credential?.kind === 'registry-token') return `Bearer ${credential.token}`
    if (scheme?.kind !== 'bearer') return credential === undefined ? undefined : formatBasicHeader(credential)
    const wire = (repository: string): string => toWireRepository(this.#session.registry, repository)
    const own = buildScopes(wire(this.#repository), need.action)
    const reads = need.reads === undefined ? undefined : wire(need.reads)
    const all = joinScopes(
      buildScopes(wire(this.#repository), need.action, reads),
      challenged ?? new Map<string, never>(),
    )
    const get = (scopes: Scopes): Promise<Token> =>
      this.#session.tokens.get(
        {
          identity: formatIdentity(credential),
          scopes,
          lasting: need.lasting === true,
          signal: need.signal,
        },
        (signal) =>
          scheme.service.fetch(
            formatScopes(scopes),
            credential,
            this.#session.options.transport.combineSignals(signal),
          ),
      )
    try {
      return `Bearer ${(await get(all)).token}`
    } catch (error) {
      const refused = error instanceof WasmpackError && error.code === 'UNAUTHENTICATED'
      // Some services return no token at all if one of the scopes is denied.
      if (!refused || coversScopes(own, all)) throw error
      return `Bearer ${(await get(own)).token}`
    }
  }
}

const isBearer = (header: string | undefined): boolean => header?.startsWith('Bearer ') === true

const formatIdentity = (credential: Credential | undefined): string =>
  credential === undefined ? '' : JSON.stringify(credential)
