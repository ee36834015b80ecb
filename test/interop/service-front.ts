import { type IncomingMessage, request, type RequestListener, type ServerResponse } from 'node:http'

import { serve } from '../support/serve.ts'

/** A server in front of a service of the private Sigstore, which writes requests down and can fail. */
export interface ServiceFront {
  /** The address of the service as it is reached through the front. */
  through(url: string): string
  /** The requests so far, as `METHOD /path`. */
  readonly seen: readonly string[]
}

export interface FrontFaults {
  /** Passes so many POST requests on and loses their answers. */
  readonly lost?: number
  /** Answers so many requests with 503 and Retry-After, in place of the service. */
  readonly unavailable?: number
}

/** Stands in front of the service at a URL until the test ends; over TLS if a certificate is given. */
export async function openFront(
  url: string,
  { lost = 0, unavailable = 0 }: FrontFaults = {},
  certificate?: { readonly key: Buffer; readonly cert: Buffer },
): Promise<ServiceFront> {
  const { port } = new URL(url)
  const seen: string[] = []
  const left = { lost, unavailable }
  const pass: RequestListener = (asked: IncomingMessage, answer: ServerResponse) => {
    const { method = '', url: path = '', rawHeaders: headers } = asked
    seen.push(`${method} ${path}`)
    if (left.unavailable > 0) {
      left.unavailable -= 1
      asked.resume()
      return void answer.writeHead(503, { 'retry-after': '1' }).end()
    }
    const isLost = method === 'POST' && left.lost > 0
    if (isLost) left.lost -= 1
    const onward = request({ host: 'localhost', port, method, path, headers }, (reply) => {
      if (isLost) {
        reply.resume()
        return void reply.once('end', () => asked.socket.destroy())
      }
      answer.writeHead(reply.statusCode ?? 0, reply.rawHeaders)
      reply.pipe(answer)
    })
    onward.once('error', () => answer.destroy())
    asked.pipe(onward)
  }
  const served = await serve(pass, certificate)
  const scheme = certificate === undefined ? 'http' : 'https'
  return {
    through: (address) => {
      const { pathname } = new URL(address)
      return `${scheme}://localhost:${served.port}${pathname === '/' ? '' : pathname}`
    },
    seen,
  }
}
