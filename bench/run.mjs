// Measures start-up in one run, command after command in turn so that a busy moment hits all alike, and prints medians with the
// difference and the ratio to a bare node. Nothing is asserted here: a figure is worth what its machine was doing.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'

const root = new URL('..', import.meta.url).pathname
const rounds = Number(process.env.ROUNDS ?? 25)
const work = mkdtempSync(join(tmpdir(), 'wasmpack-bench-'))
const bin = join(root, 'bin/wasmpack.js')
const peers = join(
  process.env.WASMPACK_PEERS ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'wasmpack-peers'),
  'bin',
)

/** A well-formed module of about 100 kB: one import, one memory, and a code section that makes up the rest. */
function module100kB() {
  const leb = (n) => {
    const out = []
    do out.push((n & 0x7f) | (n > 0x7f ? 0x80 : 0))
    while ((n >>>= 7) > 0)
    return out
  }
  const text = (word) => [...leb(word.length), ...Buffer.from(word)]
  const section = (id, body) => [id, ...leb(body.length), ...body]
  const body = [0, ...Array.from({ length: 100_000 }, () => 0x01), 0x0b]
  return Buffer.from([
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...section(1, [2, 0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f, 0x60, 0, 0]),
    ...section(2, [1, ...text('wasi_snapshot_preview1'), ...text('fd_write'), 0, 0]),
    ...section(3, [1, 1]),
    ...section(5, [1, 0, 1]),
    ...section(7, [1, ...text('_start'), 0, 1]),
    ...section(10, [1, ...leb(body.length), ...body]),
  ])
}

const module = join(work, 'bench.wasm')
writeFileSync(module, module100kB())
execFileSync(process.execPath, [bin, 'init', module], { stdio: 'ignore' })

const commands = [
  ['node -e 0', [process.execPath, '-e', '0']],
  ['wasmpack --version', [process.execPath, bin, '--version']],
  ['wasmpack validate (100 kB)', [process.execPath, bin, 'validate', module]],
  [
    'wasmpack push --dry-run (100 kB)',
    [process.execPath, bin, 'push', '--dry-run', `oci-layout:${work}/oci:1`, module],
  ],
]
for (const [name, args] of [
  ['cosign', ['version']],
  ['oras', ['version']],
  ['wkg', ['--version']],
  ['wasm-tools', ['validate', module]],
]) {
  const path = join(peers, name)
  if (existsSync(path)) commands.push([`${name} ${args[0]}`, [path, ...args]])
  else console.log(`${name} is not installed: not measured`)
}

const times = new Map(commands.map(([name]) => [name, []]))
for (let round = 0; round < rounds; round++) {
  for (const [name, [file, ...args]] of commands) {
    const begun = performance.now()
    const { status, stderr } = spawnSync(file, args)
    if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`)
    times.get(name).push(performance.now() - begun)
  }
}
rmSync(work, { recursive: true })

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1]
const base = median(times.get('node -e 0'))
console.log(
  `\nStart-up, median of ${rounds} interleaved runs, node ${process.version}, ${cpus().length} cores (${cpus()[0].model})\n`,
)
console.log('| command | ms | over node | ratio to node |\n|---|---:|---:|---:|')
for (const [name, list] of times) {
  const ms = median(list)
  console.log(
    `| ${name} | ${ms.toFixed(1)} | ${(ms - base >= 0 ? '+' : '') + (ms - base).toFixed(1)} | ${(ms / base).toFixed(2)} |`,
  )
}
