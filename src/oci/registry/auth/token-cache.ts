import type { Clock } from '../../../http/retry.ts'
import { onAbort } from '../../../on-abort.ts'
import { type Scopes, coversScopes } from './scope.ts'
import type { Token } from './token.ts'

interface CachedToken extends Pick<TokenNeed, 'identity' | 'scopes'> {
  readonly controller: AbortController
  pending: Promise<Token>
  /** Set once it was fetched. */
  token?: Token
  /** The number of waiting requests; when the last one is aborted, so is the fetch. */
  waiting: number
}

export interface TokenNeed {
  /** The credential that the token belongs to; tokens of other credentials are never used. */
  readonly identity: string
  readonly scopes: Scopes
  /** Requires a token in the first half of its life, for a long upload. */
  readonly lasting: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * The tokens of a run for one registry. A token is used for its scopes only, and concurrent requests for the same one share a
 * fetch.
 */
export class TokenCache {
  readonly #clock: Clock
  readonly #held = new Set<CachedToken>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Returns a cached token, or fetches one. Rejects with the error of `fetch` or the signal's reason. */
  async get(need: TokenNeed, fetch: (signal: AbortSignal) => Promise<Token>): Promise<Token> {
    need.signal?.throwIfAborted()
    for (let held = this.#find(need); held !== undefined; held = this.#find(need)) {
      const token = await this.#wait(held, need.signal)
      if (this.#clock.now() < (need.lasting ? token.halfway : token.expires)) return token
      this.#held.delete(held)
    }
    const controller = new AbortController()
    const { identity, scopes } = need
    const pending = fetch(controller.signal)
    const held: CachedToken = { identity, scopes, pending, controller, waiting: 0 }
    held.pending = pending.then((token) => (held.token = token))
    this.#held.add(held)
    return await this.#wait(held, need.signal)
  }

  /** Removes a refused token; one that is being fetched stays. */
  forget(refused: string): void {
    for (const held of this.#held) if (held.token?.token === refused) this.#held.delete(held)
  }

  #find({ identity, scopes }: TokenNeed): CachedToken | undefined {
    return [...this.#held].findLast((held) => held.identity === identity && coversScopes(held.scopes, scopes))
  }

  async #wait(held: CachedToken, signal: AbortSignal | undefined): Promise<Token> {
    held.waiting++
    try {
      return await waitUnlessAborted(held.pending, signal)
    } catch (error) {
      if (held.waiting === 1 || signal?.aborted !== true) this.#held.delete(held)
      throw error
    } finally {
      held.waiting--
      if (held.waiting === 0 && signal?.aborted === true) held.controller.abort(signal.reason)
    }
  }
}

/** Waits for a shared promise until the caller's own signal is aborted. */
function waitUnlessAborted<T>(pending: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return pending
  return new Promise((resolve, reject) => {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the reason is the caller's own
    const abort = (): void => reject(signal.reason)
    pending.then(resolve, reject).finally(onAbort(signal, abort))
  })
}
