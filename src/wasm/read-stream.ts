import type { Cursor } from './binary/cursor.ts'

const NOTHING: Uint8Array = new Uint8Array()
const FIRST_CAPACITY = 4096

/** A stream that is parsed while its consumer reads it. */
export interface StreamReading<T> {
  /**
   * The chunks of the source, to be iterated once. Each is yielded after it was parsed; a malformed module ends the stream
   * with MODULE_MALFORMED, at the latest instead of its normal end.
   */
  readonly chunks: AsyncIterable<Uint8Array>
  /**
   * Settles when `chunks` has been iterated; rejects if the stream fails or its consumer stops early. May be left unawaited.
   */
  readonly result: Promise<T>
}

/**
 * Parses the bytes that a consumer hashes, sends or writes, with its backpressure. Buffers no more than one `take` of the
 * parser. Can be chained on one stream.
 */
export function readWhileStreaming<T>(
  source: AsyncIterable<Uint8Array>,
  read: (cursor: Cursor) => Promise<T>,
): StreamReading<T> {
  const feed = new Feed()
  const result = read(feed)
  result.then(feed.release, feed.release)
  return { chunks: passThrough(source, feed, result), result }
}

async function* passThrough(
  source: AsyncIterable<Uint8Array>,
  feed: Feed,
  result: Promise<unknown>,
): AsyncGenerator<Uint8Array> {
  let fault: unknown = new Error('the stream was not read to its end')
  try {
    for await (const chunk of source) {
      if (await feed.push(chunk)) await result
      yield chunk
    }
    feed.end()
    await result
  } catch (error) {
    fault = error
    throw error
  } finally {
    feed.abort(fault)
  }
}

/** A cursor fed with chunks: the parser waits for the next chunk, the source waits until a chunk is consumed. */
class Feed implements Cursor {
  offset = 0
  #chunk = NOTHING
  #ended = false
  #fault: { readonly cause: unknown } | undefined
  #released = false
  #wakeReader: () => void = () => {}
  #wakeSource: () => void = () => {}

  /** Passes a chunk to the parser and waits until it is consumed; true if the parser has finished. */
  async push(chunk: Uint8Array): Promise<boolean> {
    if (this.#released) return true
    this.#chunk = chunk
    const consumed = new Promise<void>((resolve) => (this.#wakeSource = resolve))
    this.#wakeReader()
    await consumed
    return this.#released
  }

  end(): void {
    this.#ended = true
    this.#wakeReader()
  }

  abort(cause: unknown): void {
    this.#fault = { cause }
    this.#wakeReader()
  }

  /** Called when the parser has finished or failed. */
  readonly release = (): void => {
    this.#released = true
    this.#chunk = NOTHING
    this.#wakeSource()
  }

  async take(length: number): Promise<Uint8Array> {
    if (length <= this.#chunk.length) return this.#pass(length)
    let bytes = new Uint8Array(Math.min(length, FIRST_CAPACITY))
    let there = 0
    while (there < length && (this.#chunk.length > 0 || (await this.#more()))) {
      const part = this.#pass(Math.min(length - there, this.#chunk.length))
      if (there + part.length > bytes.length) bytes = growBuffer(bytes, there + part.length, length)
      bytes.set(part, there)
      there += part.length
    }
    return bytes.subarray(0, there)
  }

  async skip(length: number): Promise<number> {
    let there = 0
    while (there < length && (this.#chunk.length > 0 || (await this.#more())))
      there += this.#pass(Math.min(length - there, this.#chunk.length)).length
    return there
  }

  #pass(length: number): Uint8Array {
    const bytes = this.#chunk.subarray(0, length)
    this.#chunk = this.#chunk.subarray(length)
    this.offset += length
    return bytes
  }

  /** Releases the chunk and waits for the next nonempty one; false at the end. */
  async #more(): Promise<boolean> {
    while (this.#chunk.length === 0) {
      if (this.#fault) throw this.#fault.cause
      if (this.#ended) return false
      const woken = new Promise<void>((resolve) => (this.#wakeReader = resolve))
      this.#wakeSource()
      await woken
    }
    return true
  }
}

function growBuffer(bytes: Uint8Array, needed: number, limit: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.min(limit, Math.max(needed, 2 * bytes.length)))
  larger.set(bytes)
  return larger
}
