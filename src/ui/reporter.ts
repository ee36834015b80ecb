/** Where commands put their words: data on stdout, everything else on stderr. Libraries below never print. */
export interface Reporter {
  readonly format: 'text' | 'json'
  /** The result of the command: `text` lines for people, or `json` as one object, by the chosen format. */
  result(json: unknown, text: string): void
  /** One line on stderr that a person may want to know. */
  notice(text: string): void
  warn(text: string): void
  /** Only with `--debug`. */
  debug(text: string): void
  /** A transfer that may take long: shown on a terminal only. `total` in bytes. */
  transfer(label: string, total: number): Transfer
}

export interface Transfer {
  advance(bytes: number): void
  end(): void
}
