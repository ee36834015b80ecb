import type { Environment } from '../../config/environment.ts'
import type { Format, Reporter } from '../../ui/reporter.ts'
import { terminalReporter } from '../../ui/terminal.ts'
import type { Begin } from './command.ts'

/** Makes the function that verbs call first; `made` hears of the reporter, for the error that may end the run. */
export function beginner(
  environment: Environment,
  signal: AbortSignal,
  made: (reporter: Reporter) => void,
): Begin {
  return (flags) => {
    const reporter = reporterOf(flags.format === 'json' ? 'json' : 'text', flags.debug, environment.noColor)
    made(reporter)
    return { reporter, environment, signal }
  }
}

/** The reporter for a command line that was not understood as far as its flags. */
export function fallbackReporter(argv: readonly string[]): Reporter {
  const json = argv.includes('--format=json') || argv[argv.indexOf('--format') + 1] === 'json'
  return reporterOf(
    json && argv.some((word) => word.startsWith('--format')) ? 'json' : 'text',
    argv.includes('--debug') || argv.includes('-d'),
    true,
  )
}

const reporterOf = (format: Format, debug: boolean | undefined, noColor: boolean): Reporter =>
  terminalReporter({ format, debug: debug === true, noColor, stdout: process.stdout, stderr: process.stderr })
