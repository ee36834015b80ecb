/** A request, read whole. */
export interface Asked {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
  /** Of the registry and of the server that stands for its storage, without a slash. */
  readonly origin: string
  readonly storage: string
}

export interface Reply {
  readonly status: number
  /** Undefined leaves a header out that would be there by itself. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body?: Uint8Array
}

export const JSON_TYPE = { 'content-type': 'application/json' }

/** A refusal in the form of the distribution specification. */
export const refusal = (
  status: number,
  code: string,
  message: string,
  detail?: unknown,
  headers: Reply['headers'] = {},
): Reply => ({
  status,
  headers: { ...JSON_TYPE, ...headers },
  body: Buffer.from(JSON.stringify({ errors: [{ code, message, detail }] })),
})

export const plainText = (status: number, text: string): Reply => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: Buffer.from(text),
})

/** The code of a refusal; undefined for any other reply. */
export function codeOf({ status, headers, body }: Reply): string | undefined {
  if (status < 400 || headers?.['content-type'] !== JSON_TYPE['content-type']) return undefined
  const { errors } = JSON.parse(Buffer.from(body ?? []).toString()) as { errors?: { code: string }[] }
  return errors?.[0]?.code
}
