/** A list of WebAssembly's text format. Strings begin with `"`, comments such as `(;3;)` with `;`. */
export type Expression = readonly (string | Expression)[]

const TOKEN = /\s+|;;[^\n]*|\(;(.*?);\)|([()])|("(?:[^"\\]|\\.)*")|((?:[^\s()";]|"(?:[^"\\]|\\.)*")+)/gsy
const ESCAPE = /\\(?:u\{([0-9a-f]+)\}|([0-9a-f]{2})|(.))/gi
const CONTROLS: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r' }

/** Parses text as wasm-tools prints it. */
export function parseText(text: string): Expression[] {
  const root: Expression[] = []
  const open: (string | Expression)[][] = [root as (string | Expression)[]]
  let at = 0
  for (const token of text.matchAll(TOKEN)) {
    at = token.index + token[0].length
    const [, comment, parenthesis, quoted, atom] = token
    const current = open.at(-1)!
    if (comment !== undefined) current.push(`;${comment}`)
    else if (parenthesis === '(') {
      const list: (string | Expression)[] = []
      current.push(list)
      open.push(list)
    } else if (parenthesis === ')') open.pop()
    else if (quoted !== undefined) current.push(`"${unescape(quoted.slice(1, -1))}`)
    else if (atom !== undefined) current.push(atom)
  }
  if (at !== text.length || open.length !== 1)
    throw new Error(`unexpected text at ${at}: ${text.slice(at, at + 40)}`)
  return root
}

const unescape = (text: string): string =>
  text.replace(ESCAPE, (_, point?: string, byte?: string, other?: string) => {
    if (point !== undefined) return String.fromCodePoint(Number.parseInt(point, 16))
    if (byte !== undefined) return String.fromCodePoint(Number.parseInt(byte, 16))
    return CONTROLS[other!] ?? other!
  })

/** The lists in a list. */
export const lists = (expression: Expression): Expression[] =>
  expression.filter((part) => typeof part !== 'string')

/** Those that begin with a word. */
export const headed = (expressions: readonly Expression[], head: string): Expression[] =>
  expressions.filter((expression) => expression[0] === head)

/** What follows the head, without identifiers, comments and annotations. */
export const words = (expression: Expression): string[] =>
  expression
    .slice(1)
    .filter((part) => (typeof part === 'string' ? !/^[$;]/.test(part) : !String(part[0]).startsWith('@')))
    .map(spell)

/** As text, one space between words. */
export const spell = (part: Expression[number]): string =>
  typeof part === 'string' ? part : `(${part.map(spell).join(' ')})`

/** What a quoted part says. */
export function string(part: Expression[number] | undefined): string {
  if (typeof part !== 'string' || !part.startsWith('"')) throw new Error('expected a string')
  return part.slice(1)
}
