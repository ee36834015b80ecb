import type { ClientRequest, IncomingMessage } from 'node:http'

import type { Exchange } from './request.ts'
import { TransportFault, toNetworkError } from './network-error.ts'

/** A server's response. Read or discard its body, or its connection is never reused. */
export interface HttpResponse {
  readonly status: number
  /** The final URL, after redirects. */
  readonly url: string
  header(name: string): string | undefined
  /** May be read once; throws UNAVAILABLE when the connection breaks, stalls or is too slow. */
  readonly body: AsyncIterable<Uint8Array>
  /** Skips the body; resolves when the connection is reusable or closed. Never rejects. */
  discard(): Promise<void>
}

/** A body up to this size is read to its end, so that the connection can be reused. In bytes. */
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
    // The reader gets the error; without a reader, an unhandled 'error' event must not end the process.
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
      // Close the connection if the rest does not arrive in time.
      const timer = setTimeout(() => message.destroy(), DRAINING_TIMEOUT)
      await closed
      clearTimeout(timer)
    } else {
      message.destroy()
      await closed
    }
  }
}

/** Streams the body; the time that the consumer takes counts neither as a stall nor as slowness. */
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
  const buffer = new BodyBuffer(message)
  try {
    for (;;) {
      waiting = true
      timer.refresh()
      const begun = performance.now()
      await buffer.waitForData()
      waiting = false
      const chunks = buffer.take()
      if (chunks.length === 0) return
      waited += performance.now() - begun
      for (const chunk of chunks) {
        bytes += chunk.length
        yield chunk
      }
      if (waited >= pace.within) {
        if (bytes < pace.bytes) throw new TransportFault('BODY_TOO_SLOW')
        waited = bytes = 0
      }
    }
  } catch (error) {
    call.signal?.throwIfAborted()
    throw toNetworkError(broken ?? error, new URL(call.url).host, call.identified, true)
  } finally {
    clearTimeout(timer)
    message.destroy()
  }
}

/** Received ahead of the reader at most, in bytes. */
const AHEAD = 512 * 1024

/** Received chunks that were not read yet. They are not concatenated, which would cost half as much as hashing them. */
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

  /** Resolves when chunks or the end have arrived; rejects with the connection's error once all chunks were taken. */
  async waitForData(): Promise<void> {
    if (this.#chunks.length > 0 || this.#ended) return
    if (this.#fault === undefined) await new Promise<void>((resolve) => (this.#wake = resolve))
    if (this.#chunks.length === 0 && this.#fault !== undefined && !this.#ended) throw this.#fault.error
  }

  /** All buffered chunks; none at the end. */
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
