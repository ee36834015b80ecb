// One way to measure: everything that is compared runs in turn, round after round, so that a busy moment hits all alike.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cpus, homedir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { text } from 'node:stream/consumers'

const peers = join(
  process.env['WASMPACK_PEERS'] ??
    join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'wasmpack-peers'),
  'bin',
)

/**
 * The path of a peer's executable; undefined, said aloud, if it is not installed.
 * @param {string} name
 */
export function peer(name) {
  const path = join(peers, name)
  if (existsSync(path)) return path
  console.log(`${name} is not installed: not measured`)
  return undefined
}

/**
 * A name, the measured function, and an optional preparation before each call.
 * @template T
 * @typedef {readonly [name: string, run: () => T | Promise<T>, before?: (() => void) | undefined]} Subject
 */

/**
 * Runs the subjects in turn, every other round in reverse order, so that no subject always follows the same one.
 * @template T
 * @param {readonly Subject<T>[]} subjects
 * @param {number} rounds
 * @returns {Promise<Map<string, T[]>>} the outcomes of each one, by name and round
 */
export async function runInTurn(subjects, rounds) {
  /** @type {Map<string, T[]>} */
  const outcomes = new Map(subjects.map(([name]) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const [name, run, before] of round % 2 === 0 ? subjects : subjects.toReversed()) {
      before?.()
      outcomes.get(name)?.push(await run())
    }
  return outcomes
}

/** @param {readonly number[]} list */
export const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1] ?? Number.NaN

/**
 * The median of each one's milliseconds, by name.
 * @param {readonly Subject<unknown>[]} subjects
 * @param {number} rounds
 */
export async function medians(subjects, rounds) {
  const times = await runInTurn(
    subjects.map(([name, run, before]) => {
      const timed = async () => {
        const begun = performance.now()
        await run()
        return performance.now() - begun
      }
      return /** @type {const} */ ([name, timed, before])
    }),
    rounds,
  )
  return new Map([...times].map(([name, list]) => [name, median(list)]))
}

/**
 * Runs a command and returns its wall time and processor time in milliseconds; a busy machine hardly changes the latter.
 * @param {readonly string[]} command
 * @param {import('node:child_process').SpawnOptions} [options]
 */
export async function timeOf(command, options) {
  // bash reports milliseconds, /usr/bin/time hundredths of a second.
  const script = `TIMEFORMAT='%3R %3U %3S'; time "$@" 2>&1 >/dev/null`
  const child = spawn('bash', ['-c', script, 'bash', ...command], {
    ...options,
    env: { ...(options?.env ?? process.env), LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  const [status, said, times] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${said}`)
  const [wall = Number.NaN, user = Number.NaN, system = Number.NaN] = times.trim().split(' ').map(Number)
  return { wall: wall * 1000, processor: (user + system) * 1000 }
}

export const machine = `node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model.trim()})`

/**
 * Markdown: the first column to the left, the others to the right.
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
export function table(head, rows) {
  const lines = [head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...rows]
  console.log(lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n'))
}
