/** A value of GitHub's expressions. https://docs.github.com/en/actions/reference/workflows-and-actions/expressions */
export type Value = string | number | boolean | null | { readonly [name: string]: Value }

/** What an expression can name, and what the status functions say. */
export interface Scope {
  readonly contexts: Readonly<Record<string, Value>>
  readonly failed: boolean
}

const TOKEN =
  /\s*(?:(?<text>'(?:[^']|'')*')|(?<number>-?\d+(?:\.\d+)?)|(?<name>[A-Za-z_][\w-]*)|(?<sign>&&|\|\||==|!=|[!().]))/y

/** The status functions of a step's condition; each is a function of the scope alone. */
const STATUS: Readonly<Record<string, (scope: Scope) => boolean>> = {
  always: () => true,
  success: ({ failed }) => !failed,
  failure: ({ failed }) => failed,
  cancelled: () => false,
}

/** Evaluates an expression without its braces. Throws for what GitHub's grammar has not, and for what is not imitated here. */
export function evaluate(source: string, scope: Scope): Value {
  const tokens = tokenize(source)
  let at = 0
  const take = (sign: string): boolean => tokens[at] === sign && at++ >= 0
  const need = (sign: string): void => {
    if (!take(sign)) throw new Error(`expected ${sign} in ${source}`)
  }

  const readOr = (): Value => {
    let left = readAnd()
    while (take('||')) {
      const right = readAnd()
      left = isTrue(left) ? left : right
    }
    return left
  }
  const readAnd = (): Value => {
    let left = readEquality()
    while (take('&&')) {
      const right = readEquality()
      left = isTrue(left) ? right : left
    }
    return left
  }
  const readEquality = (): Value => {
    const left = readUnary()
    if (take('==')) return isEqual(left, readUnary())
    return take('!=') ? !isEqual(left, readUnary()) : left
  }
  const readUnary = (): Value => (take('!') ? !isTrue(readUnary()) : readPrimary())
  const readPrimary = (): Value => {
    if (take('(')) {
      const inner = readOr()
      need(')')
      return inner
    }
    const token = tokens[at++]
    if (token === undefined) throw new Error(`${source} ends too early`)
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'")
    if (/^-?\d/.test(token)) return Number(token)
    if (token === 'true' || token === 'false') return token === 'true'
    if (token === 'null') return null
    if (take('(')) {
      need(')')
      if (!Object.hasOwn(STATUS, token)) throw new Error(`${token}() is not imitated`)
      return STATUS[token]!(scope)
    }
    if (!Object.hasOwn(scope.contexts, token)) throw new Error(`there is no context ${token} in ${source}`)
    let value: Value = scope.contexts[token]!
    while (take('.')) {
      const name = tokens[at++]!
      // What is not there is null, and null becomes the empty string.
      value = typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? value[name]! : null
    }
    return value
  }

  const value = readOr()
  if (at < tokens.length) throw new Error(`unexpected ${tokens[at]} in ${source}`)
  return value
}

/** Replaces every `${{ }}` of a text. */
export const interpolate = (text: string, scope: Scope): string =>
  text.replaceAll(/\$\{\{(.*?)\}\}/gs, (_, source: string) => toText(evaluate(source, scope)))

/** The condition of a step: without a status function it also asks whether all went well so far. */
export function isMet(condition: string | undefined, scope: Scope): boolean {
  const source = condition === undefined ? 'success()' : condition.replace(/^\s*\$\{\{(.*)\}\}\s*$/s, '$1')
  const asksStatus = tokenize(source).some(
    (token, at, tokens) => Object.hasOwn(STATUS, token) && tokens[at + 1] === '(',
  )
  return isTrue(evaluate(source, scope)) && (asksStatus || !scope.failed)
}

function tokenize(source: string): readonly string[] {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  const end = source.trimEnd().length
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex
    const found = TOKEN.exec(source)
    if (found === null) throw new Error(`cannot read ${source.slice(from)}`)
    tokens.push(found[0].trim())
  }
  return tokens
}

const isTrue = (value: Value): boolean => value !== false && value !== null && value !== '' && value !== 0
const isEqual = (left: Value, right: Value): boolean =>
  typeof left === 'string' && typeof right === 'string'
    ? left.toLowerCase() === right.toLowerCase()
    : left === right

function toText(value: Value): string {
  if (value === null) return ''
  if (typeof value === 'object') throw new Error('an object is no text')
  return String(value)
}
