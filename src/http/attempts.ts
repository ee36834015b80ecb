import { statusText } from './error-body.ts'
import type { HttpResponse } from './answer.ts'
import { isTransient } from './network-failure.ts'
import { redactUrl } from './redact.ts'
import { type Clock, backOff, retryAfter } from './retry.ts'

/** How often one thing is tried, and how long a run waits in between. */
export interface RetryPolicy {
  /** Further attempts after the first. */
  readonly retries: number
  /** When the run has to be over, in milliseconds since 1970; without it the waits have limits of their own. */
  readonly deadline?: number | undefined
}

export const RETRIES = 4
/** What a server may ask to wait at once, and what all waits of a run may take, where no deadline says it. In milliseconds. */
const LONGEST_ASKED = 120_000
const BUDGET = 300_000

/** What all requests of one run may wait for: waits at the same time are counted once. */
export class RetryBudget {
  readonly #policy: RetryPolicy
  readonly #clock: Clock
  readonly #debug: (line: string) => void
  #spent = 0
  #waitingUntil = 0

  constructor(policy: RetryPolicy, clock: Clock, debug: (line: string) => void) {
    this.#policy = policy
    this.#clock = clock
    this.#debug = debug
  }

  /** For one thing that has to succeed, in however many requests. */
  attempts(signal?: AbortSignal): Attempts {
    return new Attempts(this.#policy.retries + 1, this, this.#clock, this.#debug, signal)
  }

  /** Whether there is still time to wait that long; if so, it counts as spent. */
  spend(wait: number): boolean {
    const now = this.#clock.now()
    if (this.#policy.deadline !== undefined) return now + wait < this.#policy.deadline
    const more = Math.max(0, now + wait - Math.max(now, this.#waitingUntil))
    if (wait > LONGEST_ASKED || this.#spent + more > BUDGET) return false
    this.#spent += more
    this.#waitingUntil = Math.max(this.#waitingUntil, now + wait)
    return true
  }
}

/** The attempts at one thing. Whether a failure is of the kind that passes is for the caller to say. */
export class Attempts {
  readonly #limit: number
  readonly #budget: RetryBudget
  readonly #clock: Clock
  readonly #debug: (line: string) => void
  readonly #signal: AbortSignal | undefined
  #made = 0

  constructor(
    limit: number,
    budget: RetryBudget,
    clock: Clock,
    debug: (line: string) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#limit = limit
    this.#budget = budget
    this.#clock = clock
    this.#debug = debug
    this.#signal = signal
  }

  /**
   * Asks for something that is read whole, from the beginning again when its body breaks on the way. `ask` hands these attempts
   * on to its request.
   */
  async whole<T>(
    ask: (retry: Attempts) => Promise<HttpResponse>,
    read: (response: HttpResponse) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      const response = await ask(this)
      try {
        return await read(response)
      } catch (error) {
        if (!isTransient(error) || !(await this.next(error))) throw error
      }
    }
  }

  /**
   * Waits for the next attempt after one that failed, as long as the server asks or a little longer each time, and is
   * true; the answer that failed is then discarded. False when there is none left, or no time to wait for it: the failure
   * is then final, and an answer can still be read. Rejects with the signal's reason.
   */
  async next(failure: HttpResponse | Error): Promise<boolean> {
    const attempt = ++this.#made
    const answered = 'status' in failure
    const found = answered ? `${statusText(failure.status)} of ${redactUrl(failure.url)}` : failure.message
    const failed = `* ${found}: attempt ${attempt} of ${this.#limit} failed`
    const asked = answered ? retryAfter(failure.header('retry-after'), this.#clock) : undefined
    const wait = asked ?? backOff(attempt, this.#clock)
    if (attempt >= this.#limit || !this.#budget.spend(wait)) {
      this.#debug(attempt >= this.#limit ? failed : `${failed}, and a wait of ${wait} ms is too long`)
      return false
    }
    this.#debug(`${failed}, the next one follows in ${wait} ms`)
    if (answered) await failure.discard()
    await this.#clock.sleep(wait, this.#signal)
    return true
  }
}
