/** Where commands put their words: data on stdout, everything else on stderr. Rooms below never print. */
export interface Reporter {
  readonly format: Format
  /** The result of the command: `text` for people, or `json` as one object, by the chosen format. */
  result(json: unknown, text: string): void
  /** One line on stderr that a person may want to know. */
  notice(text: string): void
  warn(text: string): void
  /** Only with `--debug`; without it nobody need make up what it would say. */
  readonly debug: ((text: string) => void) | undefined
  /** How the command ended if not well, or a part of it; JSON on stdout with `--format json`. */
  fail(failure: Failure): void
  /** A transfer that may take long, shown on a terminal only. `total` in bytes. */
  transfer(label: string, total: number): Transfer
}

/** A document of another format, such as Markdown, is a text: whatever else there is to say is said to people. */
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
