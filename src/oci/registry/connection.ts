import { WasmpackError } from '../../errors.ts'
import type { Attempts } from '../../http/attempts.ts'
import type { HttpResponse } from '../../http/response.ts'
import { peekBody } from '../../http/error-body.ts'
import { getOrigin, parseUrl, resolveLocation } from '../../http/origin.ts'
import { redactUrl } from '../../http/redact.ts'
import type { HttpRequest, Transport } from '../../http/transport.ts'
import { VERSION } from '../../version.ts'
import type { RegistryReference } from '../reference.ts'
import { type AuthOptions, RegistryAuth, RegistrySession, type RequestNeed } from './auth/auth.ts'
import { toWireHost, toWireRepository } from './credentials/credential.ts'
import { toRegistryError } from './errors/registry-error.ts'
import type { FailedRequest } from './errors/diagnosis.ts'
import { type RegistryAction, includesAction } from './auth/scope.ts'
import { parseWarnings } from './errors/warnings.ts'

/** How to connect to registries. Targets that are opened with the same object share their tokens. */
export interface RegistryOptions extends AuthOptions {
  /** The broadest action of the run: the first token already covers it, and serves every request. */
  readonly purpose?: RegistryAction
  /** Whether the content is at another location too: a server that is away is not waited for. */
  readonly hasAlternative?: boolean
  /** Called with warnings of registries. */
  readonly warn?: ((line: string) => void) | undefined
}

export interface RegistryRequest extends Omit<HttpRequest, 'url' | 'reach' | 'redirect'> {
  /** A path below the repository, for example `manifests/1.0`; or a URL from the registry. */
  readonly at: string | { readonly url: string }
  readonly action: RegistryAction
  /** Another repository of the registry that the request reads from, as users write it: the source of a mount. */
  readonly reads?: string
  /** False for a request that is not worth another token: the one at hand is sent, and a refusal is final. */
  readonly answersChallenge?: boolean
}

/** A body of this size or more may take long, so its token must last. In bytes. */
const LASTING = 16 * 1024 * 1024

/**
 * Harbor with content trust hides unsigned artifacts, except from clients with this name and push permission, which come to sign
 * them. Reads do not send it, since that would bypass the policy.
 */
const SIGNER_AGENT = `wasmpack/${VERSION} (signs as cosign does)`

/** One repository of a registry. Credentials are sent to the registry's own origin only. */
export class RegistryConnection {
  readonly registry: string
  /** `host/repository`, as users write it. */
  readonly name: string
  readonly origin: string
  readonly transport: Transport
  readonly #base: string
  readonly #auth: RegistryAuth
  readonly #purpose: RegistryAction | undefined
  readonly #patient: boolean
  readonly #actions = new WeakMap<HttpResponse, RegistryAction>()
  #hasWritten = false
  /** Whether the repository turned out to be in a project that is a proxy cache of another registry. */
  isProxyCache = false
  readonly #warn: RegistryOptions['warn']

  constructor(reference: RegistryReference, options: RegistryOptions) {
    const { registry, repository } = reference
    this.registry = registry
    this.name = `${registry}/${repository}`
    this.transport = options.transport
    this.origin = options.transport.resolveOrigin(toWireHost(registry))
    this.#base = `${this.origin}/v2/${toWireRepository(registry, repository)}/`
    this.#auth = new RegistryAuth(getSession(registry, this.origin, options), repository)
    this.#purpose = options.purpose
    this.#patient = options.hasAlternative !== true
    this.#warn = options.warn
  }

  /** Whether a write to the repository succeeded in this run. */
  get hasWritten(): boolean {
    return this.#hasWritten
  }

