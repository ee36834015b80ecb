/** Where identity tokens come from. */
export interface TokenSource {
  /** For people: names the place in messages and in --debug. */
  readonly name: string
  /** Whether {@link fetchToken} can give another token later. */
  readonly renewable: boolean
  /** A token as it is, and what was asked for with it. Throws UNAUTHENTICATED, UNAVAILABLE, or the error of a file. */
  fetchToken(): Promise<FetchedToken>
}

/** A token that was not checked yet: a secret. */
export interface FetchedToken {
  readonly text: string
  /** Of the authorization request that the token answers. */
  readonly nonce?: string
}
