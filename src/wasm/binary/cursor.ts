/**
 * A forward-only reader of a binary whose bytes may not be there yet: the reader asks for what it wants and skips what it
 * does not, so a file is read in a few pieces and a stream is inspected while it is hashed and sent.
 */
export interface Cursor {
  /** Of the next byte, counted from the start of the binary. */
  readonly offset: number
  /** The next `length` bytes, or fewer if the binary ends. The view is valid until the next call. */
  take(length: number): Promise<Uint8Array>
  /** Passes over `length` bytes; tells how many there were. */
  skip(length: number): Promise<number>
}
