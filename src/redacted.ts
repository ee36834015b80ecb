import { quoted } from './printable.ts'

const HIDDEN = '***'
const LOCAL = /^oci-(?:layout|archive):(?![^]*:\/\/)/
const LENGTH_LIMIT = 300
const PARTS = /^([a-z][a-z0-9+.-]*:\/\/)?([^]*?)(@sha(?:256|512):[^@/]*)?$/i
const FIELD_OF_SECRET = /\b(passw(?:or)?d|pwd|secret|token)=[^\s&;,]*/gi

/**
 * A reference, URL or address as a user wrote it, maybe wrongly, without what may be a secret: everything before an `@`, and query and
 * fragment. The path of an OCI layout or archive is shown. For every message that quotes one before it is parsed.
 */
export function redactLocation(text: string): string {
  if (LOCAL.test(text)) return text
  const [, scheme = '', rest = '', digest = ''] = PARTS.exec(text) ?? []
  const [, user, tail = rest] = /^([^]*)(?:[@＠]|%40)([^]*)$/i.exec(rest) ?? []
  const query = /[?#]/.exec(tail)
  // In the query of a URL nothing after it can be told from its values.
  const shown =
    user !== undefined && /[?#]/.test(user)
      ? ''
      : query === null
        ? tail
        : `${tail.slice(0, query.index + 1)}${HIDDEN}`
  const redacted = `${scheme}${user === undefined ? '' : `${HIDDEN}@`}${shown}${digest}`
  return redacted.replace(FIELD_OF_SECRET, `$1=${HIDDEN}`)
}

/** Where a URL, or a user and a password before a host, was given in place of a path. */
function looksLikeLocation(text: string): boolean {
  if (/:\/\/|^https?:|^\/\//i.test(text)) return true
  const colon = text.indexOf(':')
  return !/^\.{0,2}\//.test(text) && colon >= 0 && /[@＠]|%40/i.test(text.slice(colon))
}

/** A path as a user wrote it; {@link redactLocation} of what looks like a URL or a reference instead. */
export const redactPath = (path: string): string => (looksLikeLocation(path) ? redactLocation(path) : path)

/** {@link redactLocation} of each word, for a text that may hold several. */
export const redactWords = (text: string): string =>
  text.replace(/[^\s"']+/g, (word) => (/[@＠]|%40|=|[?#]./i.test(word) ? redactLocation(word) : word))

/** {@link redactLocation} in quotes, bounded. */
export const quoteLocation = (text: string): string => quoted(redactLocation(text).slice(0, LENGTH_LIMIT))
