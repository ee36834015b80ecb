import type { Transport } from '../../http/transport.ts'
import { parseChallenges } from './challenge.ts'
import { basicHeader } from './credential.ts'
import type { Credentials, Found } from './credentials.ts'
import { type Token, fetchToken } from './token.ts'

/** What a request wants to do to the repository; each serves for those before it. */
export type Access = 'pull' | 'push' | 'delete'

const ACTIONS: Readonly<Record<Access, string>> = {
  pull: 'pull',
  push: 'pull,push',
  delete: 'pull,push,delete',
}
const ORDER: readonly Access[] = ['pull', 'push', 'delete']

export interface RegistryAuthOptions {
  /** As users write it. */
  readonly registry: string
  readonly origin: string
  /** As users write it: credentials may be kept for a part of a registry. */
  readonly repository: string
  /** As the registry knows it. */
  readonly wireRepository: string
  readonly transport: Transport
  readonly credentials: Credentials
}

type Scheme =
  | { readonly kind: 'basic'; readonly header: string }
  | {
      readonly kind: 'bearer'
      readonly realm: string
      readonly service: string | undefined
      /** Of other repositories, which a mount needs. */
      readonly further: readonly string[]
    }

const FURTHER_LIMIT = 4

/**
 * Answers a registry's challenges for one repository, and remembers how, so that later requests carry the right header at
 * once. Tokens are kept per access; a token that is refused is renewed once.
 */
export class RegistryAuth {
  readonly #options: RegistryAuthOptions
  readonly #tokens = new Map<Access, Promise<Token>>()
  #scheme: Scheme | undefined
  #found: Promise<Found> | undefined

  constructor(options: RegistryAuthOptions) {
    this.#options = options
  }

  /** The Authorization header for a request that was not challenged; undefined until the registry asks for one. */
  async header(access: Access, signal?: AbortSignal): Promise<string | undefined> {
    if (this.#scheme === undefined) return undefined
    return this.#scheme.kind === 'basic' ? this.#scheme.header : await this.#bearer(access, signal)
  }

  /**
   * The header to try again with after a 401, or undefined when there is nothing better than what was `sent`. A refused
   * token is renewed with the realm remembered, whatever the new challenge says: Harbor then offers Basic, zot nothing.
   */
  async answer(
    challenge: string | undefined,
    access: Access,
    sent: string | undefined,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const challenges = parseChallenges(challenge)
    const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.get('realm'))
    if (bearer !== undefined) {
      this.#scheme = {
        kind: 'bearer',
        realm: bearer.parameters.get('realm')!,
        service: bearer.parameters.get('service') || undefined,
        further: this.#further(bearer.parameters.get('scope')),
      }
    } else if (!(this.#scheme?.kind === 'bearer' && sent?.startsWith('Bearer '))) {
      if (sent !== undefined || !challenges.some(({ scheme }) => scheme === 'basic')) return undefined
      const { credential } = await this.#find(signal)
      const header = credential === undefined ? undefined : basicHeader(credential)
      if (header !== undefined) this.#scheme = { kind: 'basic', header }
      return header
    }
    if (sent !== undefined) await this.#forget(sent)
    const header = await this.#bearer(access, signal)
    return header === sent ? undefined : header
  }

  /** What was looked up already, for a message about its refusal. */
  async used(): Promise<Found> {
    return (await this.#found) ?? {}
  }

  /** The credentials for the repository, looked up once and only when they are needed. */
  async #find(signal: AbortSignal | undefined): Promise<Found> {
    const { registry, repository, transport, credentials } = this.#options
    this.#found ??= credentials.find(registry, repository, transport.ending(signal))
    try {
      return await this.#found
    } catch (error) {
      this.#found = undefined
      throw error
    }
  }

  async #bearer(access: Access, signal: AbortSignal | undefined): Promise<string> {
    for (const held of ORDER.slice(ORDER.indexOf(access))) {
      const pending = this.#tokens.get(held)
      if (pending === undefined) continue
      const token = await pending
      if (token.expires > this.#options.transport.clock.now()) return `Bearer ${token.token}`
      if (this.#tokens.get(held) === pending) this.#tokens.delete(held)
    }
    const fetched = this.#fetch(access, signal)
    this.#tokens.set(access, fetched)
    try {
      return `Bearer ${(await fetched).token}`
    } catch (error) {
      this.#tokens.delete(access)
      throw error
    }
  }

  async #fetch(access: Access, signal: AbortSignal | undefined): Promise<Token> {
    const scheme = this.#scheme
    const { registry, origin, transport, wireRepository } = this.#options
    const { credential } = await this.#find(signal)
    if (credential?.kind === 'registry-token')
      return { token: credential.token, expires: Number.POSITIVE_INFINITY }
    if (scheme?.kind !== 'bearer') throw new Error('a token is asked for without a realm')
    const own = `repository:${wireRepository}:${ACTIONS[access]}`
    return await fetchToken({
      registry,
      origin,
      realm: scheme.realm,
      service: scheme.service,
      scopes: [own, ...scheme.further],
      credential,
      transport,
      signal,
    })
  }

  /** Another request may have renewed the token meanwhile; only the refused one goes. */
  async #forget(sent: string): Promise<void> {
    for (const [access, pending] of this.#tokens) {
      const token = await pending.catch(() => undefined)
      if (token === undefined || `Bearer ${token.token}` === sent) this.#tokens.delete(access)
    }
  }

  #further(scope: string | undefined): readonly string[] {
    const own = `repository:${this.#options.wireRepository}:`
    return (scope ?? '')
      .split(' ')
      .filter((entry) => /^repository:[a-z0-9][a-z0-9._/-]{0,254}:[a-z,]{1,32}$/.test(entry))
      .filter((entry) => !entry.startsWith(own))
      .slice(0, FURTHER_LIMIT)
  }
}
