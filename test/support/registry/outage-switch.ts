/** A registry that is away for a time. */
export interface Outage {
  /** What is met in its place: a page of the web server in front, or a connection that is refused. */
  readonly as: 502 | 503 | 'refused'
  readonly seconds: number
  /**
   * `backend`: the registry is there and the server that keeps its content is not, so that requests for content get 502
   * without a body, as Go's proxies answer (Harbor); `as` says nothing then.
   */
  readonly part?: 'all' | 'backend'
  /** Requests that are answered before; none by default. */
  readonly after?: number
}
