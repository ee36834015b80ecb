// How each client pushes and pulls one Wasm artifact, and what became of it.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { peer } from './measure.mjs'
import { ACCOUNT } from './fault-proxy.mjs'

const bin = new URL('../bin/wasmpack.cjs', import.meta.url).pathname
const CONFIG_TYPE = 'application/vnd.wasm.config.v0+json'

/**
 * @typedef {object} Client
 * @property {string} name
 * @property {string} program
 * @property {(host: string) => readonly string[]} [before] configures the registry
 * @property {(ref: string, file: string, layout: string) => readonly string[]} push `layout` is an OCI layout with the same artifact
 * @property {(ref: string) => readonly string[]} pull
 */

/** @type {Client} */
export const WASMPACK = {
  name: 'wasmpack',
  program: process.execPath,
  push: (ref, file) => [bin, 'push', ref, file],
  pull: (ref) => [bin, 'pull', ref, '-o', 'out/app.wasm', '--insecure-ignore-signature'],
}

/** @type {readonly Omit<Client, 'program'>[]} */
const PEERS = [
  {
    name: 'oras',
    push: (ref, file) => ['push', '--plain-http', ref, `${file}:application/wasm`],
    pull: (ref) => ['pull', '--plain-http', ref, '-o', 'out'],
  },
  {
    name: 'crane',
    push: (ref, _, layout) => ['push', layout, ref],
    pull: (ref) => ['pull', '--format', 'oci', ref, 'out'],
  },
  {
    name: 'regctl',
    before: (host) => ['registry', 'set', host, '--tls', 'disabled'],
    push: (ref, file) =>
      `artifact put --artifact-type ${CONFIG_TYPE} --file-media-type application/wasm -f ${file} ${ref}`.split(
        ' ',
      ),
    pull: (ref) => ['artifact', 'get', ref, '-o', 'out'],
  },
  {
    name: 'wkg',
    push: (ref, file) => ['oci', 'push', '--insecure', hostOf(ref), ref, file],
    pull: (ref) => ['oci', 'pull', '--insecure', hostOf(ref), ref, '-o', 'out/app.wasm'],
  },
]

/** wasmpack and the installed peers. */
export const clients = () => [
  WASMPACK,
  ...PEERS.flatMap((client) => {
    const program = peer(client.name)
    return program === undefined ? [] : [{ ...client, program }]
  }),
]

/** @param {string} ref */
const hostOf = (ref) => ref.slice(0, ref.indexOf('/'))

/**
 * A version as the client itself gives it.
 * @param {Client} client
 */
export function versionOf({ name, program }) {
  const args =
    name === 'wasmpack'
      ? [bin, '--version']
      : [['crane', 'regctl', 'oras'].includes(name) ? 'version' : '--version']
  const said = execFileSync(program, args, { encoding: 'utf8' })
  return /v?\d+\.\d+\.\d+\S*/.exec(said)?.[0] ?? said.trim().split('\n')[0]
}

/**
 * The artifact as files of a directory: `app.wasm`, its capability manifest, and `layout`.
 * @param {string} directory
 * @param {Uint8Array} bytes
 */
export function writeArtifact(directory, bytes) {
  writeFileSync(join(directory, 'app.wasm'), bytes)
  for (const args of [
    ['init', 'app.wasm', '--force'],
    ['push', 'oci-layout:layout:1', 'app.wasm'],
  ])
    execFileSync(process.execPath, [bin, ...args], { cwd: directory, stdio: 'ignore' })
}

/**
 * Runs one client against `host`, in a home of its own; tells how it ended and what it left.
 * @param {Client} client
 * @param {'push' | 'pull'} command
 * @param {object} place
 * @param {string} place.host
 * @param {string} place.repository
 * @param {string} place.directory
 * @param {number} place.limit in milliseconds
 */
export async function run(client, command, { host, repository, directory, limit }) {
  const home = mkdtempSync(join(tmpdir(), 'wasmpack-faults-'))
  try {
    const work = join(home, 'work')
    mkdirSync(join(work, 'out'), { recursive: true })
    mkdirSync(join(home, '.docker'))
    const auth = Buffer.from(`${ACCOUNT.username}:${ACCOUNT.password}`).toString('base64')
    writeFileSync(join(home, '.docker/config.json'), JSON.stringify({ auths: { [host]: { auth } } }))
    for (const name of ['app.wasm', 'app.capabilities.yaml'])
      writeFileSync(join(work, name), readFileSync(join(directory, name)))
    const env = { PATH: process.env['PATH'], HOME: home, DOCKER_CONFIG: join(home, '.docker'), TMPDIR: home }
    /** @param {readonly string[]} args */
    const start = (args) => ended(client.program, args, { cwd: work, env, limit })
    if (client.before) await start(client.before(host))
    const ref = `${host}/${repository}:1`
    const exit = await start(
      command === 'push' ? client.push(ref, 'app.wasm', join(directory, 'layout')) : client.pull(ref),
    )
    return { exit, files: filesIn(join(work, 'out')) }
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 3 })
  }
}

/**
 * Exit status, or undefined if it had to be ended.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ readonly limit: number, readonly cwd: string, readonly env: NodeJS.ProcessEnv }} options
 * @returns {Promise<number | undefined>}
 */
function ended(program, args, { limit, ...options }) {
  const child = spawn(program, args, { ...options, stdio: 'ignore' })
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      resolve(undefined)
    }, limit)
    child.on('error', reject)
    child.on('exit', (code) => {
      clearTimeout(timer)
      resolve(code ?? 1)
    })
  })
}

/**
 * Files under their final names, with their bytes: what a client keeps for itself begins with a dot.
 * @param {string} directory
 */
function filesIn(directory) {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => {
      const path = join(entry.parentPath ?? entry.path, entry.name)
      return { name: entry.name, bytes: readFileSync(path) }
    })
}
