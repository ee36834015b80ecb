import type { CommanderError } from 'commander'

import { WasmpackError } from '../../errors.ts'
import { printable } from '../../printable.ts'
import { redactLocation, redactWords } from '../../redacted.ts'

/** The parser's error as USAGE: one line, an unknown option without its value, which may be a secret, and suggestions in the hint. */
export function toUsageError(cause: CommanderError, argv: readonly string[]): WasmpackError {
  const [, text = '', suggestion] =
    /^(?:error: )?(.*?)(?:\n\(Did you mean (.*?)\?\))?$/s.exec(cause.message) ?? []
  const similar = suggestion?.replace(/^one of /, '').split(', ') ?? []
  const meant =
    similar.length === 0 ? '' : `did you mean ${similar.map((name) => `"${name}"`).join(' or ')}? `
  return new WasmpackError('USAGE', rephrase(text), {
    hint: chooseHint(cause.code, text, argv) ?? `${meant}${chooseHelp(cause.code, argv)}`,
  })
}

const REPHRASED: readonly (readonly [pattern: RegExp, message: string])[] = [
  // Of an unknown option the name alone: the rest may be a secret, as in --password=SECRET and -pSECRET.
  [/^unknown option '(--[^=]*|-[^-]?).*'$/s, 'unknown option "$1"'],
  [/^unknown command '(.*)'$/s, 'unknown command "$1"'],
  [/^missing required argument '(.*)'$/, 'missing argument <$1>'],
  [/^option '(?:-\w, )?(--\S+) (<.*>)' argument missing$/, '$1 needs a value: $1 $2'],
  [
    /^option '(?:-\w, )?(--\S+) <.*?>' argument '(.*)' is invalid\. Allowed choices are (.*)\.$/s,
    'invalid value "$2" for $1: expected one of $3',
  ],
  [
    /^too many arguments(?: for '(.*)')?\. Expected (\d+ arguments?) but got (\d+).*$/s,
    '$1 takes $2, got $3',
  ],
]

function rephrase(text: string): string {
  const [pattern, message] = REPHRASED.find(([pattern]) => pattern.test(text)) ?? []
  return printable(redactWords(pattern === undefined ? text : text.replace(pattern, message!)))
}

function chooseHint(code: string, text: string, argv: readonly string[]): string | undefined {
  if (code !== 'commander.unknownOption') return undefined
  if (argv[0] === 'login' && /option '(?:-p|--password)/.test(text))
    return `pipe the password: wasmpack login ${argv[1]?.startsWith('-') === false ? printable(redactLocation(argv[1])) : 'REGISTRY'} --username NAME --password-stdin < password.txt`
  const option = /^unknown option '(--[^=']*|-[^-])/.exec(text)?.[1]
  return argv[0]!.startsWith('-')
    ? `put options after the command: wasmpack COMMAND ${option} ...`
    : undefined
}

const chooseHelp = (code: string, argv: readonly string[]): string =>
  code === 'commander.unknownCommand' || argv[0] === 'help'
    ? 'see: wasmpack help'
    : `see: wasmpack help ${argv[0]}`
