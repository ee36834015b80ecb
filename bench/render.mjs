// How much longer than pull it takes to render the same artifact: from an OCI layout, so that nothing but the two commands is measured.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { machine, medians } from './measure.mjs'

const ROUNDS = Number(process.env['ROUNDS'] ?? 20)
/** In milliseconds. */
const TARGET = 60
const bin = new URL('../bin/wasmpack.cjs', import.meta.url).pathname
const fixture = new URL('../fixtures/rust-hello', import.meta.url).pathname

export async function measure() {
  const work = mkdtempSync(join(tmpdir(), 'wasmpack-bench-render-'))
  /** @param {readonly string[]} args */
  const wasmpack = (...args) => {
    const env = { PATH: process.env['PATH'], HOME: work }
    const { status, stderr } = spawnSync(process.execPath, [bin, ...args], {
      cwd: work,
      env,
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`wasmpack ${args.join(' ')} ended with ${status}: ${stderr}`)
  }
  try {
    for (const extension of ['.wasm', '.capabilities.yaml'])
      cpSync(`${fixture}${extension}`, join(work, `app${extension}`))
    wasmpack('push', 'oci-layout:apps:1', 'app.wasm')
    const common = ['oci-layout:apps:1', '--insecure-ignore-signature']
    const times = await medians(
      [
        ['pull', () => wasmpack('pull', ...common, '-o', 'pulled.wasm')],
        ['render', () => wasmpack('render', ...common, '--target', 'wasmtime')],
      ],
      ROUNDS,
    )
    const [pull, render] = [times.get('pull') ?? Number.NaN, times.get('render') ?? Number.NaN]
    console.log(`\nrender over pull of the same artifact (${machine})`)
    console.log(
      `pull ${pull.toFixed(0)} ms, render ${render.toFixed(0)} ms: ${(render - pull).toFixed(0)} ms more (target: at most ${TARGET} ms)`,
    )
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
