/**
 * A forward-only reader of a binary that may still arrive: it takes or skips bytes, so a file is read in a few pieces and a
 * stream is inspected while it is hashed and uploaded.
 */
export interface Cursor {
  /** Of the next byte, counted from the start of the binary. */
  readonly offset: number
  /** The next `length` bytes, or fewer if the binary ends. The view is valid until the next call. */
  take(length: number): Promise<Uint8Array>
  /** Skips `length` bytes; returns how many there were. */
  skip(length: number): Promise<number>
}
