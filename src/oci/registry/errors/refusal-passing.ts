import { whenAgain } from '../../../http/retry.ts'
import { type Rule, atLogin } from './refusal.ts'

const PASSING: ReadonlySet<number> = new Set([408, 425, 429])

/** What passes by itself: too many requests, and what goes wrong in the server. */
export const passing: Rule = ({ status, header, page }, asked) => {
  if (!PASSING.has(status) && status < 500) return undefined
  const when = whenAgain(header('retry-after'))
  if (status !== 429)
    return {
      code: 'UNAVAILABLE',
      message:
        page && (status === 502 || status === 504)
          ? 'a server in front of the registry does not reach it'
          : undefined,
      hint: `try again ${when}`,
    }
  const [, limit, window] = /^(\d{1,9});w=(\d{1,9})$/.exec(header('ratelimit-limit')?.trim() ?? '') ?? []
  const account = asked.credentials === undefined ? `; who logs in may ask more often: ${atLogin(asked)}` : ''
  return {
    code: 'UNAVAILABLE',
    message: `registry ${asked.registry} takes no more requests for now${
      limit === undefined ? '' : `: it allows ${limit} in ${duration(Number(window))}`
    }`,
    hint: `try again ${when}${account}`,
  }
}

const duration = (seconds: number): string =>
  seconds % 3600 === 0
    ? `${seconds / 3600} hours`
    : seconds % 60 === 0
      ? `${seconds / 60} minutes`
      : `${seconds} seconds`
