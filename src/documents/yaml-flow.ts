import { printable } from '../printable.ts'

/** Text that needs no quotes in a flow collection: neither YAML 1.1 nor 1.2 reads it as a number, a boolean or null. */
const PLAIN = /^[A-Za-z/][A-Za-z0-9/_-]*$/
const RESERVED = /^(?:true|false|null|yes|no|on|off|y|n)$/i

/** A value as one line of YAML, `{guest: /data, mode: ro}`, which parses to the same value; control characters are escaped. */
export function toYamlFlow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toYamlFlow).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([key, child]) => `${key}: ${toYamlFlow(child)}`)
    return `{${fields.join(', ')}}`
  }
  return typeof value === 'string' ? quoteText(value) : String(value)
}

/** Escapes also the characters that JSON keeps and a terminal or YAML interprets. */
const quoteText = (text: string): string =>
  PLAIN.test(text) && !RESERVED.test(text) ? text : JSON.stringify(text).replace(/./gsu, escapeCharacter)

function escapeCharacter(character: string): string {
  if (printable(character) === character) return character
  const code = character.codePointAt(0)!
  return code > 0xffff
    ? `\\U${toHex(code, 8)}`
    : code > 0xff
      ? `\\u${toHex(code, 4)}`
      : `\\x${toHex(code, 2)}`
}

const toHex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0')
