import { type IncomingMessage, type Server, createServer, request } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, type Socket, connect } from 'node:net'

import { SERVER_CERTIFICATE, SERVER_KEY } from './certificates.ts'

export interface ProxySwitches {
  /** `user:password` to ask for. */
  readonly account?: string
  /** What it asks with; `Basic realm="proxy"` by default. */
  readonly challenge?: string
  /** Where names lead, in place of a name service: to a port of 127.0.0.1. */
  readonly hosts?: Readonly<Record<string, number>>
  /** True: the proxy itself speaks TLS, as 127.0.0.1. */
  readonly tls?: boolean
  /** A status that it answers in place of going on to http URLs, as squid marks what is its own. */
  readonly refusal?: number
  /** What it answers to CONNECT in place of a tunnel: raw bytes, nothing at all (`stall`), or the end (`close`). */
  readonly connect?: 'stall' | 'close' | { readonly raw: string }
}

/** One request as the proxy saw it. */
export interface Proxied {
  readonly method: string
  /** `host:port` of a CONNECT, an absolute URL of other requests. */
  readonly url: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** A forward proxy that runs inside of the test, with the faults that real ones have. */
export interface ForwardProxy {
  /** What HTTPS_PROXY would hold, without a user. */
  readonly url: string
  readonly log: Proxied[]
  close(): Promise<void>
}

/** Starts a forward proxy on a free port of 127.0.0.1. Close it in the end. */
export async function startForwardProxy(switches: ProxySwitches = {}): Promise<ForwardProxy> {
  const log: Proxied[] = []
  const sockets = new Set<Socket>()
  const isWelcome = ({ headers }: IncomingMessage): boolean =>
    switches.account === undefined ||
    headers['proxy-authorization'] === `Basic ${Buffer.from(switches.account).toString('base64')}`
  const challenge = { 'proxy-authenticate': switches.challenge ?? 'Basic realm="proxy"' }
  const record = ({ method = '', url = '', headers }: IncomingMessage): void =>
    void log.push({ method, url, headers })

  const front = (asked: IncomingMessage, answer: import('node:http').ServerResponse): void => {
    record(asked)
    if (!isWelcome(asked)) return void answer.writeHead(407, challenge).end()
    if (switches.refusal !== undefined)
      return void answer.writeHead(switches.refusal, { 'x-squid-error': 'ERR_CONNECT_FAIL 111' }).end()
    const { hostname, port, pathname, search } = new URL(asked.url ?? '')
    const { 'proxy-authorization': _, ...headers } = asked.headers
    const onward = request(
      {
        host: '127.0.0.1',
        port: switches.hosts?.[hostname] ?? port,
        method: asked.method,
        path: pathname + search,
        headers,
      },
      (reply) => {
        answer.writeHead(reply.statusCode ?? 0, reply.headers)
        reply.pipe(answer)
      },
    )
    onward.on('error', () => answer.writeHead(502).end())
    asked.pipe(onward)
  }
  const server: Server = switches.tls
    ? createTlsServer({ cert: SERVER_CERTIFICATE, key: SERVER_KEY }, front)
    : createServer(front)
  server.on('connection', (socket: Socket) => track(socket))
  const track = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
  }

  server.on('connect', (asked: IncomingMessage, client: Socket, head: Buffer) => {
    record(asked)
    const say = (status: string, headers: Readonly<Record<string, string>> = {}): void =>
      void client.end(
        `HTTP/1.1 ${status}\r\n${Object.entries(headers)
          .map(([name, value]) => `${name}: ${value}\r\n`)
          .join('')}content-length: 0\r\n\r\n`,
      )
    if (!isWelcome(asked)) return say('407 Proxy Authentication Required', challenge)
    if (switches.connect === 'stall') return
    if (switches.connect === 'close') return void client.destroy()
    if (switches.connect !== undefined) return void client.end(switches.connect.raw)
    const { hostname } = new URL(`http://${asked.url}`)
    const port = switches.hosts?.[hostname]
    if (port === undefined) return say('502 Bad Gateway')
    const onward = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.write(head)
      client.pipe(onward).pipe(client)
    })
    track(onward)
    onward.once('close', () => client.destroy())
    client.once('close', () => onward.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `${switches.tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
