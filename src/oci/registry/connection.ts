import { WasmpackError } from '../../errors.ts'
import type { HttpResponse } from '../../http/answer.ts'
import { overhear } from '../../http/error-body.ts'
import { originOf, parseUrl, resolveLocation } from '../../http/origin.ts'
import { redactUrl } from '../../http/redact.ts'
import type { HttpRequest, Transport } from '../../http/transport.ts'
import { VERSION } from '../../version.ts'
import type { RegistryReference } from '../reference.ts'
import { type AuthOptions, RegistryAuth, RegistrySession, type Wanted } from './auth/auth.ts'
import { wireHost, wireRepository } from './credentials/credential.ts'
import { registryFailure } from './errors/failure.ts'
import type { Asked } from './errors/refusal.ts'
import { type Access, includesAccess } from './auth/scope.ts'
import { warningsIn } from './errors/warnings.ts'

/** What registries are reached with. Targets that are opened with one and the same object share their tokens. */
export interface RegistryOptions extends AuthOptions {
  /** What the run comes for in the end: the first token is asked for that already, and serves to the last request. */
  readonly purpose?: Access
  /** Hears what registries want their users to know. */
  readonly warn?: ((line: string) => void) | undefined
}

export interface RegistryRequest extends Omit<HttpRequest, 'url' | 'reach' | 'redirect'> {
  /** Below the repository, for instance `manifests/1.0`; or a whole URL that the registry gave. */
  readonly at: string | { readonly url: string }
  readonly access: Access
  /** Another repository of the registry that is read from, as its users write it: the source of a mount. */
  readonly reads?: string
}

/** A body of this size takes its time: its token should not expire before its last byte. */
const LASTING = 16 * 1024 * 1024

/**
 * Harbor with content trust hides what is unsigned, also from whoever comes to sign it, except from tools of this name with
 * the right to push. Who only reads does not use it: that would get round the policy.
 */
const SIGNER_AGENT = `wasmpack/${VERSION} (signs as cosign does)`

/** One repository of one registry, spoken to with the right credentials and with none anywhere else. */
export class RegistryConnection {
  readonly registry: string
  /** `host/repository` as users write it. */
  readonly name: string
  readonly origin: string
  readonly transport: Transport
  readonly #base: string
  readonly #auth: RegistryAuth
  readonly #purpose: Access | undefined
  readonly #warn: RegistryOptions['warn']

  constructor(reference: RegistryReference, options: RegistryOptions) {
    const { registry, repository } = reference
    this.registry = registry
    this.name = `${registry}/${repository}`
    this.transport = options.transport
    this.origin = options.transport.originFor(wireHost(registry))
    this.#base = `${this.origin}/v2/${wireRepository(registry, repository)}/`
    this.#auth = new RegistryAuth(sessionOf(registry, this.origin, options), repository)
    this.#purpose = options.purpose
    this.#warn = options.warn
  }

  /** Sends a request, answering at most one challenge on its way. Any status is an answer. */
  async request({ at, access, reads, ...request }: RegistryRequest): Promise<HttpResponse> {
    const purpose = this.#purpose
    const wanted: Wanted = {
      access: purpose !== undefined && includesAccess(purpose, access) ? purpose : access,
      reads,
      lasting: (request.body?.size ?? 0) >= LASTING,
      signal: request.signal,
    }
    const url = typeof at === 'string' ? this.#base + at : at.url
    const own = originOf(url) === this.origin
    const send = async (authorization: string | undefined): Promise<HttpResponse> => {
      const response = await this.transport.send({
        ...request,
        url,
        headers: {
          ...(purpose === 'push' ? { 'user-agent': SIGNER_AGENT } : {}),
          ...request.headers,
          ...(authorization === undefined ? {} : { authorization }),
        },
        ...(own ? {} : { reach: await this.transport.reachFrom(new URL(this.origin).hostname) }),
      })
      if (originOf(response.url) === this.origin) this.#heed(response)
      return response
    }
    const sent = own ? await this.#auth.header(wanted) : undefined
    const response = await send(sent)
    const { status } = response
    // Another server's challenge, reached by redirect or Location, is none of our credentials' business.
    if ((status !== 401 && status !== 403) || originOf(response.url) !== this.origin) return response
    const heard = status === 403 && sent !== undefined ? await overhear(response) : { response, words: '' }
    const challenge = response.header('www-authenticate')
    const answer = await this.#auth
      .answer({ status, challenge, sent, words: heard.words }, wanted)
      .catch(async (error) => {
        await response.discard()
        throw error
      })
    if (answer === undefined) return heard.response
    await response.discard()
    return await send(answer)
  }

  #heed(response: HttpResponse): void {
    for (const words of warningsIn(response.header('warning')))
      this.#warn?.(`registry ${this.registry} warns: ${this.transport.redact(words)}`)
  }

  /**
   * A Location of this registry as the URL to go on with. Credentials go along only on the registry's own origin; a
   * Location on plain http is upgraded when it names the https registry itself and refused when it names another host.
   */
  located(response: HttpResponse): string | undefined {
    const location = response.header('location')
    if (location === undefined || location === '') return undefined
    const url = resolveLocation(response.url, location)
    const { protocol, host } = parseUrl(url, `a Location of registry ${this.registry}`)
    if (protocol === 'https:' || this.origin.startsWith('http:')) return url
    const secure = url.replace(/^http:/i, 'https:')
    if (originOf(secure) !== this.origin)
      throw new WasmpackError(
        'UNAVAILABLE',
        `registry ${this.registry} sends the upload over plain http to ${host}`,
        { hint: 'nothing was sent there; a registry that does this is misconfigured or hostile' },
      )
    this.transport.debug(`* ${redactUrl(url)} is upgraded to https`)
    this.#warn?.(
      `registry ${this.registry} sends uploads to itself over plain http; https is used all the same, and its administrator can mend X-Forwarded-Proto`,
    )
    return secure
  }

  /** The error that an unhoped-for answer means. */
  async failure(
    response: HttpResponse,
    asked: Pick<Asked, 'what' | 'size' | 'absent'>,
  ): Promise<WasmpackError> {
    const { credential, from, problem } = await this.#auth.used()
    return await registryFailure(
      response,
      {
        ...asked,
        registry: this.registry,
        repository: this.name,
        ...(credential === undefined ? { problem } : { credentials: from }),
      },
      (text) => this.transport.redact(text),
    )
  }
}

const sessions = new WeakMap<RegistryOptions, Map<string, RegistrySession>>()

function sessionOf(registry: string, origin: string, options: RegistryOptions): RegistrySession {
  const opened = sessions.get(options) ?? new Map<string, RegistrySession>()
  sessions.set(options, opened)
  const session = opened.get(registry) ?? new RegistrySession(registry, origin, options)
  opened.set(registry, session)
  return session
}
