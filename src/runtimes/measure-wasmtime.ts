import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { readProgramEnvironment } from '../config/program-environment.ts'
import { runBounded } from '../processes/bounded-process.ts'
import { printable } from '../printable.ts'
import {
  type ColdStart,
  type ColdStartOptions,
  ENOUGH,
  type InspectedFile,
  limitMemory,
} from './cold-start.ts'
import { computeMedian } from './median.ts'

/** Of one run, in milliseconds: the compiler may take long for a large module, its start function may not. */
const TIMEOUTS = { compile: 60_000, run: 20_000 } as const
/** Memory for a module, in times its size. */
const PER_BYTE = 64
const OUTPUT_LIMIT = 1024 * 1024
const EMPTY_MODULE = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00)

/** In instructions, for a component, whose command has to be started: enough for its instantiation. */
const FUEL = '1000'
/** Of each table; V8 has the same limit. */
const TABLE_LIMIT = 10_000_000
const ABSENT = 'wasmpack_no_such_export'

/**
 * Compiles a module with the `wasmtime` on PATH, then instantiates the compiled code in its own process. Each time is the
 * difference to an empty module. Of a core module only a start function and `_initialize` run, without files, variables or
 * network; of a component at most {@link FUEL} instructions.
 */
export async function measureWasmtime(file: InspectedFile, options: ColdStartOptions): Promise<ColdStart> {
  const runtime = 'Wasmtime'
  const memory = limitMemory(file.inspection.size, PER_BYTE)
  const asked = await runWasmtime(['--version'], memory, options)
  if ('problem' in asked)
    return { runtime, notes: [asked.missing ? 'not found on PATH' : `it ${asked.problem}`] }
  const version = printable(
    asked.output
      .trim()
      .replace(/^wasmtime /, '')
      .slice(0, 80),
  )
  const directory = await mkdtemp(join(tmpdir(), 'wasmpack-wasmtime-'))
  try {
    return { runtime, version, ...(await measureFile(file, directory, memory, options)) }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const runWasmtime = (
  args: readonly string[],
  memory: number,
  { signal }: ColdStartOptions,
): ReturnType<typeof runBounded> =>
  runBounded('wasmtime', args, '', {
    timeout: TIMEOUTS[args[0] === 'compile' ? 'compile' : 'run'],
    output: OUTPUT_LIMIT,
    errors: OUTPUT_LIMIT,
    memory,
    signal,
    env: readProgramEnvironment(),
  })

async function measureFile(
  { path, inspection }: InspectedFile,
  directory: string,
  memory: number,
  options: ColdStartOptions,
): Promise<Omit<ColdStart, 'runtime' | 'version'>> {
  const empty = join(directory, 'empty.wasm')
  await writeFile(empty, EMPTY_MODULE)
  const sources = { empty, module: path }
  const compiled = { empty: join(directory, 'empty.cwasm'), module: join(directory, 'module.cwasm') }
  const compiling = (at: ProbedModule, flags: readonly string[] = []): readonly string[] => [
    'compile',
    ...flags,
    '-o',
    compiled[at],
    '--',
    sources[at],
  ]
  const compile = await measureBeyondEmpty(memory, options, (at) => compiling(at))
  if ('refused' in compile) return { notes: [`failed to compile: ${compile.refused}`] }

  const bounds = inspection.kind === 'component' ? ['-W', `fuel=${FUEL}`] : []
  // Fuel changes the generated code, so it is compiled again.
  if (bounds.length > 0) for (const at of SUBJECTS) await runWasmtime(compiling(at, bounds), memory, options)
  // The command of a component starts, so its imports are withheld and trap.
  const only = inspection.kind === 'component' ? ['-S', 'cli=n'] : ['--invoke', ABSENT]
  const space = ['-W', `max-memory-size=${memory},max-table-elements=${TABLE_LIMIT}`]
  const instantiate = await measureBeyondEmpty(
    memory,
    options,
    (at) => {
      const run = ['run', '--allow-precompiled', ...bounds, ...space]
      return at === 'empty'
        ? [...run, '--invoke', ABSENT, '--', compiled.empty]
        : [...run, ...only, '-W', 'unknown-imports-trap=y', '--', compiled.module]
    },
    wasInstantiated,
  )
  const taken = { compile: compile.milliseconds, rounds: compile.rounds }
  return 'refused' in instantiate
    ? { ...taken, notes: [`failed to instantiate: ${instantiate.refused}`] }
    : {
        ...taken,
        instantiate: instantiate.milliseconds,
        notes: ['from precompiled code, including its loading'],
      }
}

const SUBJECTS = ['empty', 'module'] as const
type ProbedModule = (typeof SUBJECTS)[number]
type EndedProcess = { readonly status: number; readonly errors: string }

/** The median time with the module minus that with an empty one, in alternating runs; or the reason of a failure. */
async function measureBeyondEmpty(
  memory: number,
  options: ColdStartOptions,
  args: (at: ProbedModule) => readonly string[],
  succeeded: (ended: EndedProcess) => boolean = ({ status }) => status === 0,
): Promise<{ readonly milliseconds: number; readonly rounds: number } | { readonly refused: string }> {
  const taken: Record<ProbedModule, number[]> = { empty: [], module: [] }
  const spent = (): number => taken.module.reduce((sum, milliseconds) => sum + milliseconds, 0)
  while (taken.module.length < options.rounds && spent() < ENOUGH)
    for (const at of SUBJECTS) {
      const outcome = await runWasmtime(args(at), memory, options)
      if ('problem' in outcome) return { refused: `it ${outcome.problem}` }
      if (!succeeded(outcome)) return { refused: findReason(outcome.errors) }
      taken[at].push(outcome.milliseconds)
    }
  const milliseconds = Math.max(0, computeMedian(taken.module) - computeMedian(taken.empty))
  return { milliseconds, rounds: taken.module.length }
}

/** It was instantiated if only the export is missing or the command itself failed. */
const wasInstantiated = ({ errors }: EndedProcess): boolean =>
  !errors.includes('Caused by:') ||
  errors.includes(`\`${ABSENT}\``) ||
  errors.includes('failed to invoke `run` function')

/** The cause reported by wasmtime, without the names of temporary files. */
function findReason(errors: string): string {
  const lines = errors.split('\n').map((line) => line.trim().replace(/^\d+: /, ''))
  const causes = lines.slice(lines.indexOf('Caused by:') + 1)
  const cause = causes.find((line) => line !== '' && !line.includes('.cwasm')) ?? 'no reason given'
  return printable(cause.replace(/^Error: /, '').slice(0, 160))
}
