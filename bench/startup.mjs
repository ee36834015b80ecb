// How long a command takes that has next to nothing to do.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { machine, medians, peer, table } from './measure.mjs'
import { programOf } from './programs.mjs'

const ROUNDS = Number(process.env.ROUNDS ?? 25)

export async function measure() {
  const bin = new URL('../bin/wasmpack.cjs', import.meta.url).pathname
  const work = mkdtempSync(join(tmpdir(), 'wasmpack-bench-'))
  const module = join(work, 'bench.wasm')
  writeFileSync(module, programOf({ code: 100_000 }))
  execFileSync(process.execPath, [bin, 'init', module], { stdio: 'ignore' })

  const commands = [
    ['node -e 0', process.execPath, '-e', '0'],
    ['wasmpack --version', process.execPath, bin, '--version'],
    ['wasmpack validate (100 kB)', process.execPath, bin, 'validate', module],
    [
      'wasmpack push --dry-run (100 kB)',
      process.execPath,
      bin,
      'push',
      '--dry-run',
      `oci-layout:${work}/oci:1`,
      module,
    ],
  ]
  for (const [name, ...args] of [
    ['cosign', 'version'],
    ['oras', 'version'],
    ['wkg', '--version'],
    ['wasm-tools', 'validate', module],
  ]) {
    const path = peer(name)
    if (path) commands.push([`${name} ${args[0]}`, path, ...args])
  }
  const times = await medians(
    commands.map(([name, file, ...args]) => [
      name,
      () => {
        const { status, stderr } = spawnSync(file, args)
        if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`)
      },
    ]),
    ROUNDS,
  )
  rmSync(work, { recursive: true })

  const base = times.get('node -e 0')
  console.log(`\nStart-up, median of ${ROUNDS} interleaved runs, ${machine}\n`)
  table(
    ['command', 'ms', 'over node', 'ratio to node'],
    [...times].map(([name, ms]) => [
      name,
      ms.toFixed(1),
      (ms - base >= 0 ? '+' : '') + (ms - base).toFixed(1),
      (ms / base).toFixed(2),
    ]),
  )
}
