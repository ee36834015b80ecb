import { type ErrorBody } from '../../../http/error-body.ts'
import { printable } from '../../../printable.ts'
import { isRecord } from '../../../json.ts'

/** An error that a registry reported; not safe to print. */
export interface RegistryError {
  readonly code: string
  readonly message: string
  readonly detail: string
}

const ERRORS_LIMIT = 5
const TEXT_LIMIT = 1024

/** Parses the errors in a body: the standard list, or the single object that zot sends for authentication. */
export function parseErrors(json: unknown): readonly RegistryError[] {
  if (!isRecord(json)) return []
  const list = Array.isArray(json['errors']) ? json['errors'] : 'code' in json ? [json] : []
  const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, TEXT_LIMIT) : '')
  return list
    .filter(isRecord)
    .slice(0, ERRORS_LIMIT)
    .map((error) => ({
      code: text(error['code']),
      message: removeRepetition(text(error['message'])),
      detail: text(error['detail']),
    }))
}

/** Harbor repeats some messages: `X: X`. */
function removeRepetition(message: string): string {
  const half = message.slice(0, (message.length - 2) / 2)
  return message === `${half}: ${half}` ? half : message
}

/** A registry's own message in one line that is safe to print; empty without one. `redact` hides secrets. */
export function formatErrorMessage(body: ErrorBody, redact: (text: string) => string): string {
  const errors = parseErrors(body.json).map(({ code, message, detail }) =>
    [code, message === code ? '' : message, detail === message ? '' : detail]
      .filter((part) => part !== '')
      .join(': '),
  )
  const words = errors.length > 0 ? errors.join('; ') : body.text
  return printable(redact(words).replaceAll(/\s+/g, ' ').trim().slice(0, TEXT_LIMIT))
}
