import type { Command } from 'commander'

import { WasmpackError } from '../../errors.ts'
import { printable } from '../../printable.ts'

export interface TimeoutFlags {
  /** Milliseconds. */
  readonly timeout?: number
  readonly retries?: number
}

/** How long a run may take, and how often it tries. */
export const addTimeoutOptions = (command: Command): Command =>
  command
    .option('--timeout <duration>', 'overall time limit, e.g. 90s, 5m', parseDuration)
    .option('--retries <n>', 'retry transient failures up to n times (default: 4)', parseRetries)

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
/** What a timer can count to. */
const MAX_TIMEOUT = 2 ** 31 - 1
const MAX_RETRIES = 100

function parseDuration(text: string): number {
  const [, number, unit] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? []
  const milliseconds = Number(number) * (UNITS[unit ?? ''] ?? Number.NaN)
  if (milliseconds > 0 && milliseconds <= MAX_TIMEOUT) return milliseconds
  throw new WasmpackError('USAGE', `--timeout ${printable(text.slice(0, 100))} is no duration`, {
    hint: 'write a number with its unit, ms, s, m or h: 90s, 5m (at most 24 days)',
  })
}

function parseRetries(text: string): number {
  const number = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN
  if (number <= MAX_RETRIES) return number
  throw new WasmpackError('USAGE', `--retries ${printable(text.slice(0, 100))} is no number of attempts`, {
    hint: `write a number from 0, which is none, to ${MAX_RETRIES}`,
  })
}

/** Ends with the signal or, as UNAVAILABLE, once the time is over. */
export function limitTime(signal: AbortSignal, milliseconds: number): AbortSignal {
  const over = new AbortController()
  const seconds = milliseconds / 1000
  const timer = setTimeout(() => {
    over.abort(
      new WasmpackError('UNAVAILABLE', `the time of ${seconds} s that --timeout gives is over`, {
        hint: 'what was under way was ended; the same command run again does what is left, and --debug shows what takes so long',
      }),
    )
  }, milliseconds)
  timer.unref()
  return AbortSignal.any([signal, over.signal])
}
