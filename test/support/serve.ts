import { type IncomingHttpHeaders, type RequestListener, createServer } from 'node:http'
import { type ServerOptions, createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'

import { onTestFinished } from 'vitest'

/** An HTTP server of a test's own, which ends with it. */
export interface Served {
  readonly origin: string
  readonly port: number
  readonly seen: { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders }[]
  /** How many connections were opened. */
  readonly connections: number
}

/** Serves on a free port of 127.0.0.1: over TLS if a certificate is given. */
export async function serve(listener: RequestListener, tls?: ServerOptions): Promise<Served> {
  const seen: Served['seen'] = []
  const front: RequestListener = (request, response) => {
    const { method = '', url = '', headers } = request
    seen.push({ method, url, headers })
    listener(request, response)
  }
  const server = tls === undefined ? createServer(front) : createTlsServer(tls, front)
  let connections = 0
  server.on('connection', () => connections++)
  const port = await listening(server)
  return {
    origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    seen,
    get connections() {
      return connections
    },
  }
}

/** Starts a server on a free port of 127.0.0.1 and ends it, with all of its connections, after the test. */
export async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
