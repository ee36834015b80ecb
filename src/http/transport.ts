import { promises as dns } from 'node:dns'

import { WasmpackError } from '../errors.ts'
import { VERSION } from '../version.ts'
import { Agents } from './agents.ts'
import { type AddressKind, classifyAddress, classifyHost, isLoopbackHost } from './address.ts'
import { type Attempts, RetryBudget, type RetryPolicy } from './attempts.ts'
import type { HttpResponse } from './response.ts'
import type { Method, RequestBody, Timeouts } from './request.ts'
import { exchange } from './exchange.ts'
import { isTransient } from './network-error.ts'
import { getOrigin, parseUrl, resolveLocation } from './origin.ts'
import { type Proxies, type ProxySettings, openProxies } from './proxy.ts'
import { isFromProxy, toProxyRefusal } from './proxy-refusal.ts'
import { Redactor, redactUrl } from './redact.ts'
import { type Clock, isTransientStatus, systemClock } from './retry.ts'
import type { ClientCertificate } from './tls.ts'

export interface TransportOptions extends RetryPolicy {
  /** Plain HTTP for every host (true) or for none (false); by default for loopback hosts, as in oras. */
  readonly plainHttp?: boolean | undefined
  /** Skips certificate verification. */
  readonly insecure?: boolean | undefined
  /** PEM text of additional authorities to trust. */
  readonly ca?: string | undefined
  /** File of `ca`, for messages. */
  readonly caFile?: string | undefined
  /** Presented on request to the hosts of {@link Transport.resolveOrigin} only. */
  readonly clientCertificate?: ClientCertificate | undefined
  /** None by default. */
  readonly proxies?: ProxySettings | undefined
  /** Called with a line for each request and response, without secrets. */
  readonly debug?: ((line: string) => void) | undefined
  /** Called with a line for each noticeable delay, without secrets. */
  readonly note?: ((line: string) => void) | undefined
  /** Aborts all requests; a request's own signal aborts that request only. */
  readonly signal?: AbortSignal | undefined
  readonly timeouts?: Partial<Timeouts> | undefined
  readonly clock?: Clock | undefined
}

export interface HttpRequest {
  readonly method: Method
  /** Absolute; its path and query are sent byte for byte. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: RequestBody | undefined
  /**
   * False for a request that must not be repeated, such as one of an upload session; the attempts of a larger operation
   * that this request is part of. By default the request has its own attempts.
   */
  readonly retry?: Attempts | false | undefined
  /** `same-origin` for requests whose body is a secret; `none` hands a redirect to the caller. */
  readonly redirect?: 'follow' | 'same-origin' | 'none'
  /** Address kinds that the request and its redirects may connect to; by default any for the URL itself. */
  readonly allowedAddresses?: readonly AddressKind[] | undefined
  /** Timeout for the response headers in milliseconds, where a server is known to be slow. */
  readonly headersTimeout?: number
  readonly signal?: AbortSignal | undefined
  /** For cleanup after an aborted run: only the request's own signal aborts it, not the transport's. */
  readonly afterwards?: boolean
}

const TIMEOUTS: Timeouts = {
  connect: 10_000,
  headers: 30_000,
  idle: 30_000,
  pace: { bytes: 64 * 1024, within: 60_000 },
}
const REDIRECTS = 5
const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** Headers that may be sent to another origin; all others, above all Authorization, may be secret. */
const PUBLIC_HEADERS: ReadonlySet<string> = new Set(['accept', 'content-type', 'range'])

/**
 * The HTTP client of wasmpack: keeps connections alive, never sends credentials to another origin or from https to http on
 * a redirect, retries transient failures, and prints no secret in debug lines.
 */
export class Transport {
  readonly #options: TransportOptions
  readonly #timeouts: Timeouts
  readonly #clock: Clock
  readonly #agents: Agents
  readonly #proxies: Proxies
  /** Origins that the client certificate may be presented to. */
  readonly #named = new Set<string>()
  readonly #redactor = new Redactor()
  readonly #kinds = new Map<string, Promise<AddressKind>>()
  readonly #budget: RetryBudget
  /** By the caller's signal, which many requests share. */
  readonly #endings = new WeakMap<AbortSignal, AbortSignal>()

