import { type ErrorCode, WasmpackError } from '../../errors.ts'
import { type ErrorBody, readErrorBody, statusText } from '../../http/error-body.ts'
import type { HttpResponse } from '../../http/exchange.ts'
import { printable } from '../../printable.ts'
import { isRecord } from '../json.ts'

/** What was asked of the registry, for the message. */
export interface Asked {
  /** The registry as users write it. */
  readonly registry: string
  /** With the registry: `host/repository`; absent for what concerns no repository. */
  readonly repository?: string
  /** For instance `push of host/repository:tag`. */
  readonly what: string
  /** What a 404 means, for instance `host/repository has no tag 1.0`. */
  readonly absent?: string
  /** Where the credentials that were sent came from; absent when none were. */
  readonly credentials?: string | undefined
  /** Why credentials that should have been there were not to be had. */
  readonly problem?: string | undefined
}

interface RegistryError {
  readonly code: string
  readonly message: string
  readonly detail: string
}

const ERRORS_LIMIT = 5
const WORDS_LIMIT = 1024

/** The errors in a body: the standard list, or the bare object that zot sends for authentication. */
function errorsIn(json: unknown): readonly RegistryError[] {
  if (!isRecord(json)) return []
  const list = Array.isArray(json['errors']) ? json['errors'] : 'code' in json ? [json] : []
  const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, WORDS_LIMIT) : '')
  return list
    .filter(isRecord)
    .slice(0, ERRORS_LIMIT)
    .map((error) => ({
      code: text(error['code']),
      message: text(error['message']),
      detail: text(error['detail']),
    }))
}

/** A registry's own words in one line that is safe to print, or an empty one; `redact` hides what we have sent. */
export function registryWords(body: ErrorBody, redact: (text: string) => string): string {
  const errors = errorsIn(body.json).map(({ code, message, detail }) =>
    [code, message === code ? '' : message, detail === message ? '' : detail]
      .filter((part) => part !== '')
      .join(': '),
  )
  const words = errors.length > 0 ? errors.join('; ') : body.words
  return printable(redact(words).replaceAll(/\s+/g, ' ').trim().slice(0, WORDS_LIMIT))
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
  const { code, hint, message } = explain(response, asked, words, errors)
  const status = statusText(response.status)
  const said = `error from registry ${asked.registry}: ${words}`
  const found =
    words === ''
      ? (message ?? `registry ${asked.registry} answered ${status} to the ${asked.what}`)
      : message === undefined
        ? `${said} (${status} to the ${asked.what})`
        : `${message}; ${said}`
  const safe = (text: string): string => printable(redact(text))
  return new WasmpackError(code, found, {
    hint,
    details: {
      host: asked.registry,
      status: response.status,
      ...(errors.length === 0
        ? {}
        : { registry: errors.map((error) => ({ code: safe(error.code), message: safe(error.message) })) }),
    },
  })
}

interface Explained {
  readonly code: ErrorCode
  /** Our own words before the registry's. */
  readonly message?: string | undefined
  readonly hint?: string | undefined
}

/** Policies that come as 403, which otherwise speaks of rights: Harbor's quota, read-only mode and proxy projects. */
const POLICY = /quota|exceed|read[ -]?only|proxy project|storage limit/i

function explain(
  response: HttpResponse,
  asked: Asked,
  words: string,
  errors: readonly RegistryError[],
): Explained {
  const has = (code: string): boolean => errors.some((error) => error.code === code)
  const { status } = response
  if (status === 401) return unauthenticated(asked)
  if (status === 403)
    return POLICY.test(words)
      ? { code: 'REGISTRY_REFUSED', hint: 'a policy of the registry refuses this; ask its administrator' }
      : {
          code: 'UNAUTHENTICATED',
          hint: `the account needs the right to do this; another one logs in with: wasmpack login ${asked.registry}`,
        }
  if (has('MANIFEST_BLOB_UNKNOWN') || (has('BLOB_UNKNOWN') && status !== 404))
    return { code: 'NOT_FOUND', message: 'a blob is missing in the registry', hint: 'push again' }
  if (status === 404) return notFound(asked, words, has('NAME_UNKNOWN'))
  if (has('DIGEST_INVALID') || has('SIZE_INVALID'))
    return {
      code: 'DIGEST_MISMATCH',
      message: 'what arrived in the registry is not what was sent',
      hint: 'something between here and there changes bytes, a proxy for instance; push again',
    }
  if (status === 413 || /body too large|entity too large/i.test(words))
    return {
      code: 'REGISTRY_REFUSED',
      message: 'the content is too large for the registry',
      hint: 'the registry, or a proxy in front of it, limits the size of what it takes',
    }
  if (status === 412 || status === 409)
    return {
      code: 'REGISTRY_REFUSED',
      hint: 'the tag is immutable, or content trust wants a signature first; use a new tag or sign the artifact',
    }
  if (status === 429 || status === 408 || status === 425 || status >= 500) {
    const wait = response.header('retry-after')
    const when = wait !== undefined && /^\d{1,9}$/.test(wait) ? `in ${wait} seconds` : 'in a moment'
    return { code: 'UNAVAILABLE', hint: `try again ${when}` }
  }
  if (status >= 400) return { code: 'REGISTRY_REFUSED' }
  return {
    code: 'UNAVAILABLE',
    hint: 'this is not what a registry answers; a proxy or a login page may have answered in its place',
  }
}

function unauthenticated(asked: Asked): Explained {
  const login = `log in with: wasmpack login ${asked.registry}`
  if (asked.credentials === undefined)
    return {
      code: 'UNAUTHENTICATED',
      message: `registry ${asked.registry} asks for credentials and there are none`,
      hint: asked.problem === undefined ? login : `${asked.problem}; or ${login}`,
    }
  return {
    code: 'UNAUTHENTICATED',
    message: `registry ${asked.registry} did not accept the credentials from ${asked.credentials}`,
    hint: `${login} (Harbor answers so too when the account lacks the right or the project does not exist)`,
  }
}

function notFound(asked: Asked, words: string, nameUnknown: boolean): Explained {
  const noRepository = nameUnknown || /repository\b.{0,300}\bnot found/i.test(words)
  if (noRepository && asked.repository !== undefined)
    return {
      code: 'NOT_FOUND',
      message: `repository ${asked.repository} does not exist`,
      hint: 'check its spelling; some registries want a repository to be created before the first push',
    }
  return { code: 'NOT_FOUND', message: asked.absent, hint: 'check the spelling of the reference' }
}
