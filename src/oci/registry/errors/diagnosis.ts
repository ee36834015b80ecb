import type { ErrorCode } from '../../../errors.ts'
import type { RegistryError } from './error-messages.ts'

/** What was asked of the registry, for the message. */
export interface FailedRequest {
  /** The registry as users write it. */
  readonly registry: string
  /** With the registry: `host/repository`; absent for what concerns no repository. */
  readonly repository?: string
  /** For instance `push of host/repository:tag`. */
  readonly what: string
  /** Bytes that were to be written, if any. */
  readonly size?: number
  /** What a 404 means, for instance `host/repository has no tag 1.0`. */
  readonly notFound?: string
  /** Where the credentials that were sent came from; absent when none were. */
  readonly credentials?: string | undefined
  /** Why credentials that should have been there were not to be had. */
  readonly problem?: string | undefined
}

/** An answer that is not the hoped-for one, as far as it tells why. */
export interface ErrorResponse {
  readonly status: number
  readonly header: (name: string) => string | undefined
  readonly errors: readonly RegistryError[]
  /** The registry's own words, safe to print. */
  readonly text: string
  /** A web page came, which no registry sends by itself. */
  readonly isHtml: boolean
}

/** What an answer means for whoever asked. */
export interface Diagnosis {
  readonly code: ErrorCode
  /** Our own words before the registry's. */
  readonly message?: string | undefined
  readonly hint?: string | undefined
}

/** What a rule makes of an answer; undefined when it is about something else. */
export type Diagnoser = (refused: ErrorResponse, asked: FailedRequest) => Diagnosis | undefined

/** Whether the registry has given an error of this code. */
export const hasErrorCode = ({ errors }: ErrorResponse, code: string): boolean =>
  errors.some((error) => error.code === code)

export const formatLoginCommand = ({ registry }: FailedRequest): string => `wasmpack login ${registry}`

/** Where credentials came from that are being checked before they are kept. */
export const THIS_LOGIN = 'this login'
