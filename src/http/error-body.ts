import { STATUS_CODES } from 'node:http'

import type { HttpResponse } from './response.ts'

/** What a server had to say beside a status: JSON where it is some, else its words in short. */
export interface ErrorBody {
  readonly json: unknown
  /** At most 1 KiB, not yet safe to print. */
  readonly text: string
  /** A web page came: what is between here and the server has answered, not the server. */
  readonly isHtml: boolean
}

const READ_LIMIT = 64 * 1024
const TEXT_LIMIT = 1024

/** Reads the body of an answer that is an error, 64 KiB of it at most. Never throws: there may be nothing to read. */
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

/** What an answer says, and the same answer, to be read as if it had not been: 64 KiB of its body at most. Never throws. */
export async function peekBody(
  response: HttpResponse,
): Promise<{ readonly words: string; readonly response: HttpResponse }> {
  const bytes = await readFirstBytes(response)
  const again: HttpResponse = {
    status: response.status,
    url: response.url,
    header: (name) => response.header(name),
    body: (async function* () {
      yield bytes
    })(),
    discard: async () => undefined,
  }
  return { words: new TextDecoder().decode(bytes), response: again }
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
    // The status is what counts; half of the words are better than none.
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

/** A status as people say it, for instance `503 Service Unavailable`. */
export const formatStatus = (status: number): string =>
  STATUS_CODES[status] === undefined ? String(status) : `${status} ${STATUS_CODES[status]}`
