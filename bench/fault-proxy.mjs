// A proxy in front of a registry that lets one thing go wrong, the same for every client.
import { createServer, request as forwarded } from 'node:http'

/** The account that the proxy asks for. */
export const ACCOUNT = { username: 'alice', password: 'correct-horse' }
const AUTHORIZATION = `Basic ${Buffer.from(`${ACCOUNT.username}:${ACCOUNT.password}`).toString('base64')}`

const isManifest = ({ url }) => url.includes('/manifests/')
const isBlob = ({ url }) => /\/blobs\/sha256:/.test(url)
const isUpload = ({ url }) => url.includes('/blobs/uploads/')
/** A request that carries bytes of a blob. */
const sendsBlob = ({ method, url, headers }) =>
  isUpload({ url }) && method !== 'GET' && (headers['content-length'] ?? '1') !== '0'
const withoutQuery = (url) => url.split('?', 1)[0]

/** Hits the first request of each method and address, sessions counted as one. */
function firstOfEach() {
  const seen = new Set()
  return ({ method, url }) => {
    const key = `${method} ${withoutQuery(url).replace(/\/uploads\/.+/, '/uploads/*')}`
    if (seen.has(key) || url === '/v2/') return false
    return seen.add(key)
  }
}

/** Hits the first request that the condition holds for, and all if it is to happen `always`. */
function first(condition, always = false) {
  let hit = false
  return (asked) => {
    if ((hit && !always) || !condition(asked)) return false
    return (hit = true)
  }
}

const status = (code, headers = {}, body = '') => ({ kind: 'status', code, headers, body })
const HTML = '<!doctype html><html><head><title>Sign in</title></head><body>Sign in</body></html>'

/**
 * What goes wrong, on `push` or `pull`; `hostile` where no client can do more than refuse. `choose` makes a rule for one run: which
 * requests it hits, and what happens to them.
 */
