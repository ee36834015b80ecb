import type { Agent as PlainAgent } from 'node:http'
import { type AgentOptions, Agent as TlsAgent } from 'node:https'
import { type SecureContext, createSecureContext, rootCertificates } from 'node:tls'

import type { Proxy } from './proxy.ts'
import { CERTIFICATE, type ClientCertificate } from './tls.ts'
import { ForwardingAgent, type ProxyConnectOptions, TunnelAgent } from './tunnel.ts'

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

/** Agents for connections with TLS or through a proxy. They share the trusted authorities. */
export class SecureAgents {
  readonly #options: AgentsOptions
  readonly #made = new Map<string, PlainAgent>()
  #anonymous: SecureContext | undefined

  constructor(options: AgentsOptions) {
    this.#options = options
  }

  getAgent(protocol: 'http:' | 'https:', proxy: Proxy | undefined, identified: boolean): PlainAgent {
    const key = `${protocol} ${identified} ${proxy?.variable}`
    let agent = this.#made.get(key)
    if (agent === undefined) {
      agent =
        protocol === 'http:' && proxy !== undefined
          ? new ForwardingAgent(this.#to(proxy))
          : this.#tls(proxy, identified)
      this.#made.set(key, agent)
    }
    return agent
  }

  close(): void {
    for (const agent of this.#made.values()) agent.destroy()
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

  #to(proxy: Proxy): ProxyConnectOptions {
    return { proxy, secureContext: this.#context(), timeout: this.#options.proxyTimeout }
  }

  #context(): SecureContext {
    this.#anonymous ??= buildSecureContext(this.#options.ca)
    return this.#anonymous
  }
}

/**
 * TLS settings: trusts Node's root certificates and those of the PEM text `authorities`, and presents the client certificate on
 * request. Both must have been checked.
 */
function buildSecureContext(
  authorities: string | undefined,
  client?: ClientCertificate | undefined,
): SecureContext {
  return createSecureContext({
    ...(authorities === undefined
      ? {}
      : { ca: [...rootCertificates, ...(authorities.match(CERTIFICATE) ?? [])] }),
    ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
  })
}
