import { type Home } from './cli.ts'
import { runChild } from './child.ts'

/**
 * A golden case is a small shell session: prose, then steps. A step is `$ command`; what follows is what it printed, stderr lines
 * behind `! `, and `[n]` if it ended with another status than 0. Each step runs in the same directory.
 */
export interface GoldenCase {
  readonly prose: string
  readonly commands: readonly string[]
}

const STEP = /^\$ (.*)$/

export function parseGolden(text: string): GoldenCase {
  const lines = text.split('\n')
  const first = lines.findIndex((line) => STEP.test(line))
  const prose = lines.slice(0, first).join('\n').trim()
  return { prose, commands: lines.flatMap((line) => STEP.exec(line)?.[1] ?? []) }
}

/** Runs the commands through bash, with `wasmpack` on the path, and writes down what really happened in the same form. */
export async function playGolden(
  golden: GoldenCase,
  home: Home,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const parts = [golden.prose, '']
  for (const command of golden.commands) {
    const run = await runChild('bash', ['-c', command], { cwd: home.work, env: { ...home.env, ...env } })
    parts.push(`$ ${command}`)
    parts.push(...linesOf(run.stdout), ...linesOf(run.stderr).map((line) => `! ${line}`))
    if (run.exit !== 0) parts.push(`[${run.exit}]`)
    parts.push('')
  }
  return parts.join('\n')
}

const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))
