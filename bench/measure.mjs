// One way to measure: everything that is compared runs in turn, round after round, so that a busy moment hits all alike.
import { existsSync } from 'node:fs'
import { cpus, homedir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'

const peers = join(
  process.env.WASMPACK_PEERS ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'wasmpack-peers'),
  'bin',
)

/** The path of a peer's executable; undefined, said aloud, if it is not installed. */
export function peer(name) {
  const path = join(peers, name)
  if (existsSync(path)) return path
  console.log(`${name} is not installed: not measured`)
  return undefined
}

/**
 * Each subject is a name, what is measured, and what has to be done before each time, if anything.
 * @returns {Promise<Map<string, number>>} the median of each one's milliseconds, by name
 */
export async function medians(subjects, rounds) {
  const times = new Map(subjects.map(([name]) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const [name, run, before] of subjects) {
      await before?.()
      const begun = performance.now()
      await run()
      times.get(name).push(performance.now() - begun)
    }
  return new Map([...times].map(([name, list]) => [name, list.toSorted((a, b) => a - b)[list.length >> 1]]))
}

export const machine = `node ${process.version}, ${cpus().length} cores (${cpus()[0].model.trim()})`

/** Markdown: the first column to the left, the others to the right. */
export function table(head, rows) {
  const lines = [head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...rows]
  console.log(lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n'))
}
