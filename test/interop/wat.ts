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
