export type Headers = Readonly<Record<string, string | undefined>>

/** What goes wrong with a request that a {@link FaultRule} chooses. */
export type Fault =
  /** Reads the request, then answers with a status; `headers` may hold Retry-After. */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  /** Answers with a status while the request's body is still on its way, and closes. */
  | { readonly kind: 'early-status'; readonly status: number; readonly body: string }
  /** Closes the connection instead of answering. */
  | { readonly kind: 'drop' }
  /** Closes the connection after so many bytes of the request's body. */
  | { readonly kind: 'drop-upload'; readonly after: number }
  /** Reads nothing after so many bytes of the request's body before a request of the method `until` was answered. */
  | { readonly kind: 'hold-upload'; readonly after: number; readonly until: string }
  /** A login page with status 200, as a captive portal sends it. */
  | { readonly kind: 'html' }
  /** These very bytes in place of an answer, whatever HTTP says of them; then it closes. */
  | { readonly kind: 'raw'; readonly answer: string }
  /** An informational answer (100, 102 or 103) before the real one. */
  | { readonly kind: 'informational'; readonly status: 100 | 102 | 103 }
  /** Does the work, and answers with this status all the same. */
  | {
      readonly kind: 'late-status'
      readonly status: number
      readonly headers?: Headers
      readonly body?: string
    }
  /** Does the work, and closes the connection instead of answering. */
  | { readonly kind: 'drop-answer' }
  /** Does the work, and closes the connection after so many bytes of the answer's body. */
  | { readonly kind: 'truncate'; readonly after: number }
  /** Answers nothing, or nothing after so many bytes of the body; the connection stays open. */
  | { readonly kind: 'stall'; readonly after?: number }
  /** Does the work, and sends the answer's body byte by byte, one each `every` milliseconds. */
  | { readonly kind: 'drip'; readonly every: number }
  /** Does the work, and changes the first byte of the answer's body. */
  | { readonly kind: 'flip' }
  /** Does the work, and puts so many bytes more behind the answer's body than belong there. */
  | { readonly kind: 'longer'; readonly by: number }
  /** Does the work, and sends the body without telling its length, in chunks or until the connection closes (HTTP/1.0). */
  | { readonly kind: 'chunked' | 'until-close' }
  /** Does the work, and compresses the answer's body, asked or not, as some proxies do. */
  | { readonly kind: 'gzip' }
  /** Does the work, and sets headers of the answer; undefined removes one. */
  | { readonly kind: 'headers'; readonly headers: Headers }

export interface FaultRule {
  readonly method?: string
  /** Of the path and query. */
  readonly path?: RegExp
  /** How many requests it hits; all when absent. */
  readonly times?: number
  readonly fault: Fault
}

/** Decides anew for every request what goes wrong with it, if anything. */
export type FaultChoice = (method: string, url: string) => Fault | undefined
