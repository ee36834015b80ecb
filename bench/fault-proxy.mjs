// A proxy in front of a registry that lets one thing go wrong, the same for every client.
import { once } from 'node:events'
import { createServer, request as forwarded } from 'node:http'

/** The account that the proxy asks for. */
export const ACCOUNT = { username: 'alice', password: 'correct-horse' }
const AUTHORIZATION = `Basic ${Buffer.from(`${ACCOUNT.username}:${ACCOUNT.password}`).toString('base64')}`

/**
 * @typedef {import('./fault-list.mjs').Asked} Asked
 * @typedef {import('./fault-list.mjs').Effect} Effect
 * @typedef {import('./fault-list.mjs').Fault} Fault
 * @typedef {{ readonly status: number, readonly headers: import('node:http').IncomingHttpHeaders, readonly body: Buffer }} Answer
 */

/**
 * Starts a proxy with one fault; `leaked` tells whether the other host that it redirects to was sent credentials.
 * @param {string} upstream
 * @param {Fault} fault
 */
export async function startFaultProxy(upstream, fault) {
  const [hits, effect] = fault.choose()
  let leaked = false
  const other = await listening((request, response) => {
    if (request.headers.authorization !== undefined) leaked = true
    response.writeHead(404).end()
  })
  const proxy = await listening(async (request, response) => {
    const { method = 'GET', url = '/', headers } = request
    if (fault.credentials && headers.authorization !== AUTHORIZATION) {
      request.resume()
      response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end('{}')
      return
    }
    const hit = hits({ method, url, headers })
    if (hit && effect.kind === 'reset') return void request.socket.resetAndDestroy()
    const body = await bodyOf(request, hit && effect.kind === 'cut upload')
    if (body === undefined) return
    if (hit && effect.kind === 'status')
      return void response
        .writeHead(effect.code, { 'content-length': Buffer.byteLength(effect.body), ...effect.headers })
        .end(method === 'HEAD' ? undefined : effect.body)
    if (hit && effect.kind === 'redirect')
      return void response
        .writeHead(307, { location: `http://127.0.0.1:${other.port}${url}`, 'content-length': 0 })
        .end()
    const answer = await ask(upstream, { method, url, headers }, body)
    if (!hit) return void response.writeHead(answer.status, answer.headers).end(answer.body)
    misanswer(effect, answer, response)
  })
  return {
    host: `localhost:${proxy.port}`,
    get leaked() {
      return leaked
    },
    async close() {
      await Promise.all([proxy.close(), other.close()])
    },
  }
}

/**
 * @param {Effect} effect
 * @param {Answer} answer
 * @param {import('node:http').ServerResponse} response
 */
function misanswer(effect, { status: code, headers, body }, response) {
  const flipped = Buffer.from(body)
  // Within a text of JSON rather than in its syntax.
  const middle = flipped.length >> 1
  if (flipped.length > 0) flipped.writeUInt8(flipped.readUInt8(middle) ^ 1, middle)
  switch (effect.kind) {
    case 'late':
      return void response.writeHead(effect.code, { 'content-length': 0 }).end()
    case 'lose answer':
      return void response.destroy()
    case 'flip':
      return void response.writeHead(code, headers).end(flipped)
    case 'retype':
      return void response.writeHead(code, { ...headers, 'content-type': effect.type }).end(body)
    case 'cut':
      response.writeHead(code, headers)
      return void response.write(body.subarray(0, body.length >> 1), () => response.destroy())
    case 'stall':
      response.writeHead(code, headers)
      return void response.write(body.subarray(0, 1000))
  }
  throw new Error(`no fault of the kind ${effect.kind}`)
}

/**
 * All of a request's body; undefined if the connection is cut in its middle.
 * @param {import('node:http').IncomingMessage} request
 * @param {boolean} cut
 */
async function bodyOf(request, cut) {
  const chunks = []
  let size = 0
  for await (const chunk of request) {
    chunks.push(chunk)
    size += chunk.length
    if (cut && size > Number(request.headers['content-length'] ?? 0) / 2) {
      request.socket.destroy()
      return undefined
    }
  }
  return Buffer.concat(chunks)
}

/**
 * @param {string} upstream
 * @param {Asked} asked
 * @param {Buffer} body
 * @returns {Promise<Answer>}
 */
function ask(upstream, { method, url, headers }, body) {
  const [hostname, port] = upstream.split(':')
  const { authorization: _, ...passed } = headers
  return new Promise((resolve, reject) => {
    const sent = forwarded({ hostname, port, method, path: url, headers: passed }, async (answer) => {
      const chunks = []
      for await (const chunk of answer) chunks.push(chunk)
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/**
 * @param {(...exchange: Parameters<import('node:http').RequestListener>) => void | Promise<void>} listener
 * @returns {Promise<{ readonly port: number, close(): Promise<void> }>}
 */
async function listening(listener) {
  const server = createServer((request, response) => {
    Promise.resolve(listener(request, response)).catch(() => request.socket.destroy())
  })
  server.on('clientError', (_, socket) => socket.destroy())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
