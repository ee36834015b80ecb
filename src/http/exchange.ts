import { lookup as systemLookup } from 'node:dns'
import { type ClientRequest, type RequestOptions, request as openRequest } from 'node:http'
import type { LookupFunction, Socket } from 'node:net'

import { onAbort } from '../on-abort.ts'
import { type AddressKind, classifyAddress, classifyHost, parseLiteralAddress } from './address.ts'
import { NodeResponse, type HttpResponse } from './response.ts'
import { TransportFault, toNetworkError } from './network-error.ts'
import { getOrigin, formatRequestTarget } from './origin.ts'
import type { Exchange } from './request.ts'

/**
 * Size of one write in bytes: larger ones are faster. An early response is noticed between two writes, and a write that takes
 * longer than the idle timeout is a stall: by default, a connection slower than 17 kbit/s.
 */
const PIECE = { smallest: 64 * 1024, largest: 1024 * 1024 }
/** A write that completes within this time doubles the size of the next one, any other halves it. In milliseconds. */
const FAST = 100

/** Sends one request and returns its response, without redirects and retries. Throws UNAVAILABLE for network errors. */
export async function exchange(call: Exchange): Promise<HttpResponse> {
  call.signal?.throwIfAborted()
  const { host, hostname } = new URL(call.url)
  const pump: Pump = { stopped: false, failure: undefined }
  try {
    const known = classifyHost(hostname)
    if (known !== undefined && call.allowedAddresses?.includes(known) === false)
      throw new TransportFault('ADDRESS_REFUSED')
    return await new Promise<HttpResponse>((resolve, reject) => {
      const request = open(call)
      // A request without a connection, while a proxy is connecting, emits its end only later.
      const end = (why: Error): void => {
        request.destroy(why)
        reject(why)
      }
      const deadline = new Deadline(end)
      const release = onAbort(call.signal, () => end(new Error('aborted')))
      deadline.start(call.timeouts.connect, 'CONNECT_TIMEOUT')
      request.once('socket', (socket) => {
        runWhenConnected(socket, () => {
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
        resolve(new NodeResponse(call, request, message, release))
      })
      // Stays after the response: the connection of a rejected upload breaks while the response is read.
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
    throw pump.failure?.error ?? toNetworkError(error, host, call.identified)
  }
}

interface Pump {
  /** Set when the response arrived or the connection closed: nothing more is sent. */
  stopped: boolean
  /** The source of the request body failed, which is not a network error. */
  failure: { readonly error: unknown } | undefined
}

function open(call: Exchange): ClientRequest {
  const { protocol, hostname, port } = new URL(call.url)
  const options: RequestOptions = {
    // The agent connects, with TLS for https: `node:https` is not needed here.
    agent: call.agent,
    protocol,
    method: call.method,
    hostname: parseLiteralAddress(hostname) ?? hostname,
    port,
    path: (call.absoluteForm === true ? getOrigin(call.url) : '') + formatRequestTarget(call.url),
    headers: {
      ...call.headers,
      ...(call.body === undefined
        ? call.method === 'GET' || call.method === 'HEAD'
          ? {}
          : { 'content-length': '0' }
        : { 'content-length': String(call.body.size) }),
    },
    ...(call.allowedAddresses === undefined ? {} : { lookup: createGuardedLookup(call.allowedAddresses) }),
  }
  return openRequest(options)
}

/** Resolves a name while connecting, and fails if any of its addresses is not allowed. */
function createGuardedLookup(reach: readonly AddressKind[]): LookupFunction {
  return (hostname, options, callback) =>
    systemLookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) callback(error, '')
      else if (!addresses.every(({ address }) => reach.includes(classifyAddress(address))))
        callback(new TransportFault('ADDRESS_REFUSED'), '')
      else if (options.all === true) callback(null, addresses)
      else callback(null, addresses[0]!.address, addresses[0]!.family)
    })
}

function runWhenConnected(socket: Socket, then: () => void): void {
  if ('secureConnecting' in socket && socket.secureConnecting === true) socket.once('secureConnect', then)
  else if (socket.connecting) socket.once('connect', then)
  else then()
}

async function send(request: ClientRequest, call: Exchange, pump: Pump, deadline: Deadline): Promise<void> {
  if (call.body !== undefined) {
    const chunks = call.body.open()[Symbol.asyncIterator]()
    let piece = PIECE.smallest
    try {
      let made = chunks.next()
      for (;;) {
        const { done, value: chunk } = await made
        if (done === true) break
        if (pump.stopped) return
        // Prepare the next chunk while this one is sent.
        made = chunks.next()
        made.catch(() => undefined)
        for (let at = 0; at < chunk.length;) {
          if (pump.stopped) return
          deadline.start(call.timeouts.idle, 'BODY_TIMEOUT')
          const part = chunk.subarray(at, at + piece)
          at += part.length
          const begun = performance.now()
          if (!request.write(part)) await waitForDrain(request)
          const taken = performance.now() - begun
          piece = taken < FAST ? Math.min(2 * piece, PIECE.largest) : Math.max(piece / 2, PIECE.smallest)
          // Yield, so that an early response is read before a write fails on a closed connection.
          await new Promise(setImmediate)
        }
        deadline.clear()
      }
    } finally {
      await chunks.return?.()
    }
  }
  if (pump.stopped) return
  deadline.start(call.timeouts.headers, 'HEADERS_TIMEOUT')
  request.end()
}

const waitForDrain = (request: ClientRequest): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'response', 'close']) request.off(event, done)
      resolve()
    }
    for (const event of ['drain', 'response', 'close']) request.once(event, done)
  })

/** One timer, restarted for each phase of a request. */
class Deadline {
  readonly #expire: (fault: TransportFault) => void
  #timer: NodeJS.Timeout | undefined

  constructor(expire: (fault: TransportFault) => void) {
    this.#expire = expire
  }

  start(milliseconds: number, code: TransportFault['code']): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#expire(new TransportFault(code)), milliseconds)
  }

  clear(): void {
    clearTimeout(this.#timer)
  }
}
