import { type ClientRequestArgs, Agent as PlainAgent, request } from 'node:http'
import { type AgentOptions, type RequestOptions, Agent as TlsAgent } from 'node:https'
import { type Socket, connect as connectPlain } from 'node:net'
import type { Duplex } from 'node:stream'
import { type SecureContext, connect as connectTls } from 'node:tls'

import { WasmpackError } from '../errors.ts'
import { TransportFault, toNetworkError } from './network-error.ts'
import type { Proxy } from './proxy.ts'
import { toProxyRefusal } from './proxy-refusal.ts'

/** How to connect to a proxy. */
export interface ProxyConnectOptions {
  readonly proxy: Proxy
  /** For TLS proxies: the trusted authorities, without a client certificate. */
  readonly secureContext: SecureContext
  /** Time limit for a proxy to connect, in milliseconds. */
  readonly timeout: number
}

type ConnectCallback = (error: Error | null, stream: Duplex) => void

/** Response headers of CONNECT at most, in bytes. */
const HEADERS_LIMIT = 16 * 1024

/** Connections to an http proxy, over which requests for http URLs go in absolute form. */
export class ForwardingAgent extends PlainAgent {
  readonly #pending: PendingConnections

  constructor(access: ProxyConnectOptions) {
    super({ keepAlive: true })
    this.#pending = new PendingConnections(access)
  }

  override createConnection(_: ClientRequestArgs, done: ConnectCallback): undefined {
    this.#pending.open((connection) => connection.dial(), done)
  }

  override destroy(): void {
    this.#pending.abortAll()
    super.destroy()
  }
}

/** TLS connections through an http proxy: one CONNECT each, then kept alive. */
export class TunnelAgent extends TlsAgent {
  readonly #pending: PendingConnections

  constructor(access: ProxyConnectOptions, options: AgentOptions) {
    super({ ...options, keepAlive: true })
    this.#pending = new PendingConnections(access)
  }

  override createConnection(options: RequestOptions, done: ConnectCallback): undefined {
    const host = String(options.host)
    const target = `${host.includes(':') ? `[${host}]` : host}:${options.port}`
    this.#pending.open(async (connection) => {
      const tunnel = await connection.tunnel(target)
      return super.createConnection({ ...options, socket: tunnel } as RequestOptions)!
    }, done)
  }

  override destroy(): void {
    this.#pending.abortAll()
    super.destroy()
  }
}

/** Connections of one agent that are still being opened, which the agent itself cannot close yet. */
class PendingConnections {
  readonly #access: ProxyConnectOptions
  readonly #pending = new Set<PendingConnection>()

  constructor(access: ProxyConnectOptions) {
    this.#access = access
  }

  open(make: (connection: PendingConnection) => Promise<Duplex>, done: ConnectCallback): void {
    const connection = new PendingConnection(this.#access)
    this.#pending.add(connection)
    make(connection)
      .finally(() => {
        connection.clearTimer()
        this.#pending.delete(connection)
      })
      .then(
        (stream) => done(null, stream),
        (error: unknown) => done(error as Error, undefined as never),
      )
  }

  abortAll(): void {
    for (const connection of this.#pending) connection.abort(new TransportFault('CONNECT_TIMEOUT'))
  }
}

/** One connection that is being opened through a proxy, with its timeout. */
class PendingConnection {
  readonly #access: ProxyConnectOptions
  readonly #timer: NodeJS.Timeout
  #socket: Socket | undefined

  constructor(access: ProxyConnectOptions) {
    this.#access = access
    this.#timer = setTimeout(() => this.abort(new TransportFault('HEADERS_TIMEOUT')), access.timeout)
  }

  abort(why: Error): void {
    this.#socket?.destroy(why)
  }

  clearTimer(): void {
    clearTimeout(this.#timer)
  }

  /** A connection to the proxy itself. */
  dial(): Promise<Socket> {
    const { proxy, secureContext } = this.#access
    const { host, port, tls } = proxy
    return new Promise((resolve, reject) => {
      const socket = tls
        ? connectTls({
            host,
            port,
            servername: /^[\d.]+$|:/.test(host) ? '' : host,
            secureContext,
            ALPNProtocols: ['http/1.1'],
          })
        : connectPlain({ host, port })
      this.#socket = socket
      const failed = (error: Error): void => reject(toProxyError(error, proxy))
      const closed = (): void => failed(Object.assign(new Error('closed'), { code: 'ECONNRESET' }))
      socket.once('error', failed)
      socket.once('close', closed)
      socket.once(tls ? 'secureConnect' : 'connect', () => {
        socket.off('error', failed)
        socket.off('close', closed)
        resolve(socket)
      })
    })
  }

  /** A connection through the proxy to `target`, `host:port`. */
  async tunnel(target: string): Promise<Socket> {
    const { proxy } = this.#access
    const socket = await this.dial()
    return await new Promise((resolve, reject) => {
      const failed = (error: unknown): void => {
        socket.destroy()
        reject(error as Error)
      }
      const connectRequest = request({
        createConnection: () => socket,
        method: 'CONNECT',
        path: target,
        maxHeaderSize: HEADERS_LIMIT,
        headers: {
          host: target,
          ...(proxy.authorization === undefined ? {} : { 'proxy-authorization': proxy.authorization }),
        },
      })
      connectRequest.once('connect', (answer, _, head: Buffer) => {
        if (answer.statusCode !== 200)
          return failed(
            toProxyRefusal(proxy, target, answer.statusCode ?? 0, answer.headers['proxy-authenticate']),
          )
        if (head.length > 0) socket.unshift(head)
        resolve(socket)
      })
      connectRequest.once('error', (error) => failed(toProxyError(error, proxy)))
      connectRequest.end()
    })
  }
}

/** A network error on the way to the proxy, not to the server behind it. */
function toProxyError(error: unknown, { name, variable }: Proxy): unknown {
  const failure = toNetworkError(error, `proxy ${name}`)
  if (!(failure instanceof WasmpackError) || failure === error) return failure
  return new WasmpackError(failure.code, failure.message, {
    hint: `check ${variable}; to bypass the proxy for a host, add it to NO_PROXY`,
    details: { ...failure.details, host: name, proxy: name },
    cause: error,
  })
}
