import type { Cursor } from './binary/cursor.ts'

const NOTHING: Uint8Array = new Uint8Array()
const FIRST_CAPACITY = 4096

/** A stream that is being read while it is handed on. */
export interface StreamReading<T> {
  /**
   * The same chunks, to be iterated once. Each is handed on after the reader has passed over it; a malformed module stops
   * the stream with MODULE_MALFORMED as soon as the reader knows, at the latest in place of the stream's end.
   */
  readonly chunks: AsyncIterable<Uint8Array>
  /**
   * Settles when `chunks` has been iterated: fails as the stream failed, and if its consumer broke off. It need not be
   * awaited.
   */
  readonly result: Promise<T>
}

/**
 * Reads the very bytes that a consumer hashes, sends or writes. The consumer's pace is the pace of the whole; of what has
 * passed only what the reader asked for at once is kept. Readings of one stream can be chained.
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

/** The cursor on one side, the chunks on the other: either waits for the other, and never both at once. */
class Feed implements Cursor {
  offset = 0
  #chunk = NOTHING
  #ended = false
  #fault: { readonly cause: unknown } | undefined
  #released = false
  #wakeReader: () => void = () => {}
  #wakeSource: () => void = () => {}

  /** Hands a chunk to the reader and waits until none of it is needed any more; tells whether the reader is done. */
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

  /** The reader asks for nothing any more. */
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

  /** Lets the chunk go and waits for the next that has bytes; false at the end. */
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
