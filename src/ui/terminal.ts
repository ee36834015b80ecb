import { styleText } from 'node:util'

import { printable } from '../printable.ts'
import { showTransfer } from './progress.ts'
import type { Failure, Format, Reporter, Transfer } from './reporter.ts'

export interface TerminalOptions {
  readonly format: Format
  readonly debug: boolean
  readonly noColor: boolean
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

/** The reporter of the command line. What others wrote (registries, files, modules) must be `printable` before it comes here. */
export function terminalReporter(options: TerminalOptions): Reporter {
  const { stdout, stderr, format } = options
  const ink = inkFor(stderr, options.noColor)
  const say = (line: string): void => void stderr.write(`${line}\n`)
  return {
    format,
    result: (json, text) => void stdout.write(format === 'json' ? `${JSON.stringify(json)}\n` : ended(text)),
    notice: (text) => say(text),
    warn: (text) => say(`${ink('yellow', 'warning:')} ${text}`),
    debug: (text) => {
      if (options.debug) say(ink('dim', `debug: ${text}`))
    },
    fail: (failure) => {
      if (format === 'json') stdout.write(`${JSON.stringify({ error: errorJson(failure) })}\n`)
      else {
        say(`${ink('red', 'error:')} ${lines(failure.message)}  ${ink('dim', `[${failure.code}]`)}`)
        if (failure.hint !== undefined) say(`${ink('cyan', 'hint:')} ${printable(failure.hint)}`)
      }
      if (options.debug && failure.stack !== undefined) say(lines(failure.stack))
    },
    transfer: (label, total) =>
      stderr.isTTY && format === 'text' ? showTransfer(stderr, label, total) : SILENT,
  }
}

/** Line breaks are ours: what came from elsewhere was made printable before it got into a message. */
const lines = (text: string): string => text.split('\n').map(printable).join('\n')

const SILENT: Transfer = { advance: () => undefined, end: () => undefined }

type Ink = (style: Parameters<typeof styleText>[0], text: string) => string

/** Colours, for a terminal that wants them. */
const inkFor = (stream: NodeJS.WriteStream, noColor: boolean): Ink =>
  stream.isTTY && !noColor
    ? (style, text) => styleText(style, text, { validateStream: false })
    : (_style, text) => text

const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`)

const errorJson = ({ code, message, hint, details }: Failure): Record<string, unknown> => ({
  code,
  message,
  ...(hint === undefined ? {} : { hint }),
  ...(details === undefined ? {} : { details }),
})
