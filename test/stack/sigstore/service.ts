/** A service of the stack. */
export interface Service {
  /** `http://localhost:PORT`. */
  readonly url: string
  stop(): Promise<void>
}
