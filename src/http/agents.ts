import type { Agent as PlainAgent } from 'node:http'
import { type AgentOptions, Agent as TlsAgent } from 'node:https'
import type { SecureContext } from 'node:tls'

import { DirectAgent } from './direct-agent.ts'
import type { Proxy } from './proxy.ts'
import {
  type ClientCertificate,
  checkAuthorities,
  checkClientCertificate,
  buildSecureContext,
} from './tls.ts'
import { ForwardingAgent, TunnelAgent } from './tunnel.ts'

export interface AgentsOptions {
  /** PEM text of authorities to trust beside the usual ones. */
  readonly ca: string | undefined
  readonly caFile: string | undefined
  /** Skips certificate verification for servers, never for proxies. */
  readonly insecure: boolean
  readonly client: ClientCertificate | undefined
  /** Time limit for a proxy to connect, in milliseconds. */
  readonly proxyTimeout: number
}

/** The keep-alive connections of a transport, pooled by protocol, proxy and client certificate. */
export class Agents {
  readonly #options: AgentsOptions
  readonly #made = new Map<string, PlainAgent>()
  #anonymous: SecureContext | undefined

  /** Throws KEY_INVALID for malformed authorities or a malformed client certificate. */
  constructor(options: AgentsOptions) {
    this.#options = options
    if (options.ca !== undefined) checkAuthorities(options.ca, options.caFile)
    if (options.client !== undefined) checkClientCertificate(options.client)
  }

  /** The agent for a protocol and proxy; an `identified` one presents the client certificate. */
  getAgent(protocol: 'http:' | 'https:', proxy: Proxy | undefined, identified: boolean): PlainAgent {
    const key = `${protocol} ${identified} ${proxy?.variable}`
    let agent = this.#made.get(key)
    if (agent === undefined) {
      agent = protocol === 'http:' ? this.#plain(proxy) : this.#tls(proxy, identified)
      this.#made.set(key, agent)
    }
    return agent
  }

  /** Closes idle connections and aborts pending ones. */
  close(): void {
    for (const agent of this.#made.values()) agent.destroy()
  }

  #plain(proxy: Proxy | undefined): PlainAgent {
    return proxy === undefined ? new DirectAgent() : new ForwardingAgent(this.#to(proxy))
  }

  #tls(proxy: Proxy | undefined, identified: boolean): TlsAgent {
    const { ca, insecure, client } = this.#options
    const options: AgentOptions = {
      keepAlive: true,
      secureContext: identified ? buildSecureContext(ca, client) : this.#context(),
      rejectUnauthorized: !insecure,
      // Never h2: one connection would have to carry, and lose, every transfer at once.
      ALPNProtocols: ['http/1.1'],
    }
    return proxy === undefined ? new TlsAgent(options) : new TunnelAgent(this.#to(proxy), options)
  }

  #to(proxy: Proxy): ConstructorParameters<typeof ForwardingAgent>[0] {
    return { proxy, secureContext: this.#context(), timeout: this.#options.proxyTimeout }
  }

  #context(): SecureContext {
    this.#anonymous ??= buildSecureContext(this.#options.ca)
    return this.#anonymous
  }
}
