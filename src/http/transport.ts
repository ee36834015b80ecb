import { promises as dns } from 'node:dns'

import { WasmpackError } from '../errors.ts'
import { VERSION } from '../version.ts'
import { Agents } from './agents.ts'
import { type AddressKind, classifyAddress, isLoopbackHost, parseLiteralAddress } from './address.ts'
import { type Attempts, RETRIES, RetryBudget, type RetryPolicy } from './attempts.ts'
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

export interface TransportOptions extends Partial<RetryPolicy> {
  /** Plain HTTP for every host (true) or for none (false); by default for loopback hosts, as oras does. */
  readonly plainHttp?: boolean | undefined
  /** Accepts any certificate. */
  readonly insecure?: boolean | undefined
  /** PEM text of authorities to trust beside the usual ones. */
  readonly ca?: string | undefined
  /** Where that was read, for messages. */
  readonly caFile?: string | undefined
  /** Shown to the hosts of {@link Transport.resolveOrigin} that ask for one, and to no other. */
  readonly clientCertificate?: ClientCertificate | undefined
  /** None by default. */
  readonly proxies?: ProxySettings | undefined
  /** Hears of every request and answer in one line each, without secrets. */
  readonly debug?: ((line: string) => void) | undefined
  /** Hears of each wait that people would wonder about, in one line without secrets. */
  readonly note?: ((line: string) => void) | undefined
  /** Ends everything that is under way; a request's own signal ends that request. */
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
   * False for what must not be sent twice, such as the body of an upload session; the attempts of a larger undertaking
   * where this request is a part of it. By default the request has attempts of its own.
   */
  readonly retry?: Attempts | false | undefined
  /** `same-origin` for requests whose body is a secret; `none` hands a redirect to the caller. */
  readonly redirect?: 'follow' | 'same-origin' | 'none'
  /** The kinds of address that the request and its redirects may reach; by default every one for the URL itself. */
  readonly allowedAddresses?: readonly AddressKind[] | undefined
  /** Milliseconds to the first byte of the answer, where a server is known to take its time. */
  readonly headersTimeout?: number
  readonly signal?: AbortSignal | undefined
  /** For what clears up behind a run that was ended: the signal of this transport does not end it, only its own does. */
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
/** What another origin may see of a request; everything else, Authorization first of all, may be a secret. */
const PUBLIC_HEADERS: ReadonlySet<string> = new Set(['accept', 'content-type', 'range'])

/**
 * Speaks HTTP for every client of wasmpack: connections are kept, redirects never carry credentials to another origin or
 * from https to http, broken requests are repeated, and no secret is ever in a debug line.
 */
export class Transport {
  readonly #options: TransportOptions
  readonly #timeouts: Timeouts
  readonly #clock: Clock
  readonly #agents: Agents
  readonly #proxies: Proxies
  /** The origins that may ask for the client certificate. */
  readonly #named = new Set<string>()
  readonly #redactor = new Redactor()
  readonly #kinds = new Map<string, Promise<AddressKind>>()
  readonly #budget: RetryBudget
  /** By the signal of whatever is under way, which takes many requests. */
  readonly #endings = new WeakMap<AbortSignal, AbortSignal>()

  /** Throws KEY_INVALID for authorities that are no certificates, and for a client certificate without its key. */
  constructor(options: TransportOptions = {}) {
    this.#options = options
    this.#timeouts = { ...TIMEOUTS, ...options.timeouts }
    this.#clock = options.clock ?? systemClock
    const { retries = RETRIES, deadline } = options
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
   * The origin to reach `host` (with its port, if any) at, which the user has named: https unless plain HTTP is allowed for it.
   * From now on it is shown the client certificate if it asks.
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
   * Where a host leads, by the address that is furthest inside. A name that cannot be looked up counts as public, and so does
   * one that a proxy looks up in its own network.
   */
  findAddressKind(hostname: string): Promise<AddressKind> {
    let kind = this.#kinds.get(hostname)
    if (kind === undefined) {
      const isName = parseLiteralAddress(hostname) === undefined
      const proxied = isName && this.#proxies.findProxy(new URL(`https://${hostname}`)) !== undefined
      kind = proxied ? Promise.resolve('public') : lookUpAddressKind(hostname)
      this.#kinds.set(hostname, kind)
    }
    return kind
  }

  /** Where a host may send us on to: out into the world, and into the own network or machine only from there. */
  async findAllowedAddresses(hostname: string): Promise<readonly AddressKind[]> {
    const kind = await this.findAddressKind(hostname)
    if (kind === 'loopback') return ['public', 'private', 'loopback']
    return kind === 'private' ? ['public', 'private'] : ['public']
  }

  /** From now on `secret` is hidden in every debug line and in everything that passes {@link redact}. */
  registerSecret(secret: string): void {
    this.#redactor.add(secret)
  }

  /** Hides the secrets that this transport has sent, in words that come from elsewhere. */
  redact(text: string): string {
    return this.#redactor.redact(text)
  }

  /** What ends something that is under way for a request: the request's own signal, or that of this transport. */
  combineSignals(signal: AbortSignal | undefined): AbortSignal | undefined {
    const own = this.#options.signal
    if (own === undefined || signal === undefined || own === signal) return signal ?? own
    let either = this.#endings.get(signal)
    if (either === undefined) this.#endings.set(signal, (either = AbortSignal.any([own, signal])))
    return either
  }

  /** The attempts at something that takes several requests, or that cannot be repeated by {@link send}. */
  startAttempts(signal?: AbortSignal): Attempts {
    return this.#budget.startAttempts(this.combineSignals(signal))
  }

  debug(line: string): void {
    this.#options.debug?.(this.redact(line))
  }

  /** Ends the idle connections. */
  close(): void {
    this.#agents.close()
  }

  /**
   * Sends a request and repeats it while it fails for reasons that pass, with the waits that the server asks for. Any
   * status is an answer; UNAVAILABLE means that there was none.
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
          hint: 'the redirect was not followed; a server that does this is misconfigured or hostile',
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
    const parsed = parseUrl(url, 'the address of a request')
    const { protocol, hostname, host, origin } = parsed
    if (protocol === 'http:' && this.#options.plainHttp !== true && !isLoopbackHost(hostname))
      throw new WasmpackError('UNAVAILABLE', `a request to ${host} would go over plain HTTP`, {
        hint: 'give --plain-http if you trust the network between here and there',
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
        // The proxy has its time by itself, so that who was too slow can be told.
        connect: proxy === undefined ? connect : 2 * connect,
        headers: request.headersTimeout ?? toAnswer,
        idle,
        pace,
      },
      signal: request.signal,
      allowedAddresses,
      agent: this.#agents.getAgent(parsed.protocol as 'http:' | 'https:', proxy, identified),
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
  const literal = parseLiteralAddress(hostname)
  if (literal !== undefined) return classifyAddress(literal)
  if (isLoopbackHost(hostname)) return 'loopback'
  const addresses = await dns.lookup(hostname, { all: true }).catch(() => [])
  const depths = addresses.map(({ address }) => INWARD.indexOf(classifyAddress(address)))
  return INWARD[Math.max(0, ...depths)]!
}
