/** Receives the module's bytes before they are admitted; the caller keeps or drops them by the verdict. */
export interface Sink {
  write(chunk: Uint8Array): Promise<void>
  /** Discards all bytes: they were damaged in transit and are sent again from the start. */
  restart(): Promise<void>
}
