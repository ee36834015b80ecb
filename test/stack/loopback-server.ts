import { createServer, type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http'

/** A server of this process on a free port of loopback. */
export interface LoopbackServer {
  /** `http://localhost:PORT`. */
  readonly url: string
  stop(): Promise<void>
}

export interface LoopbackRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly body: Buffer
}

export interface LoopbackAnswer {
  readonly status: number
  readonly type?: string
  readonly body?: string | Uint8Array
}

/** Serves small requests; one whose answer fails is answered with 500 and the reason. */
export const listenOnLoopback = (
  answer: (request: LoopbackRequest) => LoopbackAnswer | Promise<LoopbackAnswer>,
): Promise<LoopbackServer> =>
  handleOnLoopback(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method = '', url = '' } = request
    const { status, type, body } = await answer({ method, url, body: Buffer.concat(chunks) })
    response.writeHead(status, type === undefined ? {} : { 'content-type': type }).end(body)
  })

/** The same with Node's own request and response, for what streams. */
export async function handleOnLoopback(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<LoopbackServer> {
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500)
      response.end(String(error))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://localhost:${address.port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Passes a request on to a server of loopback as it is, without the named headers, and its answer back. */
export function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  backend: string,
  without: readonly string[] = [],
): Promise<void> {
  const headers = { ...request.headers }
  for (const name of without) delete headers[name]
  return new Promise<void>((resolve, reject) => {
    const onward = openRequest(backend + request.url, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
      response.on('close', resolve)
    })
    onward.on('error', reject)
    request.pipe(onward)
  })
}
