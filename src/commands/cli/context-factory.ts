import type { Environment } from '../../config/environment.ts'
import type { Paint } from '../../ui/paint.ts'
import type { Format, Reporter } from '../../ui/reporter.ts'
import { createTerminalReporter } from '../../ui/terminal.ts'
import type { Context, CreateContext } from './command.ts'
import { limitTime } from './limit-time.ts'

/** Creates the function that actions call first; `onContext` is called with the context, whose reporter also prints the error that ends the run. */
export function createContextFactory(
  environment: Environment,
  { signal, paint }: { readonly signal: AbortSignal; readonly paint: Paint },
  onContext: (context: Context) => void,
): CreateContext {
  return (flags) => {
    const reporter = createReporter(flags.format === 'json' ? 'json' : 'text', flags.debug === true, paint)
    const context = {
      reporter,
      environment,
      signal: flags.timeout === undefined ? signal : limitTime(signal, flags.timeout),
    }
    onContext(context)
    return context
  }
}

/** The reporter for a command line whose flags were not parsed. */
export function createFallbackReporter(argv: readonly string[], paint: Paint): Reporter {
  const json = argv.includes('--format=json') || argv[argv.indexOf('--format') + 1] === 'json'
  return createReporter(
    json && argv.some((word) => word.startsWith('--format')) ? 'json' : 'text',
    argv.includes('--debug') || argv.includes('-d'),
    paint,
  )
}

const createReporter = (format: Format, debug: boolean, paint: Paint): Reporter =>
  createTerminalReporter({ format, debug, paint, stdout: process.stdout, stderr: process.stderr })
