import { buildProgram } from '../../src/commands/cli/program.ts'
import { COMMANDS } from '../../src/commands/command-table.ts'
import { WasmpackError } from '../../src/errors.ts'
import type { Reporter } from '../../src/ui/reporter.ts'

/** What one run of a command put out: its result, or the error that it ended with. */
export interface InProcessRun {
  /** As `--format json` would print it. */
  readonly json: unknown
  readonly text: string
  readonly warnings: readonly string[]
  readonly error?: WasmpackError
}

/** Runs a command within the test: quick enough to do it for every fixture. It reads no environment. */
export async function runCommand(
  argv: readonly string[],
  { keyPassword }: { readonly keyPassword?: string } = {},
): Promise<InProcessRun> {
  const run: { json: unknown; text: string; warnings: string[] } = { json: undefined, text: '', warnings: [] }
  const silent = (): void => undefined
  const reporter = (format: Reporter['format']): Reporter => ({
    format,
    result: (json, text) => Object.assign(run, { json: JSON.parse(JSON.stringify(json ?? null)), text }),
    notice: silent,
    warn: (text) => run.warnings.push(text),
    debug: silent,
    fail: silent,
    transfer: () => ({ advance: silent, end: silent }),
  })
  const program = await buildProgram(
    COMMANDS,
    (flags) => ({
      reporter: reporter(flags.format === 'json' ? 'json' : 'text'),
      environment: { keyPassword, readCreated: () => undefined, colors: 'never' },
      signal: new AbortController().signal,
    }),
    ({ name }) => name === argv[0],
  )
  try {
    await program.parseAsync(argv, { from: 'user' })
    return run
  } catch (error) {
    if (error instanceof WasmpackError) return { ...run, error }
    throw error
  }
}
