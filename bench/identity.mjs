// The processor time that verifying by identity takes: one artifact, by wasmpack and by cosign, and many in one call. Distribution on
// loopback; the signatures are of a Sigstore in memory, so nothing else is asked.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { bundleSource } from '../scripts/bundle-source.mjs'
import { machine, median, peer, runInTurn, table, timeOf } from './measure.mjs'
import { programOf } from './programs.mjs'

const ROUNDS = Number(process.env['ROUNDS'] ?? 9)
const MANY = 100
const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const IDENTITY = [
  '--certificate-identity',
  'dev@example.com',
  '--certificate-oidc-issuer',
  'https://sso.example.com',
]
const bin = new URL('../bin/wasmpack.cjs', import.meta.url).pathname

export async function measure() {
  const [cosign, oras] = [peer('cosign'), peer('oras')]
  if (!peer('distribution') || !cosign || !oras) return
  /** @type {typeof import('../test/stack/servers.ts')} */
  const { startStack, endpointOf } = await import(await bundleSource('test/stack/servers.ts'))
  const stack = await startStack(['distribution'])
  try {
    const { host } = endpointOf(stack, 'distribution')
    await measureAt(host, stack.directory, { cosign, oras })
  } finally {
    await stack.stop()
  }
}

/**
 * @param {string} host
 * @param {string} directory
 * @param {Readonly<Record<'cosign' | 'oras', string>>} peers their paths
 */
async function measureAt(host, directory, { cosign, oras }) {
  const work = join(directory, 'work')
  mkdirSync(work)
  const env = { PATH: process.env['PATH'], HOME: work }
  /** @param {readonly string[]} command */
  const run = ([program = '', ...args]) => {
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: work, env, encoding: 'utf8' })
    if (status !== 0)
      throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`.slice(0, 2000))
    return stdout
  }
  writeFileSync(join(work, 'app.wasm'), programOf({ code: 1024 }))
  run([process.execPath, bin, 'init', 'app.wasm'])
  const artifacts = Array.from({ length: MANY }, (_, at) => {
    const name = `${host}/team/app-${at}`
    writeFileSync(join(work, `app-${at}.wasm`), programOf({ code: 1024 }))
    const pushed = run([
      process.execPath,
      bin,
      'push',
      `${name}:1`,
      `app-${at}.wasm`,
      '-c',
      'app.capabilities.yaml',
      '--format',
      'json',
    ])
    return { name, digest: /** @type {string} */ (JSON.parse(pushed).digest) }
  })
  /** @type {typeof import('./signatures.ts')} */
  const { writeSignatures } = await import(await bundleSource('bench/signatures.ts'))
  writeSignatures(
    Object.fromEntries(artifacts.map(({ digest }, at) => [join(work, `${at}.json`), digest])),
    join(work, 'root.json'),
  )
  for (const [at, { name, digest }] of artifacts.entries())
    run([
      oras,
      'attach',
      '--plain-http',
      '--artifact-type',
      BUNDLE,
      `${name}@${digest}`,
      `${at}.json:${BUNDLE}`,
    ])

  const references = artifacts.map(({ name, digest }) => `${name}@${digest}`)
  const flags = [...IDENTITY, '--trusted-root', 'root.json']
  const wasmpack = [process.execPath, bin, 'verify', ...flags]
  const one = references[0] ?? ''
  const outcomes = await runInTurn(
    [
      ['wasmpack verify', () => timeOf([...wasmpack, one], { env, cwd: work })],
      ['cosign verify', () => timeOf([cosign, 'verify', ...flags, one], { env, cwd: work })],
      [`wasmpack verify of ${MANY}`, () => timeOf([...wasmpack, ...references], { env, cwd: work })],
    ],
    ROUNDS,
  )
  const [own, other, many] = [...outcomes.values()].map((times) =>
    median(times.map(({ processor }) => processor)),
  )
  console.log(`\nVerifying by identity, processor time, median of ${ROUNDS} interleaved runs, ${machine}\n`)
  table(
    ['command', 'ms', 'ratio', 'at most'],
    [
      ['wasmpack verify', ms(own), '', ''],
      ['cosign verify', ms(other), ratio(own, other), '4.00'],
      [`wasmpack verify of ${MANY}, compared with ${MANY} calls`, ms(many), ratio(many, own, MANY), '0.40'],
    ],
  )
}

/** @param {number | undefined} time */
const ms = (time = Number.NaN) => time.toFixed(0)

/**
 * @param {number | undefined} time
 * @param {number | undefined} other
 */
const ratio = (time = Number.NaN, other = Number.NaN, calls = 1) => (time / (other * calls)).toFixed(2)
