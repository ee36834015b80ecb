import { printable } from '../printable.ts'

/** Safe without quotes in a flow collection: nothing that YAML 1.1 or 1.2 takes for a number, a boolean or null. */
const PLAIN = /^[A-Za-z/][A-Za-z0-9/_-]*$/
const RESERVED = /^(?:true|false|null|yes|no|on|off|y|n)$/i

/** A value on one line of YAML, `{guest: /data, mode: ro}`; it reads back as the same value and cannot drive a terminal. */
export function toYamlFlow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toYamlFlow).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([key, child]) => `${key}: ${toYamlFlow(child)}`)
    return `{${fields.join(', ')}}`
  }
  return typeof value === 'string' ? quoteText(value) : String(value)
}

/** Without what JSON leaves as it is and a terminal or YAML would not. */
const quoteText = (text: string): string =>
  PLAIN.test(text) && !RESERVED.test(text) ? text : JSON.stringify(text).replace(/./gsu, escapeCharacter)

const escapeCharacter = (character: string): string =>
  printable(character) === character
    ? character
    : `\\U${character.codePointAt(0)!.toString(16).padStart(8, '0')}`
