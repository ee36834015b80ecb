import { printable, printableJson } from '../printable.ts'
import type { Paint } from './paint.ts'
import { showTransfer } from './progress.ts'
import type { Failure, Format, Reporter, Transfer } from './reporter.ts'

export interface TerminalOptions {
  readonly format: Format
  readonly debug: boolean
  readonly paint: Paint
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

/** The reporter of the command line. Escapes control characters in everything it prints. */
export function createTerminalReporter(options: TerminalOptions): Reporter {
  const { stdout, stderr, format, paint } = options
  const say = (text: string): void => void stderr.write(`${text}\n`)
  return {
    format,
    result: (json, text) =>
      void stdout.write(format === 'json' ? formatJson(json) : endLine(escapeLines(text))),
    notice: (text) => say(escapeLines(text)),
    warn: (text) => say(`${paint('yellow', 'warning:')} ${escapeLines(text)}`),
    debug: options.debug ? (text) => say(paint('dim', `debug: ${escapeLines(text)}`)) : undefined,
    fail: (failure) => {
      if (format === 'json') stdout.write(formatJson({ error: toErrorJson(failure) }))
      else {
        say(`${paint('red', 'error:')} ${escapeLines(failure.message)}  ${paint('dim', `[${failure.code}]`)}`)
        if (failure.hint !== undefined) say(`${paint('cyan', 'hint:')} ${printable(failure.hint)}`)
      }
      if (options.debug && failure.stack !== undefined) say(escapeLines(failure.stack))
    },
    transfer: (label, total) =>
      stderr.isTTY && format === 'text' ? showTransfer(stderr, label, total) : NO_TRANSFER,
  }
}

/** Keeps line breaks, which are our own: foreign text was made printable before it became part of the text. */
const escapeLines = (text: string): string => text.split('\n').map(printable).join('\n')

const NO_TRANSFER: Transfer = { advance: () => undefined, end: () => undefined }

const formatJson = (value: unknown): string => `${printableJson(value)}\n`

const endLine = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`)

const toErrorJson = ({ code, message, hint, details }: Failure): Record<string, unknown> => ({
  code,
  message,
  ...(hint === undefined ? {} : { hint }),
  ...(details === undefined ? {} : { details }),
})
