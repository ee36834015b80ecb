import { STATUS_CODES } from 'node:http'

import type { HttpResponse } from './response.ts'

/** The body of an error response: parsed JSON, or the start of its text. */
export interface ErrorBody {
  readonly json: unknown
  /** At most 1 KiB, not yet safe to print. */
  readonly text: string
  /** A proxy or a login page probably answered in place of the server. */
  readonly isHtml: boolean
}

const READ_LIMIT = 64 * 1024
const TEXT_LIMIT = 1024

/** Reads the body of an error response, 64 KiB at most. Never throws. */
export async function readErrorBody(response: HttpResponse): Promise<ErrorBody> {
  const bytes = await readFirstBytes(response)
  const text = new TextDecoder().decode(bytes)
  const type = (response.header('content-type') ?? '').toLowerCase()
  if (isHtml(type, text)) return { json: undefined, text: summarizeHtml(text), isHtml: true }
  try {
    // go-containerregistry's registry sends its JSON as text/plain.
    return { json: JSON.parse(text), text: '', isHtml: false }
  } catch {
    return { json: undefined, text: text.trim().slice(0, TEXT_LIMIT), isHtml: false }
  }
}

/** Reads 64 KiB of a body at most, and returns it with a response whose body can still be read. Never throws. */
export async function peekBody(
  response: HttpResponse,
): Promise<{ readonly text: string; readonly response: HttpResponse }> {
  const bytes = await readFirstBytes(response)
  const unread: HttpResponse = {
    status: response.status,
    url: response.url,
    header: (name) => response.header(name),
    body: (async function* () {
      yield bytes
    })(),
    discard: async () => undefined,
  }
  return { text: new TextDecoder().decode(bytes), response: unread }
}

async function readFirstBytes(response: HttpResponse): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of response.body) {
      parts.push(chunk)
      size += chunk.length
      if (size >= READ_LIMIT) break
    }
  } catch {
    // A partial text is better than none.
  }
  return Buffer.concat(parts).subarray(0, READ_LIMIT)
}

const isHtml = (type: string, text: string): boolean =>
  type.startsWith('text/html') || /^\s{0,64}<(?:!doctype|html)/i.test(text)

function summarizeHtml(html: string): string {
  const start = html.search(/<title>/i)
  const end = start < 0 ? -1 : html.indexOf('<', start + 7)
  const title =
    end < 0
      ? ''
      : html
          .slice(start + 7, end)
          .replaceAll(/\s+/g, ' ')
          .trim()
  return title === '' ? 'a web page' : `a web page, ${JSON.stringify(title.slice(0, 200))}`
}

/** For example `503 Service Unavailable`. */
export const formatStatus = (status: number): string =>
  STATUS_CODES[status] === undefined ? String(status) : `${status} ${STATUS_CODES[status]}`
