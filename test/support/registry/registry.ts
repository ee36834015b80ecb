import { type IncomingHttpHeaders, type RequestListener, createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'

import { type FaultRule, Faults, type Reply, bodyOf, failBefore, send } from './faults.ts'
import { type Auth, Gate } from './gate.ts'
import { type Asked, answer, complete, ranged } from './routes.ts'
import { Store } from './store.ts'
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from './tls.ts'

/** How a registry behaves all the time; faults that come and go are {@link Registry.fault}. */
export interface Switches {
  /** False: 404 with a text, as distribution answers. */
  readonly referrersApi?: boolean
  /** Whether OCI-Subject is echoed; as the API by default. True without the API is ECR. */
  readonly subjectHeader?: boolean
  /** The type that a referrer is listed under; go-containerregistry's registry takes the config's. */
  readonly listing?: 'artifact-type' | 'config-type'
  readonly auth?: Auth
  /** The Location of an upload session; `plain-http` is a TLS registry that does not know its own scheme. */
  readonly location?: 'relative' | 'absolute' | 'plain-http' | 'other-origin' | 'none'
  /** Where GET of a blob ends: here, or by redirect at another origin. */
  readonly blobs?: 'here' | 'other-origin'
  /** False: a Range is ignored. */
  readonly ranges?: boolean
  /** True: manifests have an ETag, and If-Match and If-None-Match are honoured when writing a tag. */
  readonly conditions?: boolean
  /** True: a tag is written once (412 afterwards). */
  readonly immutableTags?: boolean
  /** True: a manifest that nothing refers to is not served (412), as Harbor does where signatures are wanted. */
  readonly contentTrust?: boolean
  /** Bytes of blobs that fit in; 403 DENIED above. */
  readonly quota?: number
  /** Entries on a page of tags or referrers. */
  readonly pageSize?: number
  /** True: https with the certificate of `tls.ts`. */
  readonly tls?: boolean
}

/** One request as a server saw it. */
export interface Logged {
  readonly method: string
  /** Path and query as they were on the request line. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

/** A registry that runs inside of the test. */
export interface Registry {
  /** `127.0.0.1:PORT`, to write references with. */
  readonly host: string
  readonly origin: string
  readonly store: Store
  readonly log: Logged[]
  /** The server at another origin that the switches may send blobs and uploads to. */
  readonly storage: { readonly origin: string; readonly log: Logged[] }
  /** How many connections were opened. */
  readonly connections: number
  /** `METHOD path` of every request in order: sessions as `*`, without queries. */
  requests(): readonly string[]
  /** Lets something go wrong from now on. */
  fault(rule: FaultRule): void
  clearFaults(): void
  /** Every token that was given out is refused from now on. */
  expireTokens(): void
  close(): Promise<void>
}

/** Starts a registry on a free port of 127.0.0.1. Close it in the end. */
export async function startRegistry(switches: Switches = {}): Promise<Registry> {
  const store = new Store()
  const faults = new Faults()
  const gate = new Gate(switches.auth ?? { kind: 'none' })
  const log: Logged[] = []
  const storageLog: Logged[] = []
  let [origin, storage] = ['', '']
  let connections = 0

  const respond = (asked: Asked, authorization: string | undefined): Reply => {
    const { method, url } = asked
    const visitor = { method, url: url.pathname + url.search, authorization }
    if (url.pathname === '/token') return gate.token(visitor, asked.body.toString('utf8'))
    return gate.check(visitor, origin) ?? answer(asked, store, switches)
  }
  const listener =
    (into: Logged[], reply: (asked: Asked, authorization: string | undefined) => Reply): RequestListener =>
    async (request, response) => {
      const { method = '', url = '', headers } = request
      into.push({ method, url, headers })
      const fault = faults.take(method, url)
      if (fault !== undefined && (await failBefore(fault, request, response))) return
      const body = await bodyOf(request)
      if (body === undefined) return
      const asked: Asked = {
        method,
        url: new URL(url, 'http://registry.test'),
        headers,
        body,
        origin,
        storage,
      }
      send(response, reply(asked, headers.authorization), fault)
    }

  const front = listener(log, respond)
  const server = switches.tls
    ? createTlsServer({ cert: TEST_CERTIFICATE, key: TEST_CERTIFICATE_KEY }, front)
    : createServer(front)
  const back = createServer(listener(storageLog, (asked) => stored(asked, store, switches)))
  server.on('connection', () => connections++)
  const sockets = [...track(server), ...track(back)]
  const [port, backPort] = [await listen(server), await listen(back)]
  origin = `${switches.tls ? 'https' : 'http'}://127.0.0.1:${port}`
  storage = `http://127.0.0.1:${backPort}`

  return {
    host: `127.0.0.1:${port}`,
    origin,
    store,
    log,
    storage: { origin: storage, log: storageLog },
    get connections() {
      return connections
    },
    requests: () =>
      log.map(({ method, url }) => {
        const path = url.split('?', 1)[0]!
        return `${method} ${path.replace(/(\/blobs\/uploads\/).+/, '$1*')}`
      }),
    fault: (rule) => faults.add(rule),
    clearFaults: () => faults.clear(),
    expireTokens: () => gate.expireTokens(),
    async close() {
      const closed = [server, back].map((each) => new Promise((resolve) => each.close(resolve)))
      for (const open of sockets) for (const socket of open) socket.destroy()
      await Promise.all(closed)
    },
  }
}

/** What the storage server does: it knows no accounts, and refuses a request that brings credentials along, as S3 does. */
function stored(asked: Asked, store: Store, switches: Switches): Reply {
  if (asked.headers['authorization'] !== undefined)
    return { status: 400, body: Buffer.from('Only one auth mechanism allowed') }
  const session = /^\/v2\/(.+)\/blobs\/uploads\/(.+)$/.exec(asked.url.pathname)
  if (session !== null && asked.method === 'PUT')
    return complete(asked, store, switches, session[1]!, asked.body)
  const found = /^\/(.+)\/(sha256:[a-f0-9]{64})$/.exec(asked.url.pathname)
  const bytes = found === null ? undefined : store.repositories.get(found[1]!)?.blobs.get(found[2]!)
  return bytes === undefined ? { status: 404 } : ranged(bytes, asked.headers['range'], switches)
}

/** The sockets that are open at a server, kept up to date. */
function track(server: Server): readonly Set<Socket>[] {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  return [open]
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
