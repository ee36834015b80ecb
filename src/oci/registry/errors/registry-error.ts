import { WasmpackError } from '../../../errors.ts'
import { formatAttempts, countAttempts } from '../../../http/attempts.ts'
import { readErrorBody, formatStatus } from '../../../http/error-body.ts'
import type { HttpResponse } from '../../../http/response.ts'
import { printable } from '../../../printable.ts'
import type { FailedRequest, Diagnosis, ErrorResponse, Diagnoser } from './diagnosis.ts'
import {
  credentialsRejected,
  tokenExpired,
  denied,
  permissionDenied,
  insufficientScope,
  unauthorized,
  projectUnknown,
} from './refusal-authorization.ts'
import {
  notFound,
  nameInvalid,
  digestInvalid,
  manifestInvalid,
  headersTooLarge,
  manifestBlobUnknown,
  contentTooLarge,
  unsupported,
  unsupportedMediaType,
} from './refusal-content.ts'
import { transientFailure } from './refusal-transient.ts'
import {
  quotaExceeded,
  tagImmutable,
  proxyCacheReadOnly,
  readOnlyMode,
  manifestWithheld,
} from './refusal-policy.ts'
import { clientCertificateRequired, tlsRequired } from './refusal-tls.ts'
import { parseErrors, formatErrorMessage } from './error-messages.ts'

/** The first match wins. */
const DIAGNOSERS: readonly Diagnoser[] = [
  tlsRequired,
  clientCertificateRequired,
  projectUnknown,
  credentialsRejected,
  permissionDenied,
  insufficientScope,
  unauthorized,
  quotaExceeded,
  readOnlyMode,
  proxyCacheReadOnly,
  tokenExpired,
  manifestWithheld,
  tagImmutable,
  denied,
  nameInvalid,
  manifestBlobUnknown,
  notFound,
  digestInvalid,
  headersTooLarge,
  contentTooLarge,
  unsupportedMediaType,
  manifestInvalid,
  unsupported,
  transientFailure,
]

/** Finds the cause of a failed request, and a remedy. */
function diagnose(response: ErrorResponse, request: FailedRequest): Diagnosis {
  for (const rule of DIAGNOSERS) {
    const meaning = rule(response, request)
    if (meaning !== undefined) return meaning
  }
  if (response.status >= 400) return { code: 'REGISTRY_REFUSED' }
  return {
    code: 'UNAVAILABLE',
    hint: 'this is not the response of a registry: a proxy or a login page may have answered instead',
  }
}

/** Maps an unexpected response to a WasmpackError; consumes its body. */
export async function toRegistryError(
  response: HttpResponse,
  request: FailedRequest,
  redact: (text: string) => string,
): Promise<WasmpackError> {
  const body = await readErrorBody(response)
  const words = formatErrorMessage(body, redact)
  const errors = parseErrors(body.json)
  const { code, hint, message, withheld } = diagnose(
    {
      status: response.status,
      header: (name) => response.header(name),
      errors,
      text: words,
      isHtml: body.isHtml,
    },
    request,
  )
  const status = formatStatus(response.status)
  const said = `error from registry ${request.registry}: ${words}`
  const found =
    words === ''
      ? (message ?? `registry ${request.registry} answered ${status} to the ${request.what}`)
      : message === undefined
        ? `${said} (${status} to the ${request.what})`
        : `${message}; ${said}`
  const safe = (text: string): string => printable(redact(text))
  const attempts = countAttempts(response)
  return new WasmpackError(code, found + formatAttempts(attempts), {
    hint,
    details: {
      host: request.registry,
      status: response.status,
      ...(withheld === true ? { withheld } : {}),
      ...(attempts > 1 ? { attempts } : {}),
      ...(errors.length === 0
        ? {}
        : { registry: errors.map((error) => ({ code: safe(error.code), message: safe(error.message) })) }),
    },
  })
}
