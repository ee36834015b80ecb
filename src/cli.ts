import type { CommanderError } from 'commander'

import type { CommandEntry } from './commands/cli/command.ts'
import { COMMANDS } from './commands/command-table.ts'
import { readEnvironment } from './config/environment.ts'
import { ERROR_CODES, WasmpackError } from './errors.ts'
import type { Reporter } from './ui/reporter.ts'
import { VERSION } from './version.ts'

/** Runs one command line; the only place that catches everything and decides the exit status. */
async function main(argv: readonly string[]): Promise<number> {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    process.stdout.write(`${VERSION}\n`)
    return 0
  }
  const signal = abortOnSignals()
  const [first, second] = argv.filter((word) => !word.startsWith('-'))
  const isWanted = ({ name }: CommandEntry): boolean =>
    name === first || (first === 'help' && name === second)
  // All at once, for each is a chain of files that wait for one another.
  const [{ createContextFactory, createFallbackReporter }, { buildProgram }] = await Promise.all([
    import('./commands/cli/context-factory.ts'),
    import('./commands/cli/program.ts'),
    ...COMMANDS.filter(isWanted).map((entry) => entry.load()),
  ])
  let reporter: Reporter | undefined
  const createContext = createContextFactory(readEnvironment(), signal, (created) => (reporter = created))
  try {
    const program = await buildProgram(COMMANDS, createContext, isWanted)
    await program.parseAsync(argv.length === 0 ? ['--help'] : argv, { from: 'user' })
    signal.throwIfAborted()
    return 0
  } catch (cause) {
    if (isCommanderError(cause) && cause.exitCode === 0) return 0
    const failure = toWasmpackError(cause, signal, argv)
    const shown = reporter ?? createFallbackReporter(argv)
    // Commander's own words repeat what was given, which may be a secret.
    const { stack } = isCommanderError(cause) ? failure : (cause as Error)
    shown.fail({ ...failure, code: failure.code, message: failure.message, stack })
    return failure.exit
  }
}

/** A first signal ends the run tidily, a second one at once. */
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

const isCommanderError = (cause: unknown): cause is CommanderError =>
  cause instanceof Error &&
  'exitCode' in cause &&
  String((cause as CommanderError).code).startsWith('commander.')

function toWasmpackError(cause: unknown, signal: AbortSignal, argv: readonly string[]): WasmpackError {
  if (signal.aborted && signal.reason instanceof WasmpackError) return signal.reason
  if (cause instanceof WasmpackError) return cause
  if (isCommanderError(cause))
    return new WasmpackError('USAGE', hideOptionValue(cause.message.replace(/^error: /, '')), {
      hint: chooseUsageHint(cause, argv),
    })
  return new WasmpackError(
    'INTERNAL',
    `internal error: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      hint: 'please report it with the output of the same command and --debug',
      cause,
    },
  )
}

/** Of an option that is not known its name alone: the rest may be a secret, as in `--password=SECRET` and `-pSECRET`. */
const hideOptionValue = (message: string): string =>
  message.replace(/^unknown option '(--[^=]*|-[^-]?).*'(?=$|\n\(Did you mean)/s, "unknown option '$1'")

function chooseUsageHint({ code, message }: CommanderError, argv: readonly string[]): string {
  if (code === 'commander.unknownOption' && argv[0] === 'login' && /option '(?:-p|--password)/.test(message))
    return 'a secret is never an argument: pipe it in and give --password-stdin'
  if (code === 'commander.unknownOption' && argv[0]!.startsWith('-'))
    return 'put options after the command: wasmpack COMMAND [options]'
  return code === 'commander.unknownCommand' ? 'see: wasmpack help' : `see: wasmpack help ${argv[0]}`
}

// A reader that has seen enough (`| head`) is no fault, and none that hides how the run ends.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EPIPE') return
    if (stream === process.stdout)
      process.stderr.write(`error: stdout cannot be written: ${cause.code}  [FILE_UNWRITABLE]\n`)
    process.exit(ERROR_CODES.FILE_UNWRITABLE.exit)
  })

void main(process.argv.slice(2)).then(async (status) => {
  // All is said: neither a connection that its other side holds open nor tidying up memory keeps the process.
  for (const stream of [process.stdout, process.stderr])
    await new Promise<void>((resolve) => stream.write('', () => resolve()))
  process.exit(status)
})
