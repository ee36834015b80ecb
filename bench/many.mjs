// How long many small artifacts take: copied from one registry to another, and pulled, by one command each; the peers have
// one run for each artifact. Distribution on loopback, its files in temporary directories.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { bundleSource } from '../scripts/bundle-source.mjs'
import { machine, medians, peer, table } from './measure.mjs'
import { programOf } from './programs.mjs'

const ROUNDS = Number(process.env['ROUNDS'] ?? 3)
const COPIES = 200
const PULLS = 100
const KIB = 1024
const TARGET = 0.5
const bin = new URL('../bin/wasmpack.cjs', import.meta.url).pathname

export async function measure() {
  const oras = peer('oras')
  if (!peer('distribution') || !oras) return
  /** @type {typeof import('../test/stack/servers.ts')} */
  const { startStack, endpointOf } = await import(await bundleSource('test/stack/servers.ts'))
  const from = await startStack(['distribution'])
  const to = await startStack(['distribution'])
  try {
    await measureBetween(
      endpointOf(from, 'distribution'),
      endpointOf(to, 'distribution'),
      from.directory,
      oras,
    )
  } finally {
    await from.stop()
    await to.stop()
  }
}

/**
 * @typedef {import('../test/stack/registries.ts').RegistryEndpoint} Registry
 * @param {Registry} source
 * @param {Registry} destination
 * @param {string} directory
 * @param {string} oras its path
 */
async function measureBetween(source, destination, directory, oras) {
  const work = join(directory, 'work')
  mkdirSync(work)
  const env = { PATH: process.env['PATH'], HOME: work }
  /**
   * @param {string} command
   * @param {readonly string[]} args
   */
  const run = (command, ...args) => {
    const { status, stderr } = spawnSync(command, args, {
      cwd: work,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    if (status !== 0)
      throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}`.slice(0, 2000))
  }
  /** @param {readonly string[]} args */
  const wasmpack = (...args) => run(process.execPath, bin, ...args)
  const names = Array.from({ length: COPIES }, (_, at) => `team/app-${at}:1.0.0`)
  const program = programOf({ code: 20 * KIB, data: 20 * KIB, debug: 60 * KIB })
  writeFileSync(join(work, 'app.wasm'), program)
  wasmpack('init', 'app.wasm')
  for (const [at, name] of names.entries()) {
    // The title makes each of them an artifact of its own.
    writeFileSync(join(work, `app-${at}.wasm`), program)
    wasmpack('push', `${source.host}/${name}`, `app-${at}.wasm`, '-c', 'app.capabilities.yaml')
  }
  const lines = names.map((name) => `${source.host}/${name} ${destination.host}/${name}\n`)
  writeFileSync(join(work, 'list'), lines.join(''))

  const { storage } = destination
  if (storage === undefined) throw new Error('this registry keeps no files')
  const empty = () => rmSync(join(storage, 'docker'), { recursive: true, force: true })
  /** @param {readonly string[]} flags */
  const orasCopies =
    (...flags) =>
    () => {
      for (const name of names)
        run(
          oras,
          'cp',
          ...flags,
          '--from-plain-http',
          '--to-plain-http',
          `${source.host}/${name}`,
          `${destination.host}/${name}`,
        )
    }
  const copies = await medians(
    [
      [`wasmpack copy --from-file of ${COPIES}`, () => wasmpack('copy', '--from-file', 'list'), empty],
      [`${COPIES} times oras cp -r`, orasCopies('-r'), empty],
      [`${COPIES} times oras cp, which looks for no referrers`, orasCopies(), empty],
    ],
    ROUNDS,
  )
  const bareCopies = await medians(
    [
      [
        `wasmpack copy --from-file of ${COPIES}, --without-referrers`,
        () => wasmpack('copy', '--from-file', 'list', '--without-referrers'),
        empty,
      ],
      [`${COPIES} times oras cp`, orasCopies(), empty],
    ],
    ROUNDS,
  )

  const pulled = names.slice(0, PULLS).map((name) => `${source.host}/${name}`)
  const absent = () => {
    rmSync(join(work, 'pulled'), { recursive: true, force: true })
    mkdirSync(join(work, 'pulled'))
  }
  const pulls = await medians(
    [
      [
        `wasmpack pull of ${PULLS}`,
        () => wasmpack('pull', ...pulled, '--output-dir', 'pulled', '--insecure-ignore-signature'),
        absent,
      ],
      [
        `${PULLS} times oras pull`,
        () => {
          for (const reference of pulled) run(oras, 'pull', '--plain-http', reference, '-o', 'pulled')
        },
        absent,
      ],
    ],
    ROUNDS,
  )

  console.log(`\nMany small artifacts, median of ${ROUNDS} interleaved runs, ${machine}`)
  console.log(
    `wasmpack checks the imports of what it pulls; ratio: wasmpack in the other, at most ${TARGET}\n`,
  )
  table(
    ['command', 'ms', 'ratio'],
    [copies, bareCopies, pulls].flatMap((times) => {
      const [own = Number.NaN] = times.values()
      return [...times].map(([name, ms], at) => [name, ms.toFixed(0), at === 0 ? '' : (own / ms).toFixed(2)])
    }),
  )
}
