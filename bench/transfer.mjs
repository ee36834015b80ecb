// How long a module takes to a registry and back, and how much memory: distribution on loopback, with its files in a temporary
// directory that is emptied before each push, so that nobody finds there what somebody else has pushed.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { bundleSource } from '../scripts/bundle-source.mjs'
import { machine, medians, peer, table } from './measure.mjs'
import { programOf } from './programs.mjs'

const ROUNDS = Number(process.env['ROUNDS'] ?? 7)
const MIB = 1024 * 1024
const SIZES = [16, 256, 1024]
const TIMED = 256
/**
 * What each pair should reach at most, as wasmpack's time in that of the other.
 * @type {Readonly<Record<string, number>>}
 */
const TARGETS = { 'oras push': 0.85, 'regctl artifact put': 0.95, 'oras pull': 1.2, 'wkg oci pull': 0.6 }
const MEMORY_TARGET = 110
const bin = new URL('../bin/wasmpack.cjs', import.meta.url).pathname

export async function measure() {
  if (!peer('distribution')) return
  /** @type {typeof import('../test/stack/servers.ts')} */
  const { startStack, endpointOf } = await import(await bundleSource('test/stack/servers.ts'))
  const stack = await startStack(['distribution'])
  try {
    const place = placeOf(stack.directory, endpointOf(stack, 'distribution'))
    for (const size of SIZES) place.make(size)
    await measureTime(place)
    measureMemory(place)
  } finally {
    await stack.stop()
  }
}

/**
 * @typedef {{ readonly name: string, readonly command: readonly string[] }} Client one way to push or pull
 * @typedef {ReturnType<typeof placeOf>} Place
 */

/**
 * The registry, the modules by their size in MiB, and how each client that is installed pushes and pulls one, wasmpack first.
 * @param {string} directory
 * @param {import('../test/stack/registries.ts').RegistryEndpoint} registry
 */
function placeOf(directory, { host, storage }) {
  if (storage === undefined) throw new Error('this registry keeps no files')
  const work = join(directory, 'work')
  const home = join(directory, 'home')
  for (const path of [work, home]) mkdirSync(path)
  const env = { PATH: process.env['PATH'], HOME: home }
  /** @param {readonly string[]} command */
  const run = ([program = '', ...args]) => {
    const { status, stderr } = spawnSync(program, args, {
      cwd: work,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`)
    return String(stderr)
  }
  /** @param {number} size */
  const file = (size) => `${size}.wasm`
  /** @param {number} size */
  const reference = (size) => `${host}/bench/module:${size}`
  const [oras, regctl, wkg] = [peer('oras'), peer('regctl'), peer('wkg')]
  if (regctl) run([regctl, 'registry', 'set', host, '--tls', 'disabled'])
  /**
   * @param {string} name
   * @param {string | undefined} program
   * @param {readonly string[]} args
   * @returns {readonly Client[]}
   */
  const client = (name, program, args) =>
    program === undefined ? [] : [{ name, command: [program, ...args] }]
  return {
    run,
    /** @param {number} size */
    make(size) {
      writeProgram(join(work, file(size)), size * MIB)
      run([process.execPath, bin, 'init', file(size)])
    },
    empty: () => rmSync(join(storage, 'docker'), { recursive: true, force: true }),
    /** Nothing was pulled, and there is a place for it. */
    clear() {
      rmSync(join(work, 'pulled'), { recursive: true, force: true })
      mkdirSync(join(work, 'pulled'))
    },
    /** @param {number} size */
    ownPush: (size) => [process.execPath, bin, 'push', reference(size), file(size)],
    /** @param {number} size */
    push(size) {
      const put = ['artifact', 'put', '--artifact-type', 'application/vnd.wasm.config.v0+json']
      return [
        { name: 'wasmpack push', command: this.ownPush(size) },
        ...client('oras push', oras, [
          'push',
          '--plain-http',
          reference(size),
          `${file(size)}:application/wasm`,
        ]),
        ...client('regctl artifact put', regctl, [
          ...put,
          '--file-media-type',
          'application/wasm',
          '-f',
          file(size),
          reference(size),
        ]),
      ]
    },
    /** @param {number} size */
    pull(size) {
      const own = ['pull', reference(size), '--output-dir', 'pulled', '--insecure-ignore-signature']
      return [
        { name: 'wasmpack pull', command: [process.execPath, bin, ...own] },
        ...client('oras pull', oras, ['pull', '--plain-http', reference(size), '-o', 'pulled']),
        ...client('wkg oci pull', wkg, [
          'oci',
          'pull',
          '--insecure',
          host,
          reference(size),
          '-o',
          `pulled/${file(size)}`,
        ]),
      ]
    },
  }
}

/**
 * A quarter of code, a quarter of data, the rest of debugging information, as debug builds are.
 * @param {string} path
 * @param {number} size
 */
function writeProgram(path, size) {
  writeFileSync(path, programOf({ code: size / 4, data: size / 4, debug: size / 2 }))
}

/** @param {Place} place */
async function measureTime(place) {
  /**
   * @param {readonly Client[]} clients
   * @param {() => void} before
   */
  const timesOf = (clients, before) =>
    medians(
      clients.map(({ name, command }) => [name, () => place.run(command), before]),
      ROUNDS,
    )
  const pushes = await timesOf(place.push(TIMED), place.empty)
  place.empty()
  place.run(place.ownPush(TIMED))
  const pulls = await timesOf(place.pull(TIMED), place.clear)
  console.log(`\nA module of ${TIMED} MiB, median of ${ROUNDS} interleaved runs, ${machine}`)
  console.log('wasmpack checks the imports both ways; ratio: wasmpack in the other\n')
  table(
    ['command', 'ms', 'ratio', 'target'],
    [pushes, pulls].flatMap((times) => {
      const [own = Number.NaN] = times.values()
      return [...times].map(([name, ms], at) => [
        name,
        ms.toFixed(0),
        at === 0 ? '' : (own / ms).toFixed(2),
        at === 0 ? '' : `at most ${TARGETS[name]}`,
      ])
    }),
  )
}

const TIME = '/usr/bin/time'

/** @param {Place} place */
function measureMemory(place) {
  if (!existsSync(TIME)) return console.log(`\n${TIME} is not installed: memory is not measured`)
  /** @type {Map<string, number[]>} */
  const peaks = new Map()
  /** @param {Client} client */
  const measure = ({ name, command }) => {
    const told = place.run([TIME, '-f', '%M', ...command])
    const peak = Number(told.trimEnd().split('\n').at(-1)) / 1024
    peaks.set(name, [...(peaks.get(name) ?? []), peak])
  }
  for (const size of SIZES) {
    for (const client of place.push(size)) {
      place.empty()
      measure(client)
    }
    place.empty()
    place.run(place.ownPush(size))
    for (const client of place.pull(size)) {
      place.clear()
      measure(client)
    }
  }
  console.log(`\nPeak memory in MiB by size of the module; wasmpack's should be at most ${MEMORY_TARGET}\n`)
  table(
    ['command', ...SIZES.map((size) => `${size} MiB`)],
    Array.from(peaks, ([name, list]) => [name].concat(list.map((peak) => peak.toFixed(0)))),
  )
}
