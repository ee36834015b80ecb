import type { IncomingMessage, ServerResponse } from 'node:http'

/** What goes wrong with a request that a {@link FaultRule} chooses. */
export type Fault =
  /** Reads the request, then answers with a status; `headers` may hold Retry-After. */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  /** Answers with a status while the request's body is still on its way, and closes. */
  | { readonly kind: 'early-status'; readonly status: number; readonly body: string }
  /** Closes the connection instead of answering. */
  | { readonly kind: 'drop' }
  /** Closes the connection after so many bytes of the request's body. */
  | { readonly kind: 'drop-upload'; readonly after: number }
  /** Does the work, and closes the connection after so many bytes of the answer's body. */
  | { readonly kind: 'truncate'; readonly after: number }
  /** Answers nothing, or nothing after so many bytes of the body; the connection stays open. */
  | { readonly kind: 'stall'; readonly after?: number }
  /** Does the work, and changes the first byte of the answer's body. */
  | { readonly kind: 'flip' }
  /** A login page with status 200, as a captive portal sends it. */
  | { readonly kind: 'html' }
  /** Does the work, and sets headers of the answer; undefined removes one. */
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string | undefined>> }

export interface FaultRule {
  readonly method?: string
  /** Of the path and query. */
  readonly path?: RegExp
  /** How many requests it hits; all when absent. */
  readonly times?: number
  readonly fault: Fault
}

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: Uint8Array
}

/** The rules in force; the first that fits a request hits it. */
export class Faults {
  readonly #rules: { readonly rule: FaultRule; left: number }[] = []

  add(rule: FaultRule): void {
    this.#rules.push({ rule, left: rule.times ?? Number.POSITIVE_INFINITY })
  }

  clear(): void {
    this.#rules.length = 0
  }

  take(method: string, url: string): Fault | undefined {
    const hit = this.#rules.find(
      ({ rule, left }) =>
        left > 0 && (rule.method ?? method) === method && (rule.path === undefined || rule.path.test(url)),
    )
    if (hit === undefined) return undefined
    hit.left--
    return hit.rule.fault
  }
}

/** Reads the body of a request; undefined when the connection broke. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = []
  try {
    for await (const chunk of request) parts.push(chunk as Buffer)
  } catch {
    return undefined
  }
  return Buffer.concat(parts)
}

/** Does the faults that come before any work; true when the request is dealt with. */
export async function failBefore(
  fault: Fault,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  switch (fault.kind) {
    case 'status':
      await bodyOf(request)
      send(response, {
        status: fault.status,
        headers: { 'content-type': 'application/json', ...fault.headers },
        body: Buffer.from(fault.body ?? ''),
      })
      return true
    case 'early-status':
      response.writeHead(fault.status, { 'content-type': 'text/html', connection: 'close' })
      response.end(fault.body)
      return true
    case 'drop':
      request.socket.destroy()
      return true
    case 'drop-upload': {
      let received = 0
      request.on('data', (chunk: Buffer) => {
        received += chunk.length
        if (received >= fault.after) request.socket.destroy()
      })
      return true
    }
    case 'html':
      await bodyOf(request)
      send(response, {
        status: 200,
        headers: { 'content-type': 'text/html; charset=utf-8' },
        body: Buffer.from('<!doctype html><html><head><title>Sign in</title></head></html>'),
      })
      return true
    case 'stall':
      return fault.after === undefined
    default:
      return false
  }
}

/** Sends a reply with the faults that hit an answer. */
export function send(response: ServerResponse, reply: Reply, fault?: Fault): void {
  const body = Buffer.from(reply.body ?? [])
  const headers: Record<string, string | undefined> = {
    'content-length': String(body.length),
    ...reply.headers,
    ...(fault?.kind === 'headers' ? fault.headers : {}),
  }
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) response.removeHeader(name)
    else response.setHeader(name, value)
  }
  if (fault?.kind === 'headers' && 'date' in fault.headers) response.sendDate = false
  response.writeHead(reply.status)
  switch (fault?.kind) {
    case 'truncate':
      response.write(body.subarray(0, fault.after), () => response.destroy())
      break
    case 'stall':
      response.write(body.subarray(0, fault.after))
      break
    case 'flip':
      if (body.length > 0) body[0]! ^= 1
      response.end(body)
      break
    default:
      response.end(body)
  }
}
