import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'

import type { Reply } from './asked.ts'
import type { Fault } from './fault.ts'

/** What came of a request's body; not `whole` when the connection broke first. */
export interface Received {
  readonly bytes: Buffer
  readonly whole: boolean
}

export interface Receiving {
  /** Bytes after which the connection is broken off. */
  readonly limit?: number | undefined
  /** Reads nothing after so many bytes before that is settled. */
  readonly hold?: { readonly after: number; readonly released: Promise<unknown> } | undefined
  /** Hears of what came in, in bytes. */
  readonly count?: (bytes: number) => void
}

/** Reads the body of a request. */
export async function receive(
  request: IncomingMessage,
  { limit = Number.POSITIVE_INFINITY, hold, count }: Receiving = {},
): Promise<Received> {
  const parts: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request) {
      parts.push(chunk as Buffer)
      size += (chunk as Buffer).length
      count?.((chunk as Buffer).length)
      if (size >= limit) {
        request.socket.destroy()
        return { bytes: Buffer.concat(parts).subarray(0, limit), whole: false }
      }
      if (hold !== undefined && size >= hold.after) await hold.released
    }
  } catch {
    return { bytes: Buffer.concat(parts), whole: false }
  }
  return { bytes: Buffer.concat(parts), whole: true }
}

/** Sends a reply, with the fault that hits an answer. */
export function send(response: ServerResponse, reply: Reply, fault?: Fault): void {
  let body: Buffer = Buffer.from(reply.body ?? [])
  if (fault?.kind === 'flip' && body.length > 0) body[0]! ^= 1
  if (fault?.kind === 'longer') body = Buffer.concat([body, Buffer.alloc(fault.by, 'x')])
  if (fault?.kind === 'gzip') body = gzipSync(body)
  const headers: Record<string, string | readonly string[] | undefined> = {
    ...(reply.status === 304 || reply.status === 204 ? {} : { 'content-length': String(body.length) }),
    ...reply.headers,
    ...(fault?.kind === 'gzip' ? { 'content-encoding': 'gzip' } : {}),
    ...(fault?.kind === 'headers' ? fault.headers : {}),
    ...(fault?.kind === 'chunked' ? { 'content-length': undefined } : {}),
  }
  if (fault?.kind === 'until-close') return untilClose(response, reply.status, headers, body)
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
    case 'drip':
      drip(response, body, fault.every)
      break
    case 'chunked':
      response.write(body)
      response.end()
      break
    default:
      response.end(body)
  }
}

/** An answer of HTTP/1.0, whose body ends where the connection does. */
function untilClose(
  { socket, req }: ServerResponse,
  status: number,
  headers: Record<string, string | readonly string[] | undefined>,
  body: Buffer,
): void {
  const lines = Object.entries(headers)
    .filter(([name, value]) => value !== undefined && name !== 'content-length')
    .map(([name, value]) => `${name}: ${value!.toString()}\r\n`)
  socket?.write(`HTTP/1.0 ${status} Answer\r\n${lines.join('')}\r\n`)
  socket?.end(req.method === 'HEAD' ? '' : body)
}

function drip(response: ServerResponse, body: Buffer, every: number): void {
  let at = 0
  const timer = setInterval(() => {
    if (at >= body.length) response.end()
    else response.write(body.subarray(at, ++at))
  }, every)
  response.once('close', () => clearInterval(timer))
  response.once('finish', () => clearInterval(timer))
}
