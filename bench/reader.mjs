// How long it takes to say what a module imports: the reader by itself, and wasmpack as a process, against wasm-tools.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { bundleSource } from '../scripts/bundle-source.mjs'
import { machine, medians, peer, table } from './measure.mjs'
import { componentOf, programOf } from './programs.mjs'

const ROUNDS = Number(process.env['ROUNDS'] ?? 9)
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
    for (const { name, make } of PROGRAMS) {
      writeFileSync(file, make())
      /** @type {import('./measure.mjs').Subject<unknown>[]} */
      const subjects = [
        ['reader', () => inspect(openModuleFile, file)],
        ['wasmpack', () => run(process.execPath, join(root, 'bin/wasmpack.cjs'), 'inspect', file)],
      ]
      if (tools)
        subjects.push(
          ['skeleton', () => run(tools, 'print', '--skeleton', '-o', '/dev/null', file)],
          ['objdump', () => run(tools, 'objdump', file)],
        )
      rows.push({ name, times: await medians(subjects, ROUNDS) })
    }
    report(rows)
  } finally {
    rmSync(work, { recursive: true })
  }
}

const PROGRAMS = [
  ...SIZES.map((size) => ({
    name: `${size} MB, nearly all code`,
    make: () => programOf({ code: size * MB }),
  })),
  { name: '50 MB of data', make: () => programOf({ data: 50 * MB }) },
  { name: '50 MB of debugging information', make: () => programOf({ debug: 50 * MB }) },
  { name: 'component around 50 MB of code', make: () => componentOf(programOf({ code: 50 * MB })) },
]

/**
 * @param {typeof import('../src/delivery/files/module-file.ts').openModuleFile} openModuleFile
 * @param {string} path
 */
async function inspect(openModuleFile, path) {
  const module = await openModuleFile(path)
  try {
    const inspection = await module.inspect()
    if (inspection.kind === 'module' && inspection.imports.length === 0)
      throw new Error('no imports were found')
  } finally {
    await module.close()
  }
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 */
function run(command, ...args) {
  const { status, stderr } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}`)
}

/** @param {readonly { readonly name: string, readonly times: ReadonlyMap<string, number> }[]} rows */
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
      /** @param {string} subject */
      const ms = (subject) => times.get(subject) ?? Number.NaN
      const [own, skeleton, objdump, process] = [ms('reader'), ms('skeleton'), ms('objdump'), ms('wasmpack')]
      const cells = [own, skeleton, own / skeleton, objdump, own / objdump, process, process / skeleton]
      return [name, ...cells.map((cell) => (Number.isFinite(cell) ? cell.toPrecision(3) : 'not measured'))]
    }),
  )
  const code = rows.slice(0, SIZES.length).map(({ times }) => ({
    own: times.get('wasmpack') ?? Number.NaN,
    skeleton: times.get('skeleton') ?? Number.NaN,
  }))
  if (code.some(({ skeleton }) => Number.isNaN(skeleton))) return
  const faster = code.findIndex(({ own, skeleton }) => own < skeleton)
  console.log(
    faster < 0
      ? `\nwasm-tools print --skeleton is the faster process up to ${SIZES.at(-1)} MB.`
      : faster === 0
        ? `\nwasmpack inspect is the faster process from ${SIZES[0]} MB on.`
        : `\nThe lines of the two processes cross between ${SIZES[faster - 1]} and ${SIZES[faster]} MB.`,
  )
}
