import type { Command } from 'commander'

import { WasmpackError } from '../../errors.ts'
import { quoted } from '../../printable.ts'

export interface TimeoutFlags {
  /** Milliseconds. */
  readonly timeout?: number
  readonly retries?: number
}

export const addTimeoutOptions = (command: Command): Command =>
  command
    .option('--timeout <duration>', 'overall time limit, e.g. 90s, 5m', parseDuration)
    .option(
      '--retries <n>',
      'retry transient failures up to n times (default: 4, or for 30 s while a server restarts)',
      parseRetries,
    )

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
/** In milliseconds: the longest that a timer of Node can wait. */
const MAX_TIMEOUT = 2 ** 31 - 1
const MAX_RETRIES = 100

function parseDuration(text: string): number {
  const [, number, unit] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? []
  const milliseconds = Number(number) * (UNITS[unit ?? ''] ?? Number.NaN)
  if (milliseconds > 0 && milliseconds <= MAX_TIMEOUT) return milliseconds
  throw new WasmpackError(
    'USAGE',
    `invalid --timeout ${quoted(text.slice(0, 100))}: expected a number with ms, s, m or h, at most 24 days`,
    {
      hint: 'for example --timeout 90s',
    },
  )
}

function parseRetries(text: string): number {
  const number = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN
  if (number <= MAX_RETRIES) return number
  throw new WasmpackError(
    'USAGE',
    `invalid --retries ${quoted(text.slice(0, 100))}: expected a number from 0 to ${MAX_RETRIES}`,
    {
      hint: 'for example --retries 4; 0 turns retries off',
    },
  )
}
