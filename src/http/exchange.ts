import { lookup as systemLookup } from 'node:dns'
import { type Agent, type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http'
import { type RequestOptions, request as tlsRequest } from 'node:https'
import type { LookupFunction, Socket } from 'node:net'

import { type AddressKind, addressKind, literalAddress } from './address.ts'
import { Broken, networkFailure } from './network-failure.ts'
import { originOf, requestTarget } from './origin.ts'

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** A body that can be sent again: every attempt opens it anew. */
export interface RequestBody {
  /** Bytes; sent as Content-Length. */
  readonly size: number
  open(): AsyncIterable<Uint8Array>
}

/** In milliseconds. */
export interface Timeouts {
  readonly connect: number
  /** From the last byte of the request to the first of the answer. */
  readonly headers: number
  /** Between two pieces of a body, either way. */
  readonly idle: number
}

export interface Exchange {
  readonly method: Method
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: RequestBody | undefined
  readonly timeouts: Timeouts
  readonly signal?: AbortSignal | undefined
  /** The kinds of address that may be connected to; all when absent. */
  readonly reach?: readonly AddressKind[] | undefined
  readonly agent: Agent
  /** Whether the request line names the whole URL, as a proxy wants it. */
  readonly absoluteForm?: boolean
}

/** One answer of a server. Its body has to be read or discarded, else its connection is never used again. */
export interface HttpResponse {
  readonly status: number
  /** Where the answer came from, after redirects. */
  readonly url: string
  header(name: string): string | undefined
  /** May be read once; throws UNAVAILABLE when the connection breaks or stalls. */
  readonly body: AsyncIterable<Uint8Array>
  /** Passes over the body; done when the connection can be used again. Never rejects. */
  discard(): Promise<void>
}

/** Pieces this small let an early answer be seen, and a stall be told from a slow line. */
const PIECE = 64 * 1024
/** A rest as short as this is read to its end, so that the connection can be used again. */
const WORTH_DRAINING = 64 * 1024
/** In milliseconds. */
const DRAINING_TIMEOUT = 2000

/** Sends one request and hears the one answer to it: no redirect, no retry. Throws UNAVAILABLE for the network's failures. */
export async function exchange(call: Exchange): Promise<HttpResponse> {
  call.signal?.throwIfAborted()
  const { host, hostname } = new URL(call.url)
  const pump: Pump = { stopped: false, failure: undefined }
  try {
    const literal = literalAddress(hostname)
    if (literal !== undefined && call.reach?.includes(addressKind(literal)) === false)
      throw new Broken('ADDRESS_REFUSED')
    return await new Promise<HttpResponse>((resolve, reject) => {
      const request = open(call)
      // A request that has no connection yet, for a proxy is still making it, hears of its end only then: so we do not wait for it.
      const end = (why: Error): void => {
        request.destroy(why)
        reject(why)
      }
      const deadline = new Deadline(end)
      const abort = (): void => end(new Error('aborted'))
      call.signal?.addEventListener('abort', abort, { once: true })
      const release = (): void => call.signal?.removeEventListener('abort', abort)
      deadline.within(call.timeouts.connect, 'CONNECT_TIMEOUT')
      request.once('socket', (socket) => {
        whenConnected(socket, () => {
          send(request, call, pump, deadline).catch((error: unknown) => {
            pump.failure = { error }
            request.destroy()
            reject(error as Error)
          })
        })
      })
      let answered = false
      request.once('response', (message) => {
        answered = true
        pump.stopped = true
        deadline.clear()
        resolve(new Answer(call, request, message, release))
      })
      // Stays after the answer: the connection of a refused upload breaks while its answer is being read.
      request.on('error', reject)
      request.once('close', () => {
        deadline.clear()
        pump.stopped = true
        if (answered) return
        release()
        reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' }))
      })
    })
  } catch (error) {
    call.signal?.throwIfAborted()
    throw pump.failure?.error ?? networkFailure(error, host)
  }
}

interface Pump {
  /** Set once an answer is there or the connection is gone: nothing more is sent. */
  stopped: boolean
  /** The source of the body failed, which is no failure of the network. */
  failure: { readonly error: unknown } | undefined
}

function open(call: Exchange): ClientRequest {
  const { protocol, hostname, port } = new URL(call.url)
  const options: RequestOptions = {
    agent: call.agent,
    method: call.method,
    hostname: literalAddress(hostname) ?? hostname,
    port,
    path: (call.absoluteForm === true ? originOf(call.url) : '') + requestTarget(call.url),
    headers: {
      ...call.headers,
      ...(call.body === undefined
        ? call.method === 'GET' || call.method === 'HEAD'
          ? {}
          : { 'content-length': '0' }
        : { 'content-length': String(call.body.size) }),
    },
    ...(call.reach === undefined ? {} : { lookup: guardedLookup(call.reach) }),
  }
  return protocol === 'https:' ? tlsRequest(options) : plainRequest(options)
}

/** Looks a name up and refuses it when one of its addresses may not be reached, at the very moment of connecting. */
function guardedLookup(reach: readonly AddressKind[]): LookupFunction {
  return (hostname, options, callback) =>
    systemLookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) callback(error, '')
      else if (!addresses.every(({ address }) => reach.includes(addressKind(address))))
        callback(new Broken('ADDRESS_REFUSED'), '')
      else if (options.all === true) callback(null, addresses)
      else callback(null, addresses[0]!.address, addresses[0]!.family)
    })
}

