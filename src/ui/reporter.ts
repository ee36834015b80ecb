/** All output of commands: data on stdout, everything else on stderr. Rooms below never print. */
export interface Reporter {
  readonly format: Format
  /** The result of the command: `text`, or `json` as one object, by the chosen format. */
  result(json: unknown, text: string): void
  /** One line of information on stderr. */
  notice(text: string): void
  warn(text: string): void
  /** Undefined without `--debug`, so that callers need not build the message. */
  readonly debug: ((text: string) => void) | undefined
  /** The error of the command, or of one of its references; JSON on stdout with `--format json`. */
  fail(failure: Failure): void
  /** Progress of a transfer, shown only on a terminal. `total` in bytes. */
  transfer(label: string, total: number): Transfer
}

/** Other formats, such as Markdown and SARIF, are printed as text; messages stay text too. */
export type Format = 'text' | 'json'

export interface Failure {
  readonly code: string
  readonly message: string
  readonly hint?: string | undefined
  readonly details?: Readonly<Record<string, unknown>> | undefined
  /** Shown with `--debug` only. */
  readonly stack?: string | undefined
}

export interface Transfer {
  advance(bytes: number): void
  end(): void
}
