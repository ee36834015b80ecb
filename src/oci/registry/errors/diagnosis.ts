import type { ErrorCode } from '../../../errors.ts'
import type { RegistryError } from './error-messages.ts'

/** A request that failed, for its error message. */
export interface FailedRequest {
  /** The registry as users write it. */
  readonly registry: string
  /** `host/repository`; absent for requests to no repository. */
  readonly repository?: string
  /** For example `push of host/repository:tag`. */
  readonly what: string
  /** The manifest that was requested, if any: `host/repository@digest` or `host/repository:tag`. */
  readonly manifest?: string
  /** Bytes that were to be written, if any. */
  readonly size?: number
  /** The message for a 404, for example `host/repository has no tag 1.0`. */
  readonly notFound?: string
  /** The source of the credentials that were sent; absent if none were. */
  readonly credentials?: string | undefined
  /** Whether the token service rejects them, where it was asked. */
  readonly rejected?: boolean | undefined
  /** What the request needed permission for. */
  readonly action?: string | undefined
  /** Why no credentials could be sent. */
  readonly problem?: string | undefined
}

/** An unexpected response. */
export interface ErrorResponse {
  readonly status: number
  readonly header: (name: string) => string | undefined
  readonly errors: readonly RegistryError[]
  /** The registry's own message, safe to print. */
  readonly text: string
  /** The body is a web page, which no registry sends by itself. */
  readonly isHtml: boolean
}

/** The cause of a failed request. */
export interface Diagnosis {
  readonly code: ErrorCode
  /** Our message, before the registry's own. */
  readonly message?: string | undefined
  readonly hint?: string | undefined
  /** Whether a policy withholds a manifest that exists. */
  readonly withheld?: boolean
}

/** Recognizes one cause of a failed request; undefined for any other. */
export type Diagnoser = (refused: ErrorResponse, asked: FailedRequest) => Diagnosis | undefined

/** Whether the registry reported an error with this code. */
export const hasErrorCode = ({ errors }: ErrorResponse, code: string): boolean =>
  errors.some((error) => error.code === code)

export const formatLoginCommand = ({ registry }: FailedRequest): string => `wasmpack login ${registry}`

/** What a login was refused for. */
export const LOGIN_HINT =
  'check user name and password, and that the account is not disabled or expired; with two-factor authentication, use an access token as the password'

/** The source of credentials that are checked at login. */
export const THIS_LOGIN = 'this login'
