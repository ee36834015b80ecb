import type { Agent as PlainAgent } from 'node:http'

import { DirectAgent } from './direct-agent.ts'
import type { Proxy } from './proxy.ts'
import type { AgentsOptions, SecureAgents } from './secure-agents.ts'
import { checkAuthorities, checkClientCertificate } from './tls.ts'

/**
 * The keep-alive connections of a transport, pooled by protocol, proxy and client certificate. TLS is loaded with the first connection
 * that needs it.
 */
export class Agents {
  readonly #options: AgentsOptions
  #direct: DirectAgent | undefined
  #secure: Promise<SecureAgents> | undefined

  /** Throws KEY_INVALID for malformed authorities or a malformed client certificate. */
  constructor(options: AgentsOptions) {
    this.#options = options
    if (options.ca !== undefined) checkAuthorities(options.ca, options.caFile)
    if (options.client !== undefined) checkClientCertificate(options.client)
  }

  /** The agent for a protocol and proxy; an `identified` one presents the client certificate. */
  async getAgent(
    protocol: 'http:' | 'https:',
    proxy: Proxy | undefined,
    identified: boolean,
  ): Promise<PlainAgent> {
    if (protocol === 'http:' && proxy === undefined) return (this.#direct ??= new DirectAgent())
    this.#secure ??= loadSecureAgents(this.#options)
    return (await this.#secure).getAgent(protocol, proxy, identified)
  }

  /** Closes idle connections and aborts pending ones. */
  close(): void {
    this.#direct?.destroy()
    void this.#secure?.then((agents) => agents.close())
  }
}

async function loadSecureAgents(options: AgentsOptions): Promise<SecureAgents> {
  const { SecureAgents } = await import('./secure-agents.ts')
  return new SecureAgents(options)
}
