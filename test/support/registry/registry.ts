import { EventEmitter, once } from 'node:events'
import { type IncomingHttpHeaders, type RequestListener, createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'

import type { Asked, Reply } from './asked.ts'
import { type FaultChoice, type FaultRule, Faults, failBefore } from './faults.ts'
import { gateOf } from './gate.ts'
import { personalityOf } from './like/personality.ts'
import { TOO_LARGE } from './like/nginx.ts'
import { answer, refuseWrites, stored } from './routes.ts'
import { Store } from './store.ts'
import type { Switches } from './switches.ts'
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from './tls.ts'
import { interrupted } from './uploads.ts'
import { receive, send } from './wire.ts'

export type { Switches } from './switches.ts'

/** One request as a server saw it. */
export interface Logged {
  readonly method: string
  /** Path and query as they were on the request line. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** Bytes of its body that came in. */
  readonly received: number
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
  /** How many requests a fault stalls whose connections are still open. */
  readonly stalled: number
  /** `METHOD path` of every request in order: sessions as `*`, without queries. */
  requests(): readonly string[]
  /** Lets something go wrong from now on. */
  fault(rule: FaultRule): void
  /** Lets `choice` decide about every request that no rule hits, from now on. */
  misbehave(choice: FaultChoice): void
  clearFaults(): void
  /** Every token that was given out is refused from now on. */
  expireTokens(): void
  close(): Promise<void>
}

/** Starts a registry on a port of 127.0.0.1, a free one by default. Close it in the end. `tell` hears of every answer. */
export async function startRegistry(
  asked: Switches = {},
  at = 0,
  tell?: (line: string) => void,
): Promise<Registry> {
  const personality = personalityOf(asked.like)
  const switches = { ...personality.switches, ...asked }
  const store = new Store()
  const faults = new Faults()
  const gate = gateOf(switches.auth ?? { kind: 'none' })
  const log: Logged[] = []
  const storageLog: Logged[] = []
  let [origin, storage] = ['', '']
  let connections = 0
  let stalled = 0
  /** Tells the method of every request that was answered. */
  const answers = new EventEmitter()

  const respond = (asked: Asked, authorization: string | undefined): Reply => {
    const { method, url } = asked
    const visitor = {
      method,
      url: url.pathname + url.search,
      authorization,
      userAgent: String(asked.headers['user-agent'] ?? ''),
    }
    const front = personality.front?.(asked) ?? refuseWrites(asked, switches)
    if (front !== undefined) return front
    if (url.pathname === gate.tokenPath) return gate.token(visitor, asked.body.toString('utf8'))
    const refused = gate.check(visitor, origin)
    if (refused !== undefined) return refused
    const reply = answer(asked, store, { ...switches, ...gate.switches?.(visitor) })
    return personality.spoken?.(asked, reply) ?? reply
  }
  const listener =
    (into: Logged[], reply: (asked: Asked, authorization: string | undefined) => Reply): RequestListener =>
    async (request, response) => {
      const { method = '', url = '', headers } = request
      const logged = { method, url, headers, received: 0 }
      into.push(logged)
      const fault = faults.take(method, url)
      if (fault?.kind === 'stall') {
        stalled++
        response.once('close', () => stalled--)
      }
      response.once('finish', () => answers.emit(method))
      response.once('close', () => {
        const status = response.headersSent ? String(response.statusCode) : 'no answer'
        tell?.(`${method} ${url} -> ${status}${fault === undefined ? '' : ` (fault: ${fault.kind})`}`)
      })
      if (Number(headers['content-length'] ?? 0) > (switches.bodyLimit ?? Number.POSITIVE_INFINITY)) {
        send(response, { ...TOO_LARGE, headers: { ...TOO_LARGE.headers, connection: 'close' } })
        return
      }
      if (fault !== undefined && (await failBefore(fault, request, response))) return
      const { bytes: body, whole } = await receive(request, {
        limit: fault?.kind === 'drop-upload' ? fault.after : undefined,
        hold:
          fault?.kind === 'hold-upload'
            ? { after: fault.after, released: once(answers, fault.until) }
            : undefined,
        count: (bytes) => (logged.received += bytes),
      })
      if (!whole) return interrupted(store, switches, url.split('?', 1)[0]!, method, body)
      const asked: Asked = {
        method,
        url: new URL(url, 'http://registry.test'),
        headers,
        body,
        origin,
        storage,
      }
      const answered = reply(asked, headers.authorization)
      if (fault?.kind === 'drop-answer') request.socket.destroy()
      else if (fault?.kind === 'late-status')
        send(response, {
          status: fault.status,
          headers: { 'content-type': 'application/json', ...fault.headers },
          body: Buffer.from(fault.body ?? ''),
        })
      else send(response, answered, fault)
    }

  const front = listener(log, respond)
  const server = switches.tls
    ? createTlsServer({ cert: TEST_CERTIFICATE, key: TEST_CERTIFICATE_KEY }, front)
    : createServer(front)
  const back = createServer(listener(storageLog, (asked) => stored(asked, store, switches)))
  server.on('connection', () => connections++)
  const sockets = [...track(server), ...track(back)]
  const [port, backPort] = [await listen(server, at), await listen(back, 0)]
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
    get stalled() {
      return stalled
    },
    requests: () =>
      log.map(({ method, url }) => {
        const path = url.split('?', 1)[0]!
        return `${method} ${path.replace(/(\/blobs\/uploads\/).+/, '$1*')}`
      }),
    fault: (rule) => faults.add(rule),
    misbehave: (choice) => faults.choose(choice),
    clearFaults: () => faults.clear(),
    expireTokens: () => gate.expireTokens(),
    async close() {
      const closed = [server, back].map((each) => new Promise((resolve) => each.close(resolve)))
      for (const open of sockets) for (const socket of open) socket.destroy()
      await Promise.all(closed)
    },
  }
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

const listen = (server: Server, at: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(at, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
