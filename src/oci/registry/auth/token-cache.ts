import type { Clock } from '../../../http/retry.ts'
import { type Scopes, coversScopes } from './scope.ts'
import type { Token } from './token.ts'

interface CachedToken extends Pick<TokenNeed, 'identity' | 'scopes'> {
  readonly controller: AbortController
  pending: Promise<Token>
  /** Once it is there. */
  token?: Token
  /** How many requests wait for it; the last one that gives up ends the fetch. */
  waiting: number
}

export interface TokenNeed {
  /** Whose token it is: another one's is never taken. */
  readonly identity: string
  readonly scopes: Scopes
  /** Wants a token in the first half of its life, for a request that takes its time. */
  readonly lasting: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * The tokens that a run has for one registry. A token serves whatever its scopes name and nothing else, and requests that
 * need the same one at the same time wait for one fetch.
 */
export class TokenCache {
  readonly #clock: Clock
  readonly #held = new Set<CachedToken>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A token for a need, by `fetch` if there is none. Rejects with what `fetch` rejects with, and with the signal's reason. */
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

  /** A token that was refused goes; one that another request is fetching meanwhile stays. */
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

/** Waits for a promise no longer than its own signal lets it; others may wait for the same promise. */
function waitUnlessAborted<T>(pending: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return pending
  return new Promise((resolve, reject) => {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the reason is the caller's own
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    pending.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
