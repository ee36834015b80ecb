// How much longer than pull it takes to render the same artifact, from a registry on loopback: the two commands in turn, and the median of
// the differences between neighbours. The processor time is what a busy machine hardly changes.
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { machine, median, runInTurn, table, timeOf } from './measure.mjs'
import { startTestRegistry } from './test-registry.mjs'

const ROUNDS = Number(process.env['ROUNDS'] ?? 20)
/** In milliseconds. */
const TARGET = 60
const bin = new URL('../bin/wasmpack.cjs', import.meta.url).pathname
const fixture = new URL('../fixtures/rust-hello', import.meta.url).pathname

export async function measure() {
  const work = mkdtempSync(join(tmpdir(), 'wasmpack-bench-render-'))
  const registry = await startTestRegistry()
  const env = { PATH: process.env['PATH'], HOME: work }
  /** @param {readonly string[]} args */
  const wasmpack = (...args) => timeOf([process.execPath, bin, ...args], { cwd: work, env })
  try {
    for (const extension of ['.wasm', '.capabilities.yaml'])
      cpSync(`${fixture}${extension}`, join(work, `app${extension}`))
    const reference = `${registry.host}/team/app:1`
    await wasmpack('push', reference, 'app.wasm')
    const common = [reference, '--insecure-ignore-signature']
    const times = await runInTurn(
      [
        ['pull', () => wasmpack('pull', ...common, '-o', 'pulled.wasm')],
        ['render --target wasmtime', () => wasmpack('render', ...common, '--target', 'wasmtime')],
        ['render --target runwasi', () => wasmpack('render', ...common, '--target', 'runwasi')],
      ],
      ROUNDS,
    )
    const pulls = times.get('pull') ?? []
    console.log(
      `\nrender over pull of the same artifact, ${ROUNDS} rounds (${machine}); target: at most ${TARGET} ms more`,
    )
    /** @param {readonly number[]} list */
    const show = (list) => `${median(list).toFixed(0)} ms`
    table(
      ['command', 'wall', 'processor', 'wall over pull', 'processor over pull'],
      [...times].map(([name, list]) => [
        name,
        show(list.map(({ wall }) => wall)),
        show(list.map(({ processor }) => processor)),
        show(list.map(({ wall }, at) => wall - (pulls[at]?.wall ?? Number.NaN))),
        show(list.map(({ processor }, at) => processor - (pulls[at]?.processor ?? Number.NaN))),
      ]),
    )
  } finally {
    registry.stop()
    rmSync(work, { recursive: true, force: true })
  }
}
