// How long a module takes to a registry and back, and how much memory: distribution on loopback, with its files in a temporary
// directory that is emptied before each push, so that nobody finds there what somebody else has pushed.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { bundleSource } from '../scripts/bundle-source.mjs'
import { machine, medians, peer, table } from './measure.mjs'
import { programOf } from './programs.mjs'

const ROUNDS = Number(process.env.ROUNDS ?? 7)
const MIB = 1024 * 1024
const SIZES = [16, 256, 1024]
const TIMED = 256
/** What each pair should reach at most, as wasmpack's time in that of the other. */
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

/** The registry, the modules, and how each tool pushes and pulls one: a name, a command line. */
function placeOf(directory, { host, storage }) {
  const work = join(directory, 'work')
  const home = join(directory, 'home')
  for (const path of [work, home]) mkdirSync(path)
  const env = { PATH: process.env.PATH, HOME: home }
  const run = ([command, ...args]) => {
    const { status, stderr } = spawnSync(command, args, {
      cwd: work,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}`)
    return String(stderr)
  }
  const file = (size) => `${size}.wasm`
  const reference = (size) => `${host}/bench/module:${size}`
  const [oras, regctl, wkg] = ['oras', 'regctl', 'wkg'].map(peer)
  if (regctl) run([regctl, 'registry', 'set', host, '--tls', 'disabled'])
  const installed = (commands) => commands.filter(([, program]) => program !== undefined)
  const wasmpack = [process.execPath, bin]
  return {
    run,
    make(size) {
      writeProgram(join(work, file(size)), size * MIB)
      run([...wasmpack, 'init', file(size)])
    },
    empty: () => rmSync(join(storage, 'docker'), { recursive: true, force: true }),
    absent: () => rmSync(join(work, 'pulled'), { recursive: true, force: true }),
    push: (size) =>
      installed([
        ['wasmpack push', ...wasmpack, 'push', reference(size), file(size)],
        ['oras push', oras, 'push', '--plain-http', reference(size), `${file(size)}:application/wasm`],
        [
          'regctl artifact put',
          regctl,
          'artifact',
          'put',
          '--artifact-type',
          'application/vnd.wasm.config.v0+json',
          '--file-media-type',
          'application/wasm',
          '-f',
          file(size),
          reference(size),
        ],
      ]),
    pull: (size) =>
      installed([
        [
          'wasmpack pull',
          ...wasmpack,
          'pull',
          reference(size),
          '--output-dir',
          'pulled',
          '--insecure-ignore-signature',
        ],
        ['oras pull', oras, 'pull', '--plain-http', reference(size), '-o', 'pulled'],
        [
          'wkg oci pull',
          wkg,
          'oci',
          'pull',
          '--insecure',
          host,
          reference(size),
          '-o',
          `pulled/${file(size)}`,
        ],
      ]),
    prepare: () => mkdirSync(join(work, 'pulled'), { recursive: true }),
    pulled: (size) => existsSync(join(work, 'pulled', file(size))),
  }
}

/** A quarter of code, a quarter of data, the rest of debugging information, as debug builds are. */
function writeProgram(path, size) {
  writeFileSync(path, programOf({ code: size / 4, data: size / 4, debug: size / 2 }))
}

async function measureTime(place) {
  const timed = ([name, ...command], before) => [name, () => place.run(command), before]
  const pushes = await medians(
    place.push(TIMED).map((command) => timed(command, place.empty)),
    ROUNDS,
  )
  place.empty()
  const [[, ...push]] = place.push(TIMED)
  place.run(push)
  const pulls = await medians(
    place.pull(TIMED).map((command) =>
      timed(command, () => {
        place.absent()
        place.prepare()
      }),
    ),
    ROUNDS,
  )
  console.log(`\nA module of ${TIMED} MiB, median of ${ROUNDS} interleaved runs, ${machine}`)
  console.log('wasmpack checks the imports both ways; ratio: wasmpack in the other\n')
  table(
    ['command', 'ms', 'ratio', 'target'],
    [pushes, pulls].flatMap((times) => {
      const [[, own]] = times
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

function measureMemory(place) {
  if (!existsSync(TIME)) return console.log(`\n${TIME} is not installed: memory is not measured`)
  const peaks = new Map()
  const note = (name, peak) => peaks.set(name, [...(peaks.get(name) ?? []), peak])
  const peakOf = (command) => {
    const lines = place
      .run([TIME, '-f', '%M', ...command])
      .trimEnd()
      .split('\n')
    return Number(lines.at(-1)) / 1024
  }
  for (const size of SIZES) {
    for (const [name, ...command] of place.push(size)) {
      place.empty()
      note(name, peakOf(command))
    }
    const [[, ...push]] = place.push(size)
    place.empty()
    place.run(push)
    for (const [name, ...command] of place.pull(size)) {
      place.absent()
      place.prepare()
      note(name, peakOf(command))
    }
  }
  console.log(`\nPeak memory in MiB by size of the module; wasmpack's should be at most ${MEMORY_TARGET}\n`)
  table(
    ['command', ...SIZES.map((size) => `${size} MiB`)],
    [...peaks].map(([name, list]) => [name].concat(list.map((peak) => peak.toFixed(0)))),
  )
}
