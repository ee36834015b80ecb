import { WasmpackError } from '../../../errors.ts'
import { afterAttempts, attemptsBefore } from '../../../http/attempts.ts'
import { readErrorBody, statusText } from '../../../http/error-body.ts'
import type { HttpResponse } from '../../../http/answer.ts'
import { printable } from '../../../printable.ts'
import type { Asked, Meaning, Refused, Rule } from './refusal.ts'
import {
  expired,
  forbidden,
  lackingRight,
  lackingScope,
  unauthenticated,
  unknownProject,
} from './refusal-access.ts'
import {
  absent,
  badName,
  damaged,
  invalidManifest,
  longHeader,
  missingBlob,
  tooLarge,
  unsupported,
  unsupportedType,
} from './refusal-content.ts'
import { passing } from './refusal-passing.ts'
import { full, immutableTag, proxyCache, readOnly, signatureWanted } from './refusal-policy.ts'
import { clientCertificate, speaksTls } from './refusal-tls.ts'
import { errorsIn, registryWords } from './registry-words.ts'

/** The first that fits tells. */
const RULES: readonly Rule[] = [
  speaksTls,
  clientCertificate,
  unknownProject,
  lackingRight,
  lackingScope,
  unauthenticated,
  full,
  readOnly,
  proxyCache,
  expired,
  signatureWanted,
  immutableTag,
  forbidden,
  badName,
  missingBlob,
  absent,
  damaged,
  longHeader,
  tooLarge,
  unsupportedType,
  invalidManifest,
  unsupported,
  passing,
]

/** What an answer means, and what can be done about it. */
function meaningOf(refused: Refused, asked: Asked): Meaning {
  for (const rule of RULES) {
    const meaning = rule(refused, asked)
    if (meaning !== undefined) return meaning
  }
  if (refused.status >= 400) return { code: 'REGISTRY_REFUSED' }
  return {
    code: 'UNAVAILABLE',
    hint: 'this is not what a registry answers; a proxy or a login page may have answered in its place',
  }
}

/** Turns an answer that is not the hoped-for one into the error that a user sees; reads or discards its body. */
export async function registryFailure(
  response: HttpResponse,
  asked: Asked,
  redact: (text: string) => string,
): Promise<WasmpackError> {
  const body = await readErrorBody(response)
  const words = registryWords(body, redact)
  const errors = errorsIn(body.json)
  const { code, hint, message } = meaningOf(
    {
      status: response.status,
      header: (name) => response.header(name),
      errors,
      words,
      page: body.page,
    },
    asked,
  )
  const status = statusText(response.status)
  const said = `error from registry ${asked.registry}: ${words}`
  const found =
    words === ''
      ? (message ?? `registry ${asked.registry} answered ${status} to the ${asked.what}`)
      : message === undefined
        ? `${said} (${status} to the ${asked.what})`
        : `${message}; ${said}`
  const safe = (text: string): string => printable(redact(text))
  const attempts = attemptsBefore(response)
  return new WasmpackError(code, found + afterAttempts(attempts), {
    hint,
    details: {
      host: asked.registry,
      status: response.status,
      ...(attempts > 1 ? { attempts } : {}),
      ...(errors.length === 0
        ? {}
        : { registry: errors.map((error) => ({ code: safe(error.code), message: safe(error.message) })) }),
    },
  })
}
