import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

interface RunOptions {
  readonly cwd?: string
  /** Added to our own environment. */
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a program to its end and returns what it printed. Throws if it fails, with its standard error. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env }: RunOptions = {},
): Promise<string> {
  const { stdout } = await execute(program, [...args], {
    maxBuffer: 2 ** 26,
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
  return stdout
}
