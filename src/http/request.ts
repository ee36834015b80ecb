import type { Agent } from 'node:http'

import type { AddressKind } from './address.ts'

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** A repeatable request body: every attempt opens it again. */
export interface RequestBody {
  /** Bytes; sent as Content-Length. */
  readonly size: number
  open(): AsyncIterable<Uint8Array>
}

/** In milliseconds. */
export interface Timeouts {
  readonly connect: number
  /** From the last byte of the request to the response headers. */
  readonly headers: number
  /** Between two chunks of a body, sent or received. */
  readonly idle: number
  /** The bytes that have to arrive within each period of waiting for a body. */
  readonly pace: { readonly bytes: number; readonly within: number }
}

/** One request with its connection and timeouts. */
export interface Exchange {
  readonly method: Method
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: RequestBody | undefined
  readonly timeouts: Timeouts
  readonly signal?: AbortSignal | undefined
  /** Address kinds that may be connected to; all if absent. */
  readonly allowedAddresses?: readonly AddressKind[] | undefined
  readonly agent: Agent
  /** Whether the agent presents a client certificate on request. */
  readonly identified?: boolean
  /** Whether the request target is the whole URL, for a proxy (RFC 9112, 3.2.2). */
  readonly absoluteForm?: boolean
}
