import { WasmpackError } from '../errors.ts'
import type { HttpResponse } from './response.ts'
import { formatStatus } from './error-body.ts'
import { isServerAway, isTransient } from './network-error.ts'
import { redactUrl } from './redact.ts'
import { type Clock, computeBackOff, isAwayStatus, parseRetryAfter } from './retry.ts'

/** How often an operation is retried, and until when. */
export interface RetryPolicy {
  /**
   * Attempts after the first one. By default four, and while the server is away as many as it takes: for {@link PATIENCE}, or
   * until the deadline.
   */
  readonly retries?: number | undefined
  /** End of the run in milliseconds since 1970; without it, {@link RetryBudget} limits the waits. */
  readonly deadline?: number | undefined
}

const RETRIES = 4
/** Waits of one operation for a server that is away, as during a restart. In milliseconds. */
const PATIENCE = 30_000
/** A shorter rest of the time is not worth another attempt. In milliseconds. */
const WORTH_WAITING = 500
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

  /** The attempts of one operation, which may take several requests. Without `patient`, the number of retries always limits them. */
  startAttempts(signal?: AbortSignal, { patient = true } = {}): Attempts {
    const { retries } = this.#policy
    const limit = retries ?? (patient ? undefined : RETRIES)
    return new Attempts(limit === undefined ? undefined : limit + 1, {
      budget: this,
      clock: this.#clock,
      listeners: this.#listeners,
      signal,
    })
  }

  /** The time that a server may be away for, after so many milliseconds of waiting for it. */
  computePatience(waited: number): number {
    const { deadline } = this.#policy
    if (deadline === undefined) return Math.max(0, PATIENCE - waited)
    const left = (deadline - this.#clock.now()) / 2
    return left < WORTH_WAITING ? 0 : left
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

interface AttemptsContext {
  readonly budget: RetryBudget
  readonly clock: Clock
  readonly listeners: RetryListeners
  readonly signal: AbortSignal | undefined
}

/** The attempts of one operation. The caller decides whether a failure is transient. */
export class Attempts {
  /** Undefined where a server that is away is waited for, however many attempts that takes. */
  readonly #limit: number | undefined
  readonly #context: AttemptsContext
  #made = 0
  #waited = 0
  #isOver = false
  /** Start of the current attempt. */
  #begun: number

  constructor(limit: number | undefined, context: AttemptsContext) {
    this.#limit = limit
    this.#context = context
    this.#begun = context.clock.now()
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
    if (this.#isOver || isFinal(failure)) return false
    const { budget, clock, listeners, signal } = this.#context
    const attempt = ++this.#made
    const isResponse = 'status' in failure
    const patience = this.#limit === undefined && isAway(failure) ? budget.computePatience(this.#waited) : 0
    const limit = this.#limit ?? RETRIES + 1
    const which = patience > 0 ? `attempt ${attempt}` : `attempt ${attempt} of ${Math.max(attempt, limit)}`
    const failed = `* ${isResponse ? `${formatStatus(failure.status)} of ${redactUrl(failure.url)}` : failure.message}: ${which} failed`
    const asked = isResponse ? parseRetryAfter(failure.header('retry-after'), clock) : undefined
    const backOff = computeBackOff(attempt, clock)
    const wait = asked ?? (patience > 0 ? Math.min(backOff, patience) : backOff)
    const isLast = attempt >= limit && patience === 0
    if (isLast || !budget.spend(wait)) {
      listeners.debug(isLast ? failed : `${failed}; a wait of ${wait} ms is too long`)
      this.#isOver = true
      if (isResponse) lastOf.set(failure, attempt)
      return false
    }
    listeners.debug(`${failed}; retrying in ${wait} ms`)
    if (clock.now() - this.#begun + wait > NOTICEABLE)
      listeners.note(`${formatFailure(failure)} (${which}); retrying ${formatWait(wait)}`)
    if (isResponse) await failure.discard()
    await clock.sleep(wait, signal)
    this.#waited += wait
    this.#begun = clock.now()
    return true
  }

  /** The final error, with the number of attempts in its message and details. */
  addAttemptCount(error: WasmpackError): WasmpackError {
    const count = this.#made
    if (count <= 1 || error.details?.['attempts'] !== undefined) return error
    return new WasmpackError(error.code, error.message + formatAttempts(count), {
      hint: error.hint,
      details: { ...error.details, attempts: count },
      cause: error,
    })
  }
}

/** Whether a nested operation has already given up after its own attempts. */
const isFinal = (failure: HttpResponse | Error): boolean =>
  'status' in failure
    ? lastOf.has(failure)
    : failure instanceof WasmpackError && failure.details?.['attempts'] !== undefined

/** Whether the server, or the one behind it, is away for a time. */
const isAway = (failure: HttpResponse | Error): boolean =>
  'status' in failure ? isAwayStatus(failure.status) : isServerAway(failure)

const formatFailure = (failure: HttpResponse | Error): string =>
  'status' in failure
    ? `${new URL(failure.url).host} answered ${formatStatus(failure.status)}`
    : failure.message

const formatWait = (milliseconds: number): string =>
  milliseconds < 1000 ? 'now' : `in ${Math.round(milliseconds / 1000)} s`
