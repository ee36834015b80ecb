import { type ChildProcess, spawn } from 'node:child_process'

/** How a child process ended, and all it said. `exit` is the shell's status: 128 + n for one killed by signal n. */
export interface Run {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  readonly stdin?: string | Uint8Array
  /** After this many milliseconds the child is killed and the run throws. */
  readonly timeout?: number
}

/** A child that still runs: signals can be sent to it, and `ended` tells how it went. */
export interface RunningChild {
  readonly process: ChildProcess
  readonly ended: Promise<Run>
}

const SIGNALS: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }

/** Starts a command without a terminal and without a shell. */
export function startChild(command: string, args: readonly string[], options: RunOptions): RunningChild {
  const child = spawn(command, args, {
    env: options.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: 'pipe',
  })
  const timeout = options.timeout ?? 100_000
  const ended = new Promise<Run>((resolve, reject) => {
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, timeout)
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      const run = {
        exit: code ?? 128 + ((signal && SIGNALS[signal]) ?? 0),
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }
      if (late)
        reject(new Error(`${command} ${args.join(' ')} did not end within ${timeout} ms\n${transcript(run)}`))
      else resolve(run)
    })
    child.stdin.on('error', () => {}) // a child may end without reading all of it
    child.stdin.end(options.stdin ?? '')
  })
  return { process: child, ended }
}

export const runChild = (command: string, args: readonly string[], options: RunOptions): Promise<Run> =>
  startChild(command, args, options).ended

/** A run as a failed assertion should show it. */
export const transcript = (run: Run): string =>
  `exit ${run.exit}\n--- stdout\n${run.stdout}\n--- stderr\n${run.stderr}`
