import { onAbort } from '../on-abort.ts'

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
        withdraw()
        resolve()
      }, milliseconds)
      const withdraw = onAbort(signal, () => {
        clearTimeout(timer)
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the reason is the caller's own
        reject(signal!.reason)
      })
    }),
}

const FIRST_WAIT = 250
const LONGEST_WAIT = 10_000
/** Attempts whose wait may be any part of the longest one. */
const FULL_JITTER = 4

const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

export const isTransientStatus = (status: number): boolean => TRANSIENT_STATUSES.has(status)

/** What a server in front answers for one that restarts, and a server that begins or ends. */
const AWAY_STATUSES: ReadonlySet<number> = new Set([502, 503, 504])

export const isAwayStatus = (status: number): boolean => AWAY_STATUSES.has(status)

/** Exponential back-off in milliseconds; `attempt` counts from 1. The jitter is full at first, later at least half is waited. */
export function computeBackOff(attempt: number, clock: Clock): number {
  const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1))
  const least = attempt > FULL_JITTER ? longest / 2 : 0
  return Math.floor(least + clock.random() * (longest - least))
}

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
