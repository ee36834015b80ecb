import type { Environment } from '../../config/environment.ts'
import type { Format, Reporter } from '../../ui/reporter.ts'
import { createTerminalReporter } from '../../ui/terminal.ts'
import type { CreateContext } from './command.ts'

/** Creates the function that actions call first; `onReporter` is called with the reporter, which also prints the error that ends the run. */
export function createContextFactory(
  environment: Environment,
  signal: AbortSignal,
  onReporter: (reporter: Reporter) => void,
): CreateContext {
  return (flags) => {
    const reporter = createReporter(
      flags.format === 'json' ? 'json' : 'text',
      flags.debug,
      environment.noColor,
    )
    onReporter(reporter)
    return { reporter, environment, signal }
  }
}

/** The reporter for a command line that was not understood as far as its flags. */
export function createFallbackReporter(argv: readonly string[]): Reporter {
  const json = argv.includes('--format=json') || argv[argv.indexOf('--format') + 1] === 'json'
  return createReporter(
    json && argv.some((word) => word.startsWith('--format')) ? 'json' : 'text',
    argv.includes('--debug') || argv.includes('-d'),
    true,
  )
}

const createReporter = (format: Format, debug: boolean | undefined, noColor: boolean): Reporter =>
  createTerminalReporter({
    format,
    debug: debug === true,
    noColor,
    stdout: process.stdout,
    stderr: process.stderr,
  })
