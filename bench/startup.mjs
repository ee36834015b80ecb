// Start-up time: commands with almost no work. AGAINST=DIR compares each wasmpack command in pairs with the build in another checkout or
// package.
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { machine, median, peer, runInTurn, table, timeOf } from './measure.mjs'
import { programOf } from './programs.mjs'
import { startTestRegistry } from './test-registry.mjs'

const ROUNDS = Number(process.env['ROUNDS'] ?? 25)
const AGAINST = process.env['AGAINST']
const root = new URL('..', import.meta.url).pathname
const bin = join(root, 'bin/wasmpack.cjs')

export async function measure() {
  const work = mkdtempSync(join(tmpdir(), 'wasmpack-bench-'))
  const registry = await startTestRegistry()
  try {
    const env = { PATH: process.env['PATH'], HOME: work }
    const module = join(work, 'bench.wasm')
    writeFileSync(module, programOf({ code: 100_000 }))
    const pulled = `${registry.host}/bench/pulled:1`
    const signed = `${registry.host}/bench/signed:1`
    const key = join(work, 'plain.key')
    // Without a password: deriving a key from one takes longer than all the rest.
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(key, privateKey.export({ format: 'pem', type: 'pkcs8' }))
    writeFileSync(join(work, 'plain.pub'), publicKey.export({ format: 'pem', type: 'spki' }))
    for (const args of [
      ['init', module],
      ['push', pulled, module],
      ['push', signed, module, '--key', key],
    ])
      execFileSync(process.execPath, [bin, ...args], { env, stdio: 'ignore' })

    const commands = [
      ...wasmpackCommands({ module, work, pulled, signed, host: registry.host, env }),
      ...peerCommands(module),
    ]
    const times = await runInTurn(
      commands.map(([name, command]) => [name, () => timeOf(command(), { env, cwd: work })]),
      ROUNDS,
    )
    report(times)
    if (AGAINST !== undefined) reportPairs(times)
  } finally {
    registry.stop()
    rmSync(work, { recursive: true })
  }
}

/** @typedef {Map<string, { readonly wall: number, readonly processor: number }[]>} Times */
/** @typedef {readonly [name: string, command: () => readonly string[]]} Command a command line, made anew for each run */

const OTHER = 'the other build: '

/**
 * @param {{ readonly module: string, readonly work: string, readonly pulled: string, readonly signed: string, readonly host: string, readonly env: NodeJS.ProcessEnv }} place
 * @returns {readonly Command[]}
 */
function wasmpackCommands({ module, work, pulled, signed, host, env }) {
  let pushes = 0
  /** @type {readonly (readonly [string, () => readonly string[]])[]} */
  const commandLines = [
    ['--version', () => ['--version']],
    ['validate (100 kB)', () => ['validate', module]],
    ['push --dry-run (100 kB)', () => ['push', '--dry-run', `oci-layout:${work}/oci:1`, module]],
    // A new repository each time: otherwise the second push would upload nothing.
    ['push (100 kB, loopback)', () => ['push', `${host}/bench/pushed-${(pushes += 1)}:1`, module]],
    [
      'pull (100 kB, loopback)',
      () => ['pull', pulled, '-o', join(work, 'pulled.wasm'), '--insecure-ignore-signature'],
    ],
    [
      'sign --key (loopback)',
      () => {
        const push = [bin, 'push', `${host}/bench/unsigned-${(pushes += 1)}:1`, module]
        const unsigned = execFileSync(process.execPath, push, {
          env,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        }).trim()
        return ['sign', unsigned, '--key', join(work, 'plain.key')]
      },
    ],
    ['verify --key (loopback)', () => ['verify', signed, '--key', join(work, 'plain.pub')]],
  ]
  const builds = [{ prefix: '', directory: root }]
  if (AGAINST !== undefined) builds.push({ prefix: OTHER, directory: resolve(AGAINST) })
  return [
    ['node -e 0', () => [process.execPath, '-e', '0']],
    ...commandLines.flatMap(([name, args]) =>
      builds.map(({ prefix, directory }) => {
        const program = join(directory, 'bin/wasmpack.cjs')
        return /** @type {const} */ ([
          `${prefix}wasmpack ${name}`,
          () => [process.execPath, program, ...args()],
        ])
      }),
    ),
  ]
}

/**
 * @param {string} module
 * @returns {readonly Command[]}
 */
const peerCommands = (module) =>
  /** @type {const} */ ([
    ['cosign', 'version'],
    ['oras', 'version'],
    ['wkg', '--version'],
    ['wasm-tools', 'validate', module],
  ]).flatMap(([name, ...args]) => {
    const path = peer(name)
    return path === undefined ? [] : [/** @type {const} */ ([`${name} ${args[0]}`, () => [path, ...args]])]
  })

/** @param {Times} times */
function report(times) {
  const rows = [...times].map(([name, list]) => ({
    name,
    wall: median(list.map(({ wall }) => wall)),
    processor: median(list.map(({ processor }) => processor)),
  }))
  const base = rows[0]?.processor ?? Number.NaN
  console.log(`\nStart-up, median of ${ROUNDS} interleaved runs, ${machine}\n`)
  table(
    ['command', 'ms', 'ms of processors', 'over node', 'ratio to node'],
    rows.map(({ name, wall, processor }) => [
      name,
      wall.toFixed(1),
      processor.toFixed(1),
      (processor - base >= 0 ? '+' : '') + (processor - base).toFixed(1),
      (processor / base).toFixed(2),
    ]),
  )
}

/** @param {Times} times */
function reportPairs(times) {
  console.log(`\nThis build in that of ${AGAINST}, median of the ratios of ${ROUNDS} pairs\n`)
  table(
    ['command', 'processors', 'wall'],
    [...times].flatMap(([name, others]) => {
      if (!name.startsWith(OTHER)) return []
      const own = times.get(name.slice(OTHER.length)) ?? []
      /** @param {'wall' | 'processor'} figure */
      const ratio = (figure) =>
        median(others.map((other, round) => (own[round]?.[figure] ?? Number.NaN) / other[figure])).toFixed(3)
      return [[name.slice(OTHER.length), ratio('processor'), ratio('wall')]]
    }),
  )
}
