const HIDDEN = 'REDACTED'
/** Query parameters of the distribution API that are no secrets and make a trace readable. */
const HARMLESS = new Set(['digest', 'from', 'last', 'mount', 'n', 'scope', 'service'])
/** Shorter ones would turn up in ordinary words. */
const SECRET_LENGTH = 4

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

/** Remembers every secret that was sent, and hides each of them in text that somebody else wrote. */
export class Redactor {
  readonly #secrets = new Set<string>()

  add(secret: string): void {
    if (secret.length >= SECRET_LENGTH) this.#secrets.add(secret)
  }

  /** Learns from an Authorization header: the credential, and for Basic the password too. */
  addAuthorization(value: string): void {
    const [scheme = '', credential = ''] = value.split(' ', 2)
    this.add(credential)
    if (scheme.toLowerCase() !== 'basic') return
    const decoded = Buffer.from(credential, 'base64').toString('utf8')
    this.add(decoded.slice(decoded.indexOf(':') + 1))
  }

  clean(text: string): string {
    let cleaned = text
    for (const secret of this.#secrets) {
      cleaned = cleaned.replaceAll(secret, HIDDEN).replaceAll(encodeURIComponent(secret), HIDDEN)
    }
    return cleaned
  }
}
