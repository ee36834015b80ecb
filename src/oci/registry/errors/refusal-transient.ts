import { formatRetryTime } from '../../../http/retry.ts'
import { type Diagnoser, formatLoginCommand } from './diagnosis.ts'

const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429])

/** Transient failures: rate limits and server errors. */
export const transientFailure: Diagnoser = ({ status, header, isHtml }, request) => {
  if (!TRANSIENT.has(status) && status < 500) return undefined
  const when = formatRetryTime(header('retry-after'))
  if (status !== 429)
    return {
      code: 'UNAVAILABLE',
      message:
        isHtml && (status === 502 || status === 504)
          ? 'a server in front of the registry cannot reach it'
          : undefined,
      hint: `try again ${when}`,
    }
  const [, limit, window] = /^(\d{1,9});w=(\d{1,9})$/.exec(header('ratelimit-limit')?.trim() ?? '') ?? []
  const account =
    request.credentials === undefined ? `, or log in for a higher limit: ${formatLoginCommand(request)}` : ''
  return {
    code: 'UNAVAILABLE',
    message: `rate limit of registry ${request.registry} exceeded${
      limit === undefined ? '' : `: ${limit} requests in ${formatDuration(Number(window))}`
    }`,
    hint: `try again ${when}${account}`,
  }
}

const formatDuration = (seconds: number): string =>
  seconds % 3600 === 0
    ? `${seconds / 3600} hours`
    : seconds % 60 === 0
      ? `${seconds / 60} minutes`
      : `${seconds} seconds`
