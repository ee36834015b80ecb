import { WasmpackError } from '../errors.ts'
import type { HttpResponse } from './response.ts'
import { formatStatus } from './error-body.ts'
import { isTransient } from './network-error.ts'
import { redactUrl } from './redact.ts'
import { type Clock, computeBackOff, parseRetryAfter } from './retry.ts'

/** How often an operation is retried, and until when. */
export interface RetryPolicy {
  /** Attempts after the first one. */
  readonly retries: number
  /** End of the run in milliseconds since 1970; without it, {@link RetryBudget} limits the waits. */
  readonly deadline?: number | undefined
}

export const RETRIES = 4
/** Without a deadline: the longest Retry-After that is honoured, and the total of all waits of a run. In milliseconds. */
const LONGEST_RETRY_AFTER = 120_000
const BUDGET = 300_000
/** A failed attempt that costs more, wait included, is reported to the user. In milliseconds. */
const NOTICEABLE = 1000

/** Called for each failed attempt. */
export interface RetryListeners {
  readonly debug: (line: string) => void
  /** Only for delays that a user would notice. */
  readonly note: (line: string) => void
}

const lastOf = new WeakMap<HttpResponse, number>()

/** The number of attempts that ended with this response. */
export const countAttempts = (response: HttpResponse): number => lastOf.get(response) ?? 1

/** The end of the message of a failure after several attempts; empty after one. */
export const formatAttempts = (count: number): string =>
  count > 1 ? `; gave up after ${count} attempts` : ''

/** The waiting time that all requests of a run share; concurrent waits count once. */
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

  /** The attempts of one operation, which may take several requests. */
  startAttempts(signal?: AbortSignal): Attempts {
    return new Attempts(this.#policy.retries + 1, this, this.#clock, this.#listeners, signal)
  }

  /** Reserves a wait, in milliseconds; false if it exceeds the budget or the deadline. */
  spend(wait: number): boolean {
    const now = this.#clock.now()
    if (this.#policy.deadline !== undefined) return now + wait < this.#policy.deadline
    const more = Math.max(0, now + wait - Math.max(now, this.#waitingUntil))
    if (wait > LONGEST_RETRY_AFTER || this.#spent + more > BUDGET) return false
    this.#spent += more
    this.#waitingUntil = Math.max(this.#waitingUntil, now + wait)
    return true
  }
}

/** The attempts of one operation. The caller decides whether a failure is transient. */
export class Attempts {
  readonly #limit: number
  readonly #budget: RetryBudget
  readonly #clock: Clock
  readonly #listeners: RetryListeners
  readonly #signal: AbortSignal | undefined
  #made = 0
  /** Start of the current attempt. */
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
   * Requests a body and reads it whole, from its start again when it breaks. `ask` passes the given attempts to its request.
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
   * Waits before the next attempt, for Retry-After or with back-off, discards a failed response and returns true. Returns
   * false if no attempt or no time is left: the failure is final, and a response can still be read. Rejects with the
   * signal's reason.
   */
  async waitForNext(failure: HttpResponse | Error): Promise<boolean> {
    const { debug, note } = this.#listeners
    const attempt = ++this.#made
    const isResponse = 'status' in failure
    const found = isResponse
      ? `${formatStatus(failure.status)} of ${redactUrl(failure.url)}`
      : failure.message
    const failed = `* ${found}: attempt ${attempt} of ${this.#limit} failed`
    const asked = isResponse ? parseRetryAfter(failure.header('retry-after'), this.#clock) : undefined
    const wait = asked ?? computeBackOff(attempt, this.#clock)
    if (attempt >= this.#limit || !this.#budget.spend(wait)) {
      debug(attempt >= this.#limit ? failed : `${failed}; a wait of ${wait} ms is too long`)
      if (isResponse && !lastOf.has(failure)) lastOf.set(failure, this.#count)
      return false
    }
    debug(`${failed}; retrying in ${wait} ms`)
    if (this.#clock.now() - this.#begun + wait > NOTICEABLE)
      note(`${formatFailure(failure)} (attempt ${attempt} of ${this.#limit}); retrying ${formatWait(wait)}`)
    if (isResponse) await failure.discard()
    await this.#clock.sleep(wait, this.#signal)
    this.#begun = this.#clock.now()
    return true
  }

  /** The final error, with the number of attempts in its message and details. */
  addAttemptCount(error: WasmpackError): WasmpackError {
    if (this.#count === 1 || error.details?.['attempts'] !== undefined) return error
    return new WasmpackError(error.code, error.message + formatAttempts(this.#count), {
      hint: error.hint,
      details: { ...error.details, attempts: this.#count },
      cause: error,
    })
  }

  /** Capped, since the last attempt of a nested operation fails in both. */
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
