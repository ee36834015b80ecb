// How long it takes to say what a module imports: the reader by itself, and wasmpack as a process, against wasm-tools.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { bundleSource } from '../scripts/bundle-source.mjs'
import { machine, medians, peer, table } from './measure.mjs'
import { componentOf, programOf } from './programs.mjs'

const ROUNDS = Number(process.env.ROUNDS ?? 9)
const MB = 1_000_000
const SIZES = [1, 5, 10, 20, 50, 100, 200]
const root = new URL('..', import.meta.url).pathname

export async function measure() {
  const tools = peer('wasm-tools')
  /** @type {typeof import('../src/delivery/files/module-file.ts')} */
  const { openModuleFile } = await import(await bundleSource('src/delivery/files/module-file.ts'))
  const work = mkdtempSync(join(tmpdir(), 'wasmpack-bench-'))
  const file = join(work, 'program.wasm')
  try {
    const rows = []
    for (const [name, make] of PROGRAMS) {
      writeFileSync(file, make())
      const subjects = [
        ['reader', () => inspect(openModuleFile, file)],
        ['wasmpack', () => run(process.execPath, join(root, 'bin/wasmpack.cjs'), 'inspect', file)],
      ]
      if (tools)
        subjects.push(
          ['skeleton', () => run(tools, 'print', '--skeleton', '-o', '/dev/null', file)],
          ['objdump', () => run(tools, 'objdump', file)],
        )
      rows.push({ name, size: statSync(file).size, times: await medians(subjects, ROUNDS) })
    }
    report(rows)
  } finally {
    rmSync(work, { recursive: true })
  }
}

const PROGRAMS = [
  ...SIZES.map((size) => [`${size} MB, nearly all code`, () => programOf({ code: size * MB })]),
  ['50 MB of data', () => programOf({ data: 50 * MB })],
  ['50 MB of debugging information', () => programOf({ debug: 50 * MB })],
  ['component around 50 MB of code', () => componentOf(programOf({ code: 50 * MB }))],
]

async function inspect(openModuleFile, path) {
  const module = await openModuleFile(path)
  try {
    const { imports, kind } = await module.inspect()
    if (kind === 'module' && imports.length === 0) throw new Error('no imports were found')
  } finally {
    await module.close()
  }
}

function run(command, ...args) {
  const { status, stderr } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}`)
}

function report(rows) {
  console.log(`\nImports of a module, median of ${ROUNDS} interleaved runs in ms, ${machine}`)
  console.log(
    'reader: wasmpack in process, from opening the file to closing it; the others: whole processes\n',
  )
  table(
    [
      'program',
      'reader',
      'print --skeleton',
      'ratio',
      'objdump',
      'ratio',
      'wasmpack inspect',
      'ratio to print',
    ],
    rows.map(({ name, times }) => {
      const [own, skeleton, objdump, process] = ['reader', 'skeleton', 'objdump', 'wasmpack'].map((key) =>
        times.get(key),
      )
      return [name, own, skeleton, own / skeleton, objdump, own / objdump, process, process / skeleton].map(
        (cell) =>
          typeof cell === 'string' ? cell : Number.isFinite(cell) ? cell.toPrecision(3) : 'not measured',
      )
    }),
  )
  const code = rows.slice(0, SIZES.length)
  const faster = code.findIndex(({ times }) => times.get('wasmpack') < times.get('skeleton'))
  if (code.some(({ times }) => !times.has('skeleton'))) return
  console.log(
    faster < 0
      ? `\nwasm-tools print --skeleton is the faster process up to ${SIZES.at(-1)} MB.`
      : faster === 0
        ? `\nwasmpack inspect is the faster process from ${SIZES[0]} MB on.`
        : `\nThe lines of the two processes cross between ${SIZES[faster - 1]} and ${SIZES[faster]} MB.`,
  )
}
