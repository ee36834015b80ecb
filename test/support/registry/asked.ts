/** A request, read whole. */
export interface Asked {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
  /** Of the registry, as the request addressed it, and of the server that stands for its storage; without a slash. */
  readonly origin: string
  readonly storage: string
}

/** One entry of the list of errors that the distribution specification gives a refusal. */
export interface RegistryError {
  readonly code: string
  readonly message: string
  readonly detail?: unknown
}

export interface Reply {
  readonly status: number
  /** Undefined leaves a header out that would be there by itself. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body?: Uint8Array
  /** In place of a body: a document that the registry writes in its own spelling. */
  readonly json?: unknown
  /** In place of a body: what is wrong, in the form of the distribution specification. */
  readonly errors?: readonly RegistryError[]
}

/** How a registry writes JSON. */
export interface Spelling {
  readonly type: string
  /** What follows the document; Go's encoder ends a line. */
  readonly end: '' | '\n'
}

const JSON_MEDIA_TYPE = 'application/json'
export const JSON_TYPE = { 'content-type': JSON_MEDIA_TYPE }

export const SPEC_SPELLING: Spelling = { type: JSON_MEDIA_TYPE, end: '' }
/** distribution 3, and docker-registry 2.8 with Harbor. */
export const GO_SPELLING: Spelling = { type: JSON_MEDIA_TYPE, end: '\n' }
export const GO_CHARSET_SPELLING: Spelling = { type: `${JSON_MEDIA_TYPE}; charset=utf-8`, end: '\n' }

/** A refusal in the form of the distribution specification. */
export const refusal = (
  status: number,
  code: string,
  message: string,
  detail?: unknown,
  headers: Reply['headers'] = {},
): Reply => ({ status, headers, errors: [{ code, message, ...(detail === undefined ? {} : { detail }) }] })

export const plainText = (status: number, text: string): Reply => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  body: Buffer.from(text),
})

/** The code of a refusal; undefined for any other reply. */
export const codeOf = ({ errors }: Reply): string | undefined => errors?.[0]?.code

/** The reply as it goes out. */
export function written({ json, errors, ...reply }: Reply, { type, end }: Spelling): Reply {
  const document = errors === undefined ? json : { errors }
  const body = document === undefined ? reply.body : Buffer.from(JSON.stringify(document) + end)
  const given = reply.headers?.['content-type'] ?? (document === undefined ? undefined : JSON_MEDIA_TYPE)
  const headers = { ...reply.headers, 'content-type': given === JSON_MEDIA_TYPE ? type : given }
  return { status: reply.status, headers, ...(body === undefined ? {} : { body }) }
}