  /** Throws KEY_INVALID for malformed authorities, and for a client certificate that does not match its key. */
  constructor(options: TransportOptions = {}) {
    this.#options = options
    this.#timeouts = { ...TIMEOUTS, ...options.timeouts }
    this.#clock = options.clock ?? systemClock
    const { retries, deadline } = options
    this.#budget = new RetryBudget({ retries, deadline }, this.#clock, {
      debug: (line) => this.debug(line),
      note: (line) => options.note?.(this.redact(line)),
    })
    this.#agents = new Agents({
      ca: options.ca,
      caFile: options.caFile,
      insecure: options.insecure === true,
      client: options.clientCertificate,
      proxyTimeout: this.#timeouts.connect,
    })
    this.#proxies = openProxies(options.proxies ?? {})
  }

  get clock(): Clock {
    return this.#clock
  }

  /**
   * The origin of a host, `host[:port]`, that the user has named: https unless plain HTTP is allowed for it. From then on the
   * client certificate may be presented to it.
   */
  resolveOrigin(host: string): string {
    const { plainHttp, ca, insecure, clientCertificate } = this.#options
    const { hostname } = parseUrl(`https://${host}`, `the host ${JSON.stringify(host)}`)
    const wantsTls = ca !== undefined || insecure === true || clientCertificate !== undefined
    const plain = plainHttp ?? (isLoopbackHost(hostname) && !wantsTls)
    const { origin } = new URL(`${plain ? 'http' : 'https'}://${host}`)
    this.#named.add(origin)
    return origin
  }

  /**
   * The most internal address kind of a host. A name that cannot be resolved counts as public, and so does one that a proxy
   * resolves.
   */
  findAddressKind(hostname: string): Promise<AddressKind> {
    let kind = this.#kinds.get(hostname)
    if (kind === undefined) {
      const known = classifyHost(hostname)
      const proxied =
        known === undefined && this.#proxies.findProxy(new URL(`https://${hostname}`)) !== undefined
      kind = proxied ? Promise.resolve('public') : lookUpAddressKind(hostname)
      this.#kinds.set(hostname, kind)
    }
    return kind
  }

  /** Address kinds that a host may redirect to: public ones, and internal ones only if the host itself is internal. */
  async findAllowedAddresses(hostname: string): Promise<readonly AddressKind[]> {
    const kind = await this.findAddressKind(hostname)
    if (kind === 'loopback') return ['public', 'private', 'loopback']
    return kind === 'private' ? ['public', 'private'] : ['public']
  }

  /** Hides `secret` in every later debug line and in the results of {@link redact}. */
  registerSecret(secret: string): void {
    this.#redactor.add(secret)
  }

  /** Hides the secrets that this transport has sent in foreign text. */
  redact(text: string): string {
    return this.#redactor.redact(text)
  }

  /** A signal that aborts with the given one or with that of this transport. */
  combineSignals(signal: AbortSignal | undefined): AbortSignal | undefined {
    const own = this.#options.signal
    if (own === undefined || signal === undefined || own === signal) return signal ?? own
    let either = this.#endings.get(signal)
    if (either === undefined) this.#endings.set(signal, (either = AbortSignal.any([own, signal])))
    return either
  }

  /**
   * The attempts of an operation that takes several requests, or that {@link send} cannot repeat. Without `patient`, a server that is
   * away is not waited for: there is another one to ask.
   */
  startAttempts(signal?: AbortSignal, options?: { readonly patient?: boolean }): Attempts {
    return this.#budget.startAttempts(this.combineSignals(signal), options)
  }

  debug(line: string): void {
    this.#options.debug?.(this.redact(line))
  }

  /** Closes idle connections. */
  close(): void {
    this.#agents.close()
  }

  /**
   * Sends a request and retries transient failures, honouring Retry-After. Returns a response of any status; throws
   * UNAVAILABLE if there is none.
   */
  async send(request: HttpRequest): Promise<HttpResponse> {
    const signal = request.afterwards ? request.signal : this.combineSignals(request.signal)
    const attempts = request.retry ?? this.startAttempts(request.signal)
    for (;;) {
      try {
        const response = await this.#follow({ ...request, signal })
        if (attempts === false || !isTransientStatus(response.status)) return response
        if (!(await attempts.waitForNext(response))) return response
      } catch (error) {
        if (attempts === false || !isTransient(error)) throw error
        if (!(await attempts.waitForNext(error))) throw attempts.addAttemptCount(error)
      }
    }
  }

  async #follow(request: HttpRequest): Promise<HttpResponse> {
    let { url, headers = {}, allowedAddresses } = request
    if (headers['authorization'] !== undefined) this.#redactor.addAuthorization(headers['authorization'])
    for (let hop = 0; ; hop++) {
      const response = await this.#sendOnce(request, url, headers, allowedAddresses)
      const location = response.header('location')
      if (!REDIRECT_STATUSES.has(response.status) || !location || request.redirect === 'none') return response
      await response.discard()
      const next = resolveLocation(url, location)
      const { origin, host } = parseUrl(next, `the redirect of ${getOrigin(url)}`)
      const leaves = origin !== getOrigin(url)
      const refused = (why: string): WasmpackError =>
        new WasmpackError('UNAVAILABLE', `${new URL(url).host} redirects ${request.method} ${why}`, {
          hint: 'the redirect was not followed; the server is misconfigured or hostile',
          details: { host: new URL(url).host, location: redactUrl(next) },
        })
      if (hop >= REDIRECTS) throw refused(`more than ${REDIRECTS} times`)
      if (url.startsWith('https:') && origin.startsWith('http:')) throw refused('from https to plain http')
      if (leaves && request.redirect === 'same-origin') throw refused(`to another server, ${host}`)
      const repeatable = request.method === 'GET' || request.method === 'HEAD' || response.status >= 307
      if (!repeatable) throw refused(`with status ${response.status}`)
      if (leaves) {
        headers = keepPublicHeaders(headers)
        allowedAddresses ??= await this.findAllowedAddresses(new URL(request.url).hostname)
      }
      this.debug(`* redirect to ${redactUrl(next)}`)
      url = next
    }
  }

  async #sendOnce(
    request: HttpRequest,
    url: string,
    headers: Readonly<Record<string, string>>,
    allowedAddresses: readonly AddressKind[] | undefined,
  ): Promise<HttpResponse> {
    const parsed = parseUrl(url, 'the request URL')
    const { protocol, hostname, host, origin } = parsed
    if (protocol === 'http:' && this.#options.plainHttp !== true && !isLoopbackHost(hostname))
      throw new WasmpackError('UNAVAILABLE', `refusing to send a request to ${host} over plain HTTP`, {
        hint: 'pass --plain-http if you trust the network',
        details: { host },
      })
    const proxy = this.#proxies.findProxy(parsed)
    if (proxy?.authorization !== undefined) this.#redactor.addAuthorization(proxy.authorization)
    const forwarded = proxy !== undefined && protocol === 'http:'
    const identified = this.#options.clientCertificate !== undefined && this.#named.has(origin)
    const trace = (line: string, end = ''): void => {
      if (this.#options.debug) this.debug(`${line} ${request.method} ${redactUrl(url)}${end}`)
    }
    trace('>', proxy && ` through proxy ${proxy.name}`)
    const { connect, headers: toAnswer, idle, pace } = this.#timeouts
    const response = await exchange({
      method: request.method,
      url,
      headers: {
        'user-agent': `wasmpack/${VERSION}`,
        'accept-encoding': 'identity',
        ...headers,
        ...(forwarded && proxy.authorization !== undefined
          ? { 'proxy-authorization': proxy.authorization }
          : {}),
      },
      body: request.body,
      timeouts: {
        // The proxy has a timeout of its own, so that the error names the slow side.
        connect: proxy === undefined ? connect : 2 * connect,
        headers: request.headersTimeout ?? toAnswer,
        idle,
        pace,
      },
      signal: request.signal,
      allowedAddresses,
      agent: await this.#agents.getAgent(parsed.protocol as 'http:' | 'https:', proxy, identified),
      identified,
      absoluteForm: forwarded,
    })
    trace(`< ${response.status}`)
    if (!forwarded || !isFromProxy(response)) return response
    await response.discard()
    throw toProxyRefusal(proxy, host, response.status, response.header('proxy-authenticate'))
  }
}

const keepPublicHeaders = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => PUBLIC_HEADERS.has(name.toLowerCase())))

const INWARD: readonly AddressKind[] = ['public', 'private', 'loopback', 'reserved']

async function lookUpAddressKind(hostname: string): Promise<AddressKind> {
  const known = classifyHost(hostname)
  if (known !== undefined) return known
  const addresses = await dns.lookup(hostname, { all: true }).catch(() => [])
  const depths = addresses.map(({ address }) => INWARD.indexOf(classifyAddress(address)))
  return INWARD[Math.max(0, ...depths)]!
}
