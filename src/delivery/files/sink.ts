/** Takes the module's bytes while they are not admitted yet; whoever gives it keeps or drops them by the verdict. */
export interface Sink {
  write(chunk: Uint8Array): Promise<void>
  /** What it took was damaged on its way: all comes again from the start. */
  restart(): Promise<void>
}
