const HIDDEN = 'REDACTED'
/** Query parameters of the distribution API that hold no secrets and make a trace readable. */
const HARMLESS = new Set(['digest', 'from', 'last', 'mount', 'n', 'scope', 'service'])
/** Shorter secrets would match ordinary words. */
const SECRET_LENGTH = 4
/** A secret that could be a word or part of a word, name or digest; longer ones are hidden everywhere. */
const WORD_LIKE = /^[\p{L}\p{N}_.-]{1,7}$/u
/** Not part of a word, path or host, as `test` is in `latest`, `team/test` and `test.example.com`. */
const BEFORE_WORD = String.raw`(?<![\p{L}\p{N}_./-])`
const AFTER_WORD = String.raw`(?![_./-]*[\p{L}\p{N}])`

/** A URL that is safe to print: without user information and fragment, and with all but harmless query values hidden. */
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
 * Hides every registered secret in foreign text. A secret that could be a short word is hidden only where it stands alone:
 * a REDACTED within a word that the reader can guess would reveal it.
 */
export class Redactor {
  readonly #secrets = new Set<string>()
  #pattern: RegExp | undefined

  add(secret: string): void {
    if (secret.length < SECRET_LENGTH) return
    this.#secrets.add(secret).add(encodeURIComponent(secret.replaceAll(/\p{Cs}/gu, '\ufffd')))
    this.#pattern = undefined
  }

  /** Registers the credential of an Authorization header, and for Basic the password too. */
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

/** Longest first: a secret within another one would leave the rest of the longer one visible. */
function createPattern(secrets: readonly string[]): RegExp {
  const longestFirst = secrets.toSorted((one, two) => two.length - one.length)
  return new RegExp(longestFirst.map((secret) => formatPattern(secret)).join('|'), 'gu')
}

function formatPattern(secret: string): string {
  const literal = secret.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  return WORD_LIKE.test(secret) ? BEFORE_WORD + literal + AFTER_WORD : literal
}