function whenConnected(socket: Socket, then: () => void): void {
  if ('secureConnecting' in socket && socket.secureConnecting === true) socket.once('secureConnect', then)
  else if (socket.connecting) socket.once('connect', then)
  else then()
}

async function send(request: ClientRequest, call: Exchange, pump: Pump, deadline: Deadline): Promise<void> {
  if (call.body !== undefined) {
    for await (const chunk of call.body.open()) {
      for (let at = 0; at < chunk.length; at += PIECE) {
        if (pump.stopped) return
        deadline.within(call.timeouts.idle, 'BODY_TIMEOUT')
        if (!request.write(chunk.subarray(at, at + PIECE))) await drained(request)
        // A turn of the event loop: an answer that came early is read before a write finds the connection closed.
        await new Promise(setImmediate)
      }
      deadline.clear()
    }
  }
  if (pump.stopped) return
  deadline.within(call.timeouts.headers, 'HEADERS_TIMEOUT')
  request.end()
}

const drained = (request: ClientRequest): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'response', 'close']) request.off(event, done)
      resolve()
    }
    for (const event of ['drain', 'response', 'close']) request.once(event, done)
  })

/** One timer for whatever is waited for next. */
class Deadline {
  readonly #expire: (broken: Broken) => void
  #timer: NodeJS.Timeout | undefined

  constructor(expire: (broken: Broken) => void) {
    this.#expire = expire
  }

  within(milliseconds: number, code: Broken['code']): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#expire(new Broken(code)), milliseconds)
  }

  clear(): void {
    clearTimeout(this.#timer)
  }
}

class Answer implements HttpResponse {
  readonly status: number
  readonly url: string
  readonly body: AsyncIterable<Uint8Array>
  readonly #message: IncomingMessage

  constructor(call: Exchange, request: ClientRequest, message: IncomingMessage, release: () => void) {
    this.status = message.statusCode ?? 0
    this.url = call.url
    this.#message = message
    this.body = received(call, message)
    const { statusCode } = message
    if (call.method === 'HEAD' || statusCode === 204 || statusCode === 304) message.resume()
    // A break is told to whoever reads; without a reader it must not end the process.
    message.on('error', () => undefined)
    message.once('close', () => {
      release()
      if (!request.writableFinished) request.destroy()
    })
  }

  header(name: string): string | undefined {
    const value = this.#message.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }

  async discard(): Promise<void> {
    const message = this.#message
    if (message.destroyed) return
    const closed = new Promise<void>((resolve) => message.once('close', () => resolve()))
    const length = Number(this.header('content-length') ?? Number.POSITIVE_INFINITY)
    if (length <= WORTH_DRAINING) {
      message.resume()
      // What does not come by itself is not waited for.
      const timer = setTimeout(() => message.destroy(), DRAINING_TIMEOUT)
      await closed
      clearTimeout(timer)
    } else {
      message.destroy()
      await closed
    }
  }
}

/** The body as it comes in; the time that the reader takes for itself does not count as a stall. */
async function* received(call: Exchange, message: IncomingMessage): AsyncGenerator<Uint8Array> {
  let waiting = false
  let broken: Broken | undefined
  const timer = setTimeout(() => {
    if (!waiting) return void timer.refresh()
    broken = new Broken('BODY_TIMEOUT')
    message.destroy(broken)
  }, call.timeouts.idle)
  const chunks = message[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  try {
    for (;;) {
      waiting = true
      timer.refresh()
      const next = await chunks.next()
      waiting = false
      if (next.done === true) return
      yield next.value
    }
  } catch (error) {
    call.signal?.throwIfAborted()
    throw networkFailure(broken ?? error, new URL(call.url).host)
  } finally {
    clearTimeout(timer)
    message.destroy()
  }
}
