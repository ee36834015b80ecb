import { PassThrough } from 'node:stream'

import { describe, expect, test } from 'vitest'

import { plain } from '../../src/ui/paint.ts'
import { createTerminalReporter, type TerminalOptions } from '../../src/ui/terminal.ts'
import { until } from '../support/time.ts'

interface Screen {
  readonly stream: NodeJS.WriteStream
  readonly text: () => string
}

/** A stream that keeps what is written; as a terminal it has the few abilities that progress needs. */
function screen(isTTY: boolean): Screen {
  let text = ''
  const stream = Object.assign(new PassThrough(), {
    isTTY,
    columns: 100,
    clearLine: () => true,
    cursorTo: () => true,
    moveCursor: () => true,
  })
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => text }
}

function scene(options: Partial<TerminalOptions> & { readonly tty?: boolean } = {}) {
  const stdout = screen(options.tty ?? false)
  const stderr = screen(options.tty ?? false)
  const reporter = createTerminalReporter({
    format: 'text',
    debug: false,
    paint: plain,
    ...options,
    stdout: stdout.stream,
    stderr: stderr.stream,
  })
  return { reporter, stdout: stdout.text, stderr: stderr.text }
}

const FAILURE = {
  code: 'NOT_FOUND',
  message: 'a has no tag 1',
  hint: 'check the tag',
  details: { tag: '1' },
  stack: 'Error: x\n    at y',
}
const ESCAPE = String.fromCodePoint(27)

describe('terminalReporter', () => {
  test('puts the result on stdout and everything else on stderr', () => {
    const { reporter, stdout, stderr } = scene()
    reporter.result({ a: 1 }, 'for people')
    reporter.notice('a notice')
    reporter.warn('careful')
    reporter.debug?.('not asked for')
    expect(stdout()).toBe('for people\n')
    expect(stderr()).toBe('a notice\nwarning: careful\n')
  })

  test('prints one JSON object with --format json, for a failure too', () => {
    const done = scene({ format: 'json' })
    done.reporter.result({ a: 1 }, 'for people')
    expect(JSON.parse(done.stdout())).toEqual({ a: 1 })
    const failed = scene({ format: 'json' })
    failed.reporter.fail(FAILURE)
    const { code, message, hint, details } = FAILURE
    expect(JSON.parse(failed.stdout())).toEqual({ error: { code, message, hint, details } })
    expect(failed.stderr()).toBe('')
  })

  test('shows where a failure came from with --debug only', () => {
    const short = scene()
    short.reporter.fail(FAILURE)
    expect(short.stderr()).toBe('error: a has no tag 1  [NOT_FOUND]\nhint: check the tag\n')
    const debug = scene({ debug: true })
    debug.reporter.fail(FAILURE)
    expect(debug.stderr()).toContain('    at y')
  })

  test('paints labels and codes, and never a message or a result', () => {
    const { reporter, stdout, stderr } = scene({ paint: (style, text) => `<${style} ${text}>` })
    reporter.result({}, 'a result')
    reporter.warn('careful')
    reporter.fail(FAILURE)
    expect(stdout()).toBe('a result\n')
    expect(stderr()).toBe(
      '<yellow warning:> careful\n<red error:> a has no tag 1  <dim [NOT_FOUND]>\n<cyan hint:> check the tag\n',
    )
  })

  test('never lets a control character of a message reach the terminal', () => {
    const { reporter, stderr } = scene()
    reporter.fail({ code: 'X', message: `evil ${ESCAPE}[2J\u202E`, hint: `${ESCAPE}]0;title` })
    expect(stderr()).not.toContain(ESCAPE)
    expect(stderr()).not.toContain('\u202E')
  })

  test('shows a long transfer on a terminal, and says nothing of it elsewhere', async () => {
    const shown = scene({ tty: true })
    const transfer = shown.reporter.transfer('pulling app', 8 * 1024 * 1024)
    transfer.advance(2 * 1024 * 1024)
    await until(() => shown.stderr().includes('pulling app  2.0 MiB of 8.0 MiB'))
    transfer.end()
    for (const options of [{ tty: false }, { tty: true, format: 'json' as const }]) {
      const silent = scene(options)
      const other = silent.reporter.transfer('pulling app', 8 * 1024 * 1024)
      other.advance(1024)
      other.end()
      expect(silent.stderr()).toBe('')
    }
  })
})