export const FAULTS = [
  {
    name: '503 to the first request of each kind',
    command: 'push',
    choose: () => [firstOfEach(), status(503)],
  },
  {
    name: '429 with `Retry-After: 1` to the first request of each kind',
    command: 'push',
    choose: () => [firstOfEach(), status(429, { 'retry-after': '1' })],
  },
  {
    name: 'connection reset at the first request of each kind',
    command: 'push',
    choose: () => [firstOfEach(), { kind: 'reset' }],
  },
  {
    name: 'blob upload broken off half-way, once',
    command: 'push',
    choose: () => [first(sendsBlob), { kind: 'cut upload' }],
  },
  { name: '502 to a blob upload, once', command: 'push', choose: () => [first(sendsBlob), status(502)] },
  {
    name: 'manifest stored, its answer lost',
    command: 'push',
    choose: () => [first((asked) => asked.method === 'PUT' && isManifest(asked)), { kind: 'lose answer' }],
  },
  {
    name: 'manifest stored, and answered 500',
    command: 'push',
    choose: () => [
      first((asked) => asked.method === 'PUT' && isManifest(asked)),
      { kind: 'late', code: 500 },
    ],
  },
  {
    name: '413 with a web page to every blob',
    command: 'push',
    hostile: true,
    choose: () => [first(sendsBlob, true), status(413, { 'content-type': 'text/html' }, HTML)],
  },
  {
    name: '503 to the first request of each kind',
    command: 'pull',
    choose: () => [firstOfEach(), status(503)],
  },
  {
    name: '429 with `Retry-After: 1` to the first request of each kind',
    command: 'pull',
    choose: () => [firstOfEach(), status(429, { 'retry-after': '1' })],
  },
  {
    name: 'connection reset at the first request of each kind',
    command: 'pull',
    choose: () => [firstOfEach(), { kind: 'reset' }],
  },
  {
    name: 'blob broken off half-way, once',
    command: 'pull',
    choose: () => [first(isBlob), { kind: 'cut' }],
  },
  {
    name: 'blob broken off half-way, unless a Range is asked for',
    command: 'pull',
    choose: () => [first((asked) => isBlob(asked) && !asked.headers.range, true), { kind: 'cut' }],
  },
  {
    name: 'blob with one wrong byte, always',
    command: 'pull',
    hostile: true,
    choose: () => [first(isBlob, true), { kind: 'flip' }],
  },
  {
    name: 'blob with one wrong byte, once',
    command: 'pull',
    choose: () => [first(isBlob), { kind: 'flip' }],
  },
  {
    name: 'manifest with one wrong byte',
    command: 'pull',
    hostile: true,
    choose: () => [first((asked) => asked.method === 'GET' && isManifest(asked), true), { kind: 'flip' }],
  },
  {
    name: 'web page with status 200 for the manifest',
    command: 'pull',
    hostile: true,
    choose: () => [first(isManifest, true), status(200, { 'content-type': 'text/html' }, HTML)],
  },
  {
    name: 'manifest of 64 MiB',
    command: 'pull',
    hostile: true,
    choose: () => [
      first((asked) => asked.method === 'GET' && isManifest(asked), true),
      status(
        200,
        { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
        `{"schemaVersion":2}${' '.repeat(64 * 1024 * 1024)}`,
      ),
    ],
  },
  {
    name: 'manifest of no known type',
    command: 'pull',
    choose: () => [
      first((asked) => asked.method === 'GET' && isManifest(asked), true),
      { kind: 'retype', type: 'application/octet-stream' },
    ],
  },
  {
    name: 'blob stalls after its first bytes, once',
    command: 'pull',
    slow: true,
    choose: () => [first(isBlob), { kind: 'stall' }],
  },
  {
    name: 'blob redirected to another host: are credentials sent there',
    command: 'pull',
    hostile: true,
    credentials: true,
    choose: () => [first(isBlob, true), { kind: 'redirect' }],
  },
]

/** Starts a proxy with one fault; `leaked` tells whether the other host that it redirects to was sent credentials. */
export async function startFaultProxy(upstream, fault) {
  const [hits, effect] = fault.choose()
  let leaked = false
  const other = await listening((request, response) => {
    if (request.headers.authorization !== undefined) leaked = true
    response.writeHead(404).end()
  })
  const proxy = await listening(async (request, response) => {
    const { method, url, headers } = request
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

function misanswer(effect, { status: code, headers, body }, response) {
  const flipped = Buffer.from(body)
  // Within a text of JSON rather than in its syntax.
  if (flipped.length > 0) flipped[flipped.length >> 1] ^= 1
  switch (effect.kind) {
    case 'late':
      return void response.writeHead(effect.code, { 'content-length': 0 }).end()
    case 'lose answer':
      return void response.socket.destroy()
    case 'flip':
      return void response.writeHead(code, headers).end(flipped)
    case 'retype':
      return void response.writeHead(code, { ...headers, 'content-type': effect.type }).end(body)
    case 'cut':
      response.writeHead(code, headers)
      return void response.write(body.subarray(0, body.length >> 1), () => response.socket.destroy())
    case 'stall':
      response.writeHead(code, headers)
      return void response.write(body.subarray(0, 1000))
  }
  throw new Error(`no fault of the kind ${effect.kind}`)
}

/** All of a request's body; undefined if the connection is cut in its middle. */
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

function ask(upstream, { method, url, headers }, body) {
  const [hostname, port] = upstream.split(':')
  const { authorization: _, ...passed } = headers
  return new Promise((resolve, reject) => {
    const sent = forwarded({ hostname, port, method, path: url, headers: passed }, async (answer) => {
      const chunks = []
      for await (const chunk of answer) chunks.push(chunk)
      resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

function listening(listener) {
  const server = createServer((request, response) => {
    Promise.resolve(listener(request, response)).catch(() => request.socket.destroy())
  })
  server.on('clientError', (_, socket) => socket.destroy())
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () =>
      resolve({
        port: server.address().port,
        close: () =>
          new Promise((closed) => {
            server.close(closed)
            server.closeAllConnections()
          }),
      }),
    ),
  )
}
