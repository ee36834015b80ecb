import type { Agent } from 'node:http'

import type { AddressKind } from './address.ts'

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** A body that can be sent again: every attempt opens it anew. */
export interface RequestBody {
  /** Bytes; sent as Content-Length. */
  readonly size: number
  open(): AsyncIterable<Uint8Array>
}

/** In milliseconds. */
export interface Timeouts {
  readonly connect: number
  /** From the last byte of the request to the first of the answer. */
  readonly headers: number
  /** Between two pieces of a body, either way. */
  readonly idle: number
  /** What at least has to come in, of a body that is waited for as long as `within`. */
  readonly pace: { readonly bytes: number; readonly within: number }
}

/** One request with all that it takes to send it. */
export interface Exchange {
  readonly method: Method
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: RequestBody | undefined
  readonly timeouts: Timeouts
  readonly signal?: AbortSignal | undefined
  /** The kinds of address that may be connected to; all when absent. */
  readonly allowedAddresses?: readonly AddressKind[] | undefined
  readonly agent: Agent
  /** Whether the agent shows a client certificate if it is asked for one. */
  readonly identified?: boolean
  /** Whether the request line names the whole URL, as a proxy wants it. */
  readonly absoluteForm?: boolean
}
