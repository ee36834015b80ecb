import { EventEmitter, once } from 'node:events'
import { type IncomingHttpHeaders, type RequestListener, createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'

import { type Asked, type Reply, SPEC_SPELLING, written } from './asked.ts'
import { Faults, failBefore } from './faults.ts'
import { gateOf } from './gate.ts'
import { TOO_LARGE } from './like/nginx.ts'
import { Listening } from './listening.ts'
import { Outages } from './outage.ts'
import { answer, refuseWrites, stored } from './routes.ts'
import { Store } from './store.ts'
import type { Switches } from './switches.ts'
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from './tls.ts'
import { interrupted } from './uploads.ts'
import { receive, send } from './wire.ts'
import type { FaultChoice, FaultRule } from './fault.ts'
import type { Outage } from './outage-switch.ts'
import { personalityOf } from './like/personalities.ts'

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
  /** Lets the registry be away for some seconds, from now on or after some requests; settled when it is. */
  goAway(outage: Outage): Promise<void>
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
  const { spelling = SPEC_SPELLING } = personality
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
    const front = outages.front() ?? personality.front?.(asked)
    if (front !== undefined) return front
    const reply = enter(asked, authorization)
    return written(personality.spoken?.(asked, reply, store) ?? reply, spelling)
  }
  const enter = (asked: Asked, authorization: string | undefined): Reply => {
    const { method, url } = asked
    const visitor = {
      method,
      url: url.pathname + url.search,
      authorization,
      userAgent: String(asked.headers['user-agent'] ?? ''),
    }
    const frozen = refuseWrites(asked, switches)
    if (frozen !== undefined) return frozen
    if (url.pathname === gate.tokenPath) return gate.token(visitor, asked.body.toString('utf8'))
    return (
      gate.check(visitor, asked.origin) ??
      outages.backend(method, url.pathname) ??
      answer(asked, store, { ...switches, ...gate.switches?.(visitor) })
    )
  }
  const listener =
    (
      into: Logged[],
      originFor: (headers: IncomingHttpHeaders) => string,
      reply: (asked: Asked, authorization: string | undefined) => Reply,
    ): RequestListener =>
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
      if (into === log) response.once('close', () => void outages.countAnswer())
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
        origin: originFor(headers),
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

  const scheme = switches.tls ? 'https' : 'http'
  const front = listener(log, ({ host }) => (host === undefined ? origin : `${scheme}://${host}`), respond)
  const back = listener(
    storageLog,
    () => origin,
    (asked) => written(stored(asked, store, switches), spelling),
  )
  const server = switches.tls
    ? createTlsServer({ cert: TEST_CERTIFICATE, key: TEST_CERTIFICATE_KEY }, front)
    : createServer(front)
  server.on('connection', () => connections++)
  const [listening, backListening] = [new Listening(server, at), new Listening(createServer(back), 0)]
  await Promise.all([listening.start(), backListening.start()])
  const host = `127.0.0.1:${listening.port}`
  origin = `${scheme}://${host}`
  storage = `http://127.0.0.1:${backListening.port}`
  const outages = new Outages(listening)
  if (switches.away !== undefined) await outages.plan(switches.away)

  return {
    host,
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
    goAway: (outage) => outages.plan(outage),
    async close() {
      outages.dispose()
      await Promise.all([listening.stop(), backListening.stop()])
    },
  }
}
