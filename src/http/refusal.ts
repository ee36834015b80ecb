import { WasmpackError } from '../errors.ts'
import { isRecord } from '../json.ts'
import { printable } from '../printable.ts'
import { formatAttempts } from './attempts.ts'
import type { Refusal } from './bytes.ts'
import { type ErrorBody, formatStatus } from './error-body.ts'
import { formatRetryTime, isTransientStatus } from './retry.ts'
import type { Transport } from './transport.ts'

const TEXT_LIMIT = 512

/** What a refused request means: the code of a refusal that repeating does not change, and a hint for it. */
export interface RefusalMeaning {
  readonly code: 'UNAUTHENTICATED' | 'UNAVAILABLE'
  readonly hint: string
}

/** The error of a service that refused; `what` is the service as the subject of a sentence. Secrets in its words are hidden. */
export function createRefusalError(
  what: string,
  { status, host, body, attempts, header }: Refusal,
  transport: Transport,
  { code, hint }: RefusalMeaning,
): WasmpackError {
  const words = formatRefusalMessage(body, (text) => transport.redact(text))
  const transient = isTransientStatus(status) || status >= 500
  return new WasmpackError(
    transient ? 'UNAVAILABLE' : code,
    `${what} answered ${formatStatus(status)}${words === '' ? '' : `: ${words}`}${formatAttempts(attempts)}`,
    {
      hint: transient ? `try again ${formatRetryTime(header('retry-after'))}` : hint,
      details: { host, status, ...(attempts > 1 ? { attempts } : {}) },
    },
  )
}

/** The words of a refusal, by gRPC's JSON or OAuth 2 (RFC 6749, section 5.2), in one line that is safe to print. */
function formatRefusalMessage({ json, text }: ErrorBody, redact: (text: string) => string): string {
  const { message, error, error_description: description } = isRecord(json) ? json : {}
  const words = [message ?? error, description].filter((part) => typeof part === 'string').join(': ')
  return printable(
    redact(words || text)
      .replaceAll(/\s+/g, ' ')
      .trim()
      .slice(0, TEXT_LIMIT),
  )
}
