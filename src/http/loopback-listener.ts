import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server on the loopback address that takes one request of a browser, for a redirect of OAuth 2 (RFC 8252, section 7.3). */
export interface LoopbackListener {
  /** Where the browser is to be sent. */
  readonly url: string
  /** The query of the first request to the address; all others are answered with 404. Rejects with the signal's reason. */
  receive(signal: AbortSignal): Promise<URLSearchParams>
  /** Ends all connections. */
  close(): void
}

/** Shown in the browser, whatever it brought. */
const PAGE = 'wasmpack has received the answer. You can close this window and return to the terminal.\n'
const CONNECTIONS = 8
/** In milliseconds. */
const REQUEST_TIMEOUT = 10_000

/** Listens on a free port of 127.0.0.1, for requests of the path. */
export async function listenOnLoopback(path: string): Promise<LoopbackListener> {
  let deliver: (query: URLSearchParams) => void = () => {}
  const received = new Promise<URLSearchParams>((resolve) => (deliver = resolve))
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT, headersTimeout: REQUEST_TIMEOUT })
  server.maxConnections = CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  let taken = false
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    request.resume()
    const target = new URL(
      URL.canParse(request.url ?? '', `http://${host}`) ? request.url! : '/',
      `http://${host}`,
    )
    // Another host name would be a page that has its name resolved to this machine.
    const isOurs = request.method === 'GET' && request.headers.host === host && target.pathname === path
    response.setHeader('connection', 'close')
    if (!isOurs || taken) return void response.writeHead(404).end()
    taken = true
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
    response.end(PAGE, () => deliver(target.searchParams))
  })
  return {
    url: `http://${host}${path}`,
    receive: (signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted()
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the reason is the caller's own
        const abort = (): void => reject(signal.reason)
        signal.addEventListener('abort', abort, { once: true })
        void received.then((query) => {
          signal.removeEventListener('abort', abort)
          resolve(query)
        })
      }),
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