  /** The attempts of an operation that takes several requests. */
  startAttempts(signal?: AbortSignal): Attempts {
    return this.transport.startAttempts(signal, { patient: this.#patient })
  }

  /** Sends a request, and answers at most one challenge. Returns a response of any status. */
  async request({
    at,
    action,
    reads,
    answersChallenge = true,
    ...request
  }: RegistryRequest): Promise<HttpResponse> {
    const purpose = this.#purpose
    const need: RequestNeed = {
      action: purpose !== undefined && includesAction(purpose, action) ? purpose : action,
      reads,
      lasting: (request.body?.size ?? 0) >= LASTING,
      signal: request.signal,
    }
    const url = typeof at === 'string' ? this.#base + at : at.url
    const own = getOrigin(url) === this.origin
    const send = async (authorization: string | undefined): Promise<HttpResponse> => {
      const response = await this.transport.send({
        ...request,
        retry: request.retry ?? this.startAttempts(request.signal),
        url,
        headers: {
          ...(purpose === 'push' ? { 'user-agent': SIGNER_AGENT } : {}),
          ...request.headers,
          ...(authorization === undefined ? {} : { authorization }),
        },
        ...(own
          ? {}
          : { allowedAddresses: await this.transport.findAllowedAddresses(new URL(this.origin).hostname) }),
      })
      if (getOrigin(response.url) === this.origin) this.#printWarnings(response)
      this.#actions.set(response, action)
      if (request.method !== 'GET' && request.method !== 'HEAD' && response.status < 300)
        this.#hasWritten = true
      return response
    }
    const retry = async (
      refused: HttpResponse,
      answering: Promise<string | undefined>,
    ): Promise<HttpResponse> => {
      const answer = await answering.catch(async (error) => {
        await refused.discard()
        throw error
      })
      if (answer === undefined) return refused
      await refused.discard()
      return await send(answer)
    }
    const sent = own ? await this.#auth.getHeader(need) : undefined
    const response = await send(sent)
    const { status } = response
    const challenge = response.header('www-authenticate')
    // A challenge of another server, reached by redirect or Location, is not answered.
    if (!answersChallenge || getOrigin(response.url) !== this.origin) return response
    if ((status === 403 || status === 404) && sent === undefined) {
      const ask = async (): Promise<string | undefined> => challenge ?? this.#askChallenge(request.signal)
      return await retry(response, this.#auth.answerHidden(ask, need))
    }
    if (status !== 401 && status !== 403) return response
    const peeked = status === 403 ? await peekBody(response) : { response, text: '' }
    const refusal = { status, challenge, sent, text: peeked.text } as const
    return await retry(peeked.response, this.#auth.answerChallenge(refusal, need))
  }

  /** The challenge that `/v2/` sends, if any. */
  async #askChallenge(signal: AbortSignal | undefined): Promise<string | undefined> {
    const response = await this.transport.send({
      method: 'GET',
      url: `${this.origin}/v2/`,
      headers: {},
      redirect: 'same-origin',
      signal,
    })
    await response.discard()
    return getOrigin(response.url) === this.origin ? response.header('www-authenticate') : undefined
  }

  #printWarnings(response: HttpResponse): void {
    for (const words of parseWarnings(response.header('warning')))
      this.#warn?.(`registry ${this.registry} warns: ${this.transport.redact(words)}`)
  }

  /**
   * The upload URL in a Location header. A plain http URL is upgraded to https if it names the registry itself, and refused if it
   * names another host.
   */
  resolveUploadLocation(response: HttpResponse): string | undefined {
    const location = response.header('location')
    if (location === undefined || location === '') return undefined
    const url = resolveLocation(response.url, location)
    const { protocol, host } = parseUrl(url, `a Location of registry ${this.registry}`)
    if (protocol === 'https:' || this.origin.startsWith('http:')) return url
    const secure = url.replace(/^http:/i, 'https:')
    if (getOrigin(secure) !== this.origin)
      throw new WasmpackError(
        'UNAVAILABLE',
        `registry ${this.registry} redirects the upload to ${host} over plain HTTP`,
        { hint: 'nothing was sent there; the registry is misconfigured or hostile' },
      )
    this.transport.debug(`* ${redactUrl(url)} is upgraded to https`)
    this.#warn?.(
      `registry ${this.registry} gave an http URL for its own upload, and https is used instead; its administrator should fix X-Forwarded-Proto`,
    )
    return secure
  }

  /** Maps an unexpected response to a WasmpackError. */
  async toError(
    response: HttpResponse,
    asked: Pick<FailedRequest, 'what' | 'manifest' | 'size' | 'notFound'>,
  ): Promise<WasmpackError> {
    const { credential, from, problem } = await this.#auth.getUsedCredentials()
    const challenge = response.header('www-authenticate')
    const rejected = response.status === 401 ? await this.#auth.askWhetherRejected(challenge) : undefined
    return await toRegistryError(
      response,
      {
        ...asked,
        registry: this.registry,
        repository: this.name,
        action: this.#actions.get(response),
        rejected,
        ...(credential === undefined ? { problem } : { credentials: from }),
      },
      (text) => this.transport.redact(text),
    )
  }
}

const sessions = new WeakMap<RegistryOptions, Map<string, RegistrySession>>()

function getSession(registry: string, origin: string, options: RegistryOptions): RegistrySession {
  const opened = sessions.get(options) ?? new Map<string, RegistrySession>()
  sessions.set(options, opened)
  const session = opened.get(registry) ?? new RegistrySession(registry, origin, options)
  opened.set(registry, session)
  return session
}
