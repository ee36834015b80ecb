import { WasmpackError } from '../errors.ts'
import type { HttpResponse } from './response.ts'
import { formatStatus } from './error-body.ts'
import { isTransient } from './network-error.ts'
import { redactUrl } from './redact.ts'
import { type Clock, computeBackOff, parseRetryAfter } from './retry.ts'

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
/** A failed attempt that takes longer, with the wait that follows, is told to people. In milliseconds. */
const UNTOLD = 1000

/** Who hears of attempts that failed. */
export interface RetryListeners {
  readonly debug: (line: string) => void
  /** One line where the next attempt comes late. */
  readonly note: (line: string) => void
}

const lastOf = new WeakMap<HttpResponse, number>()

/** How many attempts this answer was the last of. */
export const countAttempts = (response: HttpResponse): number => lastOf.get(response) ?? 1

/** What the message of a failure ends with that was final only after several attempts. */
export const formatAttempts = (count: number): string =>
  count > 1 ? `; given up after ${count} attempts` : ''

/** What all requests of one run may wait for: waits at the same time are counted once. */
export class RetryBudget {
  readonly #policy: RetryPolicy
  readonly #clock: Clock
  readonly #listeners: RetryListeners
  #spent = 0
  #waitingUntil = 0

  constructor(policy: RetryPolicy, clock: Clock, listeners: RetryListeners) {
    this.#policy = policy
    this.#clock = clock
    this.#listeners = listeners
  }

  /** For one thing that has to succeed, in however many requests. */
  startAttempts(signal?: AbortSignal): Attempts {
    return new Attempts(this.#policy.retries + 1, this, this.#clock, this.#listeners, signal)
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
  readonly #listeners: RetryListeners
  readonly #signal: AbortSignal | undefined
  #made = 0
  /** When the attempt that is under way began. */
  #begun: number

  constructor(
    limit: number,
    budget: RetryBudget,
    clock: Clock,
    listeners: RetryListeners,
    signal: AbortSignal | undefined,
  ) {
    this.#limit = limit
    this.#budget = budget
    this.#clock = clock
    this.#listeners = listeners
    this.#signal = signal
    this.#begun = clock.now()
  }

  /**
   * Asks for something that is read whole, from the beginning again when its body breaks on the way. `ask` hands these attempts
   * on to its request.
   */
  async readWhole<T>(
    ask: (retry: Attempts) => Promise<HttpResponse>,
    read: (response: HttpResponse) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      const response = await ask(this)
      try {
        return await read(response)
      } catch (error) {
        if (!isTransient(error)) throw error
        if (!(await this.waitForNext(error))) throw this.addAttemptCount(error)
      }
    }
  }

  /**
   * Waits for the next attempt after one that failed, as long as the server asks or a little longer each time, and is
   * true; the answer that failed is then discarded. False when there is none left, or no time to wait for it: the failure
   * is then final, and an answer can still be read. Rejects with the signal's reason.
   */
  async waitForNext(failure: HttpResponse | Error): Promise<boolean> {
    const { debug, note } = this.#listeners
    const attempt = ++this.#made
    const answered = 'status' in failure
    const found = answered ? `${formatStatus(failure.status)} of ${redactUrl(failure.url)}` : failure.message
    const failed = `* ${found}: attempt ${attempt} of ${this.#limit} failed`
    const asked = answered ? parseRetryAfter(failure.header('retry-after'), this.#clock) : undefined
    const wait = asked ?? computeBackOff(attempt, this.#clock)
    if (attempt >= this.#limit || !this.#budget.spend(wait)) {
      debug(attempt >= this.#limit ? failed : `${failed}, and a wait of ${wait} ms is too long`)
      if (answered && !lastOf.has(failure)) lastOf.set(failure, this.#count)
      return false
    }
    debug(`${failed}, the next one follows in ${wait} ms`)
    if (this.#clock.now() - this.#begun + wait > UNTOLD)
      note(
        `${formatFailure(failure)} (attempt ${attempt} of ${this.#limit}); trying again ${formatWait(wait)}`,
      )
    if (answered) await failure.discard()
    await this.#clock.sleep(wait, this.#signal)
    this.#begun = this.#clock.now()
    return true
  }

  /** The error that {@link waitForNext} took for final, which tells of all attempts. */
  addAttemptCount(error: WasmpackError): WasmpackError {
    if (this.#count === 1 || error.details?.['attempts'] !== undefined) return error
    return new WasmpackError(error.code, error.message + formatAttempts(this.#count), {
      hint: error.hint,
      details: { ...error.details, attempts: this.#count },
      cause: error,
    })
  }

  /** Those that were made; where one undertaking is a part of another, the last one fails in both. */
  get #count(): number {
    return Math.min(this.#made, this.#limit)
  }
}

const formatFailure = (failure: HttpResponse | Error): string =>
  'status' in failure
    ? `${new URL(failure.url).host} answered ${formatStatus(failure.status)}`
    : failure.message

const formatWait = (milliseconds: number): string =>
  milliseconds < 1000 ? 'now' : `in ${Math.round(milliseconds / 1000)} s`
