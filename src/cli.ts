import type { CommanderError } from 'commander'

import type { CommandEntry, Context } from './commands/cli/command.ts'
import { COMMANDS } from './commands/command-table.ts'
import { readEnvironment } from './config/environment.ts'
import { ERROR_CODES, WasmpackError } from './errors.ts'
import { onAbort } from './on-abort.ts'
import { V8_PROBE_FLAG } from './runtimes/v8-probe-flag.ts'
import { loadPaint } from './ui/paint.ts'
import { VERSION } from './version.ts'

/** Runs one command line; the only place that catches everything and decides the exit status. */
async function main(argv: readonly string[]): Promise<number> {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    process.stdout.write(`${VERSION}\n`)
    return 0
  }
  if (argv[0] === V8_PROBE_FLAG) {
    const { probe } = await import('./runtimes/v8-probe.ts')
    probe()
    return 0
  }
  const signal = abortOnSignals()
  const [first, second] = argv.filter((word) => !word.startsWith('-'))
  const isWanted = ({ name }: CommandEntry): boolean =>
    name === first || (first === 'help' && name === second)
  // In parallel, since each import is a chain of files.
  const environment = readEnvironment()
  const [{ createContextFactory, createFallbackReporter }, { buildProgram }, paint] = await Promise.all([
    import('./commands/cli/context-factory.ts'),
    import('./commands/cli/program.ts'),
    loadPaint(environment.colors, process.stderr),
    ...COMMANDS.filter(isWanted).map((entry) => entry.load()),
  ])
  let context: Context | undefined
  const createContext = createContextFactory(environment, { signal, paint }, (created) => {
    context = created
    endAfterAbort(created)
  })
  try {
    const program = await buildProgram(COMMANDS, createContext, isWanted)
    await program.parseAsync(argv.length === 0 ? ['--help'] : argv, { from: 'user' })
    signal.throwIfAborted()
    return 0
  } catch (cause) {
    if (isCommanderError(cause) && cause.exitCode === 0) return 0
    const failure = await toWasmpackError(cause, context?.signal ?? signal, argv)
    const shown = context?.reporter ?? createFallbackReporter(argv, paint)
    // The parser's own message repeats the arguments, which may hold a secret.
    const { stack } = isCommanderError(cause) ? failure : (cause as Error)
    isReported = true
    shown.fail({ ...failure, code: failure.code, message: failure.message, stack })
    return failure.exit
  }
}

/** How long a run that was told to end may clean up, in milliseconds. */
const CLEANING = 5000
let isReported = false

/** Ends a run whose signal was aborted while it waits for what no signal ends, such as a full pipe that nobody reads. */
function endAfterAbort({ signal, reporter }: Context): void {
  onAbort(signal, () => {
    const reason: unknown = signal.reason
    if (!(reason instanceof WasmpackError)) return
    setTimeout(() => {
      if (!isReported)
        reporter.fail({ ...reason, code: reason.code, message: reason.message, stack: undefined })
      process.exit(reason.exit)
    }, CLEANING)
  })
}

/** The first signal aborts the run and lets it clean up, a second one exits at once. */
function abortOnSignals(): AbortSignal {
  const controller = new AbortController()
  const on = (name: 'SIGINT' | 'SIGTERM' | 'SIGHUP', code: 'INTERRUPTED' | 'TERMINATED'): void => {
    process.once(name, () => {
      process.once(name, () => process.exit(ERROR_CODES[code].exit))
      controller.abort(new WasmpackError(code, name === 'SIGINT' ? 'interrupted' : 'terminated'))
    })
  }
  on('SIGINT', 'INTERRUPTED')
  on('SIGTERM', 'TERMINATED')
  on('SIGHUP', 'TERMINATED')
  return controller.signal
}

/** The parser is loaded later than this file, so its error is known by its code. */
const isCommanderError = (cause: unknown): cause is CommanderError =>
  cause instanceof Error &&
  'exitCode' in cause &&
  String((cause as CommanderError).code).startsWith('commander.')

async function toWasmpackError(
  cause: unknown,
  signal: AbortSignal,
  argv: readonly string[],
): Promise<WasmpackError> {
  if (signal.aborted && signal.reason instanceof WasmpackError) return signal.reason
  if (cause instanceof WasmpackError) return cause
  if (isCommanderError(cause)) {
    const { toUsageError } = await import('./commands/cli/usage-error.ts')
    return toUsageError(cause, argv)
  }
  return new WasmpackError(
    'INTERNAL',
    `internal error: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      hint: 'please report it with the output of the same command and --debug',
      cause,
    },
  )
}

// A closed pipe (`| head`) is no error and does not change the exit status.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EPIPE') return
    if (stream === process.stdout)
      process.stderr.write(`error: cannot write to stdout: ${cause.code}  [FILE_UNWRITABLE]\n`)
    process.exit(ERROR_CODES.FILE_UNWRITABLE.exit)
  })

void main(process.argv.slice(2)).then(async (status) => {
  // Flushes, then exits without waiting for keep-alive sockets.
  for (const stream of [process.stdout, process.stderr])
    await new Promise<void>((resolve) => stream.write('', () => resolve()))
  process.exit(status)
})
