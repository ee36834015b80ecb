/** Injectable clock and randomness for tests. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** In [0, 1). */
  random(): number
  /** Rejects with the signal's reason when it is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: Date.now,
  random: Math.random,
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }, milliseconds)
      const abort = (): void => {
        clearTimeout(timer)
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the reason is the caller's own
        reject(signal!.reason)
      }
      signal?.addEventListener('abort', abort, { once: true })
    }),
}

const FIRST_WAIT = 250
const LONGEST_WAIT = 10_000

const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

export const isTransientStatus = (status: number): boolean => TRANSIENT_STATUSES.has(status)

/** Exponential back-off with full jitter, in milliseconds; `attempt` counts from 1. */
export const computeBackOff = (attempt: number, clock: Clock): number =>
  Math.floor(clock.random() * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1)))

/** Parses Retry-After, in seconds or as a date, to milliseconds; undefined if absent or malformed. */
export function parseRetryAfter(header: string | undefined, clock: Clock): number | undefined {
  if (header === undefined) return undefined
  const text = header.trim()
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  const date = /[A-Za-z]/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - clock.now())
}

/** When to retry, for hints, by Retry-After. */
export const formatRetryTime = (wait: string | undefined): string =>
  wait !== undefined && /^\d{1,9}$/.test(wait) ? `in ${wait} seconds` : 'in a moment'
