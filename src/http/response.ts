import type { ClientRequest, IncomingMessage } from 'node:http'

import type { Exchange } from './request.ts'
import { TransportFault, toNetworkError } from './network-error.ts'

/** One answer of a server. Its body has to be read or discarded, else its connection is never used again. */
export interface HttpResponse {
  readonly status: number
  /** Where the answer came from, after redirects. */
  readonly url: string
  header(name: string): string | undefined
  /** May be read once; throws UNAVAILABLE when the connection breaks, stalls or trickles. */
  readonly body: AsyncIterable<Uint8Array>
  /** Passes over the body; done when the connection can be used again. Never rejects. */
  discard(): Promise<void>
}

/** A rest as short as this is read to its end, so that the connection can be used again. */
const WORTH_DRAINING = 64 * 1024
/** In milliseconds. */
const DRAINING_TIMEOUT = 2000

export class NodeResponse implements HttpResponse {
  readonly status: number
  readonly url: string
  readonly body: AsyncIterable<Uint8Array>
  readonly #message: IncomingMessage

  constructor(call: Exchange, request: ClientRequest, message: IncomingMessage, release: () => void) {
    this.status = message.statusCode ?? 0
    this.url = call.url
    this.#message = message
    this.body = readBody(call, message)
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

/** The body as it comes in; the time that the reader takes for itself counts neither as a stall nor as a trickle. */
async function* readBody(call: Exchange, message: IncomingMessage): AsyncGenerator<Uint8Array> {
  const { idle, pace } = call.timeouts
  let waiting = false
  let broken: TransportFault | undefined
  const timer = setTimeout(() => {
    if (!waiting) return void timer.refresh()
    broken = new TransportFault('BODY_TIMEOUT')
    message.destroy(broken)
  }, idle)
  let [waited, bytes] = [0, 0]
  const inflow = new BodyBuffer(message)
  try {
    for (;;) {
      waiting = true
      timer.refresh()
      const begun = performance.now()
      await inflow.arrival()
      waiting = false
      const chunks = inflow.take()
      if (chunks.length === 0) return
      waited += performance.now() - begun
      for (const chunk of chunks) {
        bytes += chunk.length
        yield chunk
      }
      if (waited >= pace.within) {
        if (bytes < pace.bytes) throw new TransportFault('BODY_TRICKLES')
        waited = bytes = 0
      }
    }
  } catch (error) {
    call.signal?.throwIfAborted()
    throw toNetworkError(broken ?? error, new URL(call.url).host, call.identified)
  } finally {
    clearTimeout(timer)
    message.destroy()
  }
}

/** What may come in before the reader asks for it, in bytes. */
const AHEAD = 512 * 1024

/** What has come in and was not taken yet, as it came: putting it together would cost as much as hashing half of it. */
class BodyBuffer {
  readonly #message: IncomingMessage
  #chunks: Uint8Array[] = []
  #size = 0
  #ended = false
  #fault: { readonly error: unknown } | undefined
  #wake: () => void = () => {}

  constructor(message: IncomingMessage) {
    this.#message = message
    message.on('data', (chunk: Uint8Array) => {
      this.#chunks.push(chunk)
      this.#size += chunk.length
      if (this.#size >= AHEAD) message.pause()
      this.#wake()
    })
    message.once('end', () => {
      this.#ended = true
      this.#wake()
    })
    message.on('error', (error) => this.#fail(error))
    message.once('close', () => this.#fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
    if (message.destroyed) this.#fail(message.errored ?? new Error('closed'))
  }

  /** Settles when there is something to take, or the end; rejects with what broke the connection, after all that had come. */
  async arrival(): Promise<void> {
    if (this.#chunks.length > 0 || this.#ended) return
    if (this.#fault === undefined) await new Promise<void>((resolve) => (this.#wake = resolve))
    if (this.#chunks.length === 0 && this.#fault !== undefined && !this.#ended) throw this.#fault.error
  }

  /** All there is; nothing at the end. */
  take(): readonly Uint8Array[] {
    const chunks = this.#chunks
    this.#chunks = []
    this.#size = 0
    this.#message.resume()
    return chunks
  }

  #fail(error: unknown): void {
    this.#fault ??= { error }
    this.#wake()
  }
}
