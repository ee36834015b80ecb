/** The bytes of a stream in order, taken in lengths that the reader chooses. */
export class ByteQueue {
  readonly #source: AsyncIterator<Uint8Array>
  #held: Uint8Array = new Uint8Array()

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#source = chunks[Symbol.asyncIterator]()
  }

  /** One to `limit` bytes; none only at the end. */
  async takeSome(limit: number): Promise<Uint8Array> {
    while (this.#held.length === 0) {
      const next = await this.#source.next()
      if (next.done === true) break
      this.#held = next.value
    }
    const taken = this.#held.subarray(0, limit)
    this.#held = this.#held.subarray(taken.length)
    return taken
  }

  /** This many bytes, fewer only at the end. */
  async take(length: number): Promise<Uint8Array> {
    const first = await this.takeSome(length)
    if (first.length === length || first.length === 0) return first
    const parts = [first]
    let size = first.length
    while (size < length) {
      const part = await this.takeSome(length - size)
      if (part.length === 0) break
      parts.push(part)
      size += part.length
    }
    return Buffer.concat(parts)
  }

  async skip(length: number): Promise<void> {
    for (let rest = length; rest > 0;) {
      const { length: taken } = await this.takeSome(rest)
      if (taken === 0) return
      rest -= taken
    }
  }

  /** Reads to the end; false as soon as a byte is not zero. */
  async skipZeros(): Promise<boolean> {
    for (;;) {
      const piece = await this.takeSome(Number.MAX_SAFE_INTEGER)
      if (piece.length === 0) return true
      if (piece.some((byte) => byte !== 0)) return false
    }
  }

  async close(): Promise<void> {
    await this.#source.return?.()
  }
}
