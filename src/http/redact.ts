const HIDDEN = 'REDACTED'
/** Query parameters of the distribution API that are no secrets and make a trace readable. */
const HARMLESS = new Set(['digest', 'from', 'last', 'mount', 'n', 'scope', 'service'])
/** Shorter ones would turn up in ordinary words. */
const SECRET_LENGTH = 4
/** What could be a word or a part of one, of a name or of a digest; of a longer one nobody may read a piece. */
const WORD_LIKE = /^[\p{L}\p{N}_.-]{1,7}$/u
/** Nothing before it, and nothing behind, that makes it a piece of a word, a path or a host: `latest`, `team/test`, `test.example.com`. */
const BEFORE_WORD = String.raw`(?<![\p{L}\p{N}_./-])`
const AFTER_WORD = String.raw`(?![_./-]*[\p{L}\p{N}])`

/** A URL that may be shown: without user information and fragment, query values hidden but for harmless ones. */
export function redactUrl(url: string): string {
  if (!URL.canParse(url)) return HIDDEN
  const { origin, pathname, search } = new URL(url)
  const query = search
    .slice(1)
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const name = pair.split('=', 1)[0]!
      return HARMLESS.has(name) ? pair : `${name}=${HIDDEN}`
    })
  return origin + pathname + (query.length === 0 ? '' : `?${query.join('&')}`)
}

/**
 * Remembers every secret that was sent, and hides each of them in text that somebody else wrote. One that could be a short word is hidden
 * where it stands by itself, and not within a word or a name: a REDACTED in place of a word that the reader can guess would tell it.
 */
export class Redactor {
  readonly #secrets = new Set<string>()
  #pattern: RegExp | undefined

  add(secret: string): void {
    if (secret.length < SECRET_LENGTH) return
    this.#secrets.add(secret).add(encodeURIComponent(secret.replaceAll(/\p{Cs}/gu, '\ufffd')))
    this.#pattern = undefined
  }

  /** Learns from an Authorization header: the credential, and for Basic the password too. */
  addAuthorization(value: string): void {
    const [scheme = '', credential = ''] = value.split(' ', 2)
    this.add(credential)
    if (scheme.toLowerCase() !== 'basic') return
    const decoded = Buffer.from(credential, 'base64').toString('utf8')
    this.add(decoded.slice(decoded.indexOf(':') + 1))
  }

  redact(text: string): string {
    if (this.#secrets.size === 0) return text
    this.#pattern ??= createPattern([...this.#secrets])
    return text.replace(this.#pattern, HIDDEN)
  }
}

/** The longest first: a secret within another one would leave the rest of that to be read. */
function createPattern(secrets: readonly string[]): RegExp {
  const longestFirst = secrets.toSorted((one, two) => two.length - one.length)
  return new RegExp(longestFirst.map((secret) => formatPattern(secret)).join('|'), 'gu')
}

function formatPattern(secret: string): string {
  const literal = secret.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  return WORD_LIKE.test(secret) ? BEFORE_WORD + literal + AFTER_WORD : literal
}
