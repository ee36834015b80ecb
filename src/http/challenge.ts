/** An authentication challenge of WWW-Authenticate. */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]/
const LENGTH_LIMIT = 8 * 1024

/**
 * Reads WWW-Authenticate as servers really write it: several challenges in one header, schemes in any case, values with or
 * without quotes, commas and escapes inside quotes. Malformed parts are skipped.
 * https://www.rfc-editor.org/rfc/rfc9110#name-www-authenticate
 */
export function parseChallenges(header: string | undefined): readonly Challenge[] {
  const text = (header ?? '').slice(0, LENGTH_LIMIT)
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  let at = 0
  const skip = (characters: string): void => {
    while (at < text.length && characters.includes(text[at]!)) at++
  }
  const token = (): string => {
    const start = at
    while (at < text.length && TOKEN.test(text[at]!)) at++
    return text.slice(start, at).toLowerCase()
  }
  const value = (): string => {
    if (text[at] !== '"') {
      const start = at
      while (at < text.length && !', \t'.includes(text[at]!)) at++
      return text.slice(start, at)
    }
    let unquoted = ''
    for (at++; at < text.length && text[at] !== '"'; at++) {
      if (text[at] === '\\') at++
      unquoted += text[at] ?? ''
    }
    at++
    return unquoted
  }
  while (at < text.length) {
    skip(' \t,')
    const name = token()
    if (name === '') {
      at++
      continue
    }
    const end = at
    skip(' \t')
    if (text[at] === '=') {
      at++
      skip(' \t')
      const found = value()
      challenges.at(-1)?.parameters.set(name, found)
    } else {
      at = Math.max(at, end)
      challenges.push({ scheme: name, parameters: new Map() })
    }
  }
  return challenges
}
