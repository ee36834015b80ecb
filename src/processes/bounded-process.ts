import type { Readable } from 'node:stream'

import { onAbort } from '../on-abort.ts'
import { watchMemory } from './watch-memory.ts'

export interface ProcessBounds {
  /** Time limit in milliseconds; the process is killed after it. */
  readonly timeout: number
  /** Limit for standard output in bytes; the process is killed above it. */
  readonly output: number
  /** Limit for standard error in bytes; without one it is discarded. */
  readonly errors?: number
  /** Limit for its memory in bytes; the process is killed above it. */
  readonly memory?: number
  readonly signal?: AbortSignal | undefined
  /** Where it runs; by default where we do. */
  readonly directory?: string
  /** Environment of the process. Our own holds secrets, so it is never the default. */
  readonly env: Readonly<Record<string, string>>
}

/** The output of a process, or the `problem` that it failed with, which completes "the process ...". */
export type ProcessOutcome =
  | {
      readonly output: string
      readonly errors: string
      readonly status: number
      /** Run time. */
      readonly milliseconds: number
    }
  | { readonly problem: string; readonly missing: boolean }

/** How long pipes that stay open are read after the process has ended, in milliseconds. */
const PIPES_AFTER_EXIT = 200

/**
 * Runs a program without a shell, for a limited time, with limited memory and output.
 * Rejects only with the reason of an aborted signal.
 */
export async function runBounded(
  program: string,
  args: readonly string[],
  input: string | Uint8Array,
  { timeout, output, errors, memory, signal, env, directory }: ProcessBounds,
): Promise<ProcessOutcome> {
  // Loaded lazily, since most runs start no process.
  const { spawn } = await import('node:child_process')
  signal?.throwIfAborted()
  return await new Promise((resolve, reject) => {
    const begun = performance.now()
    const child = spawn(program, args, {
      shell: false,
      stdio: ['pipe', 'pipe', errors === undefined ? 'ignore' : 'pipe'],
      env,
      ...(directory !== undefined && { cwd: directory }),
    })
    let stopped: string | undefined
    const stop = (why: string): void => {
      stopped = why
      child.kill('SIGKILL')
      // Closes the pipes too, which child processes may hold open.
      child.stdout?.destroy()
      child.stderr?.destroy()
    }
    const withdraw = onAbort(signal, () => {
      stop('was interrupted')
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the reason is the caller's own
      reject(signal!.reason)
    })
    const timer = setTimeout(() => stop('timed out'), timeout)
    const endWatch =
      memory === undefined || child.pid === undefined
        ? () => undefined
        : watchMemory(child.pid, memory, () =>
            stop(`took more than ${Math.floor(memory / 2 ** 20)} MiB of memory`),
          )
    const release = (): void => {
      clearTimeout(timer)
      endWatch()
      withdraw()
    }
    const written = collectOutput(child.stdout, output, stop)
    const complained = collectOutput(child.stderr, errors ?? 0, stop)
    child.on('error', (cause: NodeJS.ErrnoException) => {
      release()
      resolve({ problem: 'could not be started', missing: cause.code === 'ENOENT' })
    })
    child.on('exit', () => {
      const closePipes = (): void => {
        child.stdout?.destroy()
        child.stderr?.destroy()
      }
      // A child of its own may hold the pipes open; what the process wrote itself is read before an immediate callback.
      const ending = setTimeout(() => setImmediate(closePipes), PIPES_AFTER_EXIT)
      child.on('close', () => clearTimeout(ending))
    })
    child.on('close', (status, killer) => {
      release()
      if (stopped === undefined && status !== null)
        resolve({
          output: Buffer.concat(written).toString('utf8'),
          errors: Buffer.concat(complained).toString('utf8'),
          status,
          milliseconds: performance.now() - begun,
        })
      else resolve({ problem: stopped ?? `was killed by ${killer}`, missing: false })
    })
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

function collectOutput(
  stream: Readable | null,
  limit: number,
  stop: (why: string) => void,
): readonly Buffer[] {
  const parts: Buffer[] = []
  let size = 0
  stream?.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > limit) stop('printed too much output')
    else parts.push(chunk)
  })
  return parts
}
