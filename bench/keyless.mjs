// The processor time that a push signed by an identity takes, in that of the peers in turn: oras pushes, cosign signs, wasm-tools prints the
// module, which is the least that a check of its imports reads. wasmpack signs twice, the artifact and its capabilities, so a row has the
// peers with an attestation by cosign too. Further rows tell what of it is Node itself, the check, and the push. Against a private
// Sigstore on loopback.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { bundleSource } from '../scripts/bundle-source.mjs'
import { machine, median, peer, runInTurn, table, timeOf } from './measure.mjs'
import { programOf } from './programs.mjs'

const ROUNDS = Number(process.env['ROUNDS'] ?? 9)
const MIB = 1024 * 1024
/** At most, in the processor time of the peers. */
const TARGET = 1
const bin = new URL('../bin/wasmpack.cjs', import.meta.url).pathname

export async function measure() {
  const [cosign, oras, wasmTools] = [peer('cosign'), peer('oras'), peer('wasm-tools')]
  if (!cosign || !oras || !wasmTools || !peer('keycloak')) return
  /** @type {typeof import('../test/stack/sigstore/sigstore.ts')} */
  const { startSigstore } = await import(await bundleSource('test/stack/sigstore/sigstore.ts'))
  const { sigstore, stop } = await startSigstore()
  try {
    await measureAt(sigstore, { cosign, oras, wasmTools })
  } finally {
    await stop()
  }
}

/**
 * @param {import('../test/stack/sigstore/sigstore.ts').Sigstore} sigstore
 * @param {Readonly<Record<'cosign' | 'oras' | 'wasmTools', string>>} peers their paths
 */
async function measureAt(sigstore, { cosign, oras, wasmTools }) {
  /** @type {typeof import('../test/stack/sigstore/oidc.ts')} */
  const { fetchToken } = await import(await bundleSource('test/stack/sigstore/oidc.ts'))
  const work = join(sigstore.directory, 'bench')
  mkdirSync(work)
  const registry = sigstore.registries.find(({ name }) => name === 'referrers')
  if (registry === undefined) throw new Error('the private Sigstore has no registry with the referrers API')
  const { username, password } = registry.credentials
  const auth = Buffer.from(`${username}:${password}`).toString('base64')
  writeFileSync(join(work, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }))
  writeFileSync(join(work, 'app.wasm'), programOf({ code: MIB }))
  writeFileSync(join(work, 'token'), await fetchToken(sigstore.issuer, 'alice'))
  const options = { cwd: work, env: { PATH: process.env['PATH'], HOME: work, DOCKER_CONFIG: work } }
  await timeOf([process.execPath, bin, 'init', 'app.wasm'], options)

  const services = [
    '--signing-config',
    sigstore.signingConfigs.rekor2,
    '--trusted-root',
    sigstore.trustedRoot,
  ]
  const signing = ['--identity-token', 'token', '--yes', ...services]
  let count = 0
  const fresh = () => `${registry.host}/bench/app-${++count}:1`
  /** @param {readonly (readonly string[])[]} commands */
  const sumOf = async (commands) => {
    let sum = 0
    for (const command of commands) sum += (await timeOf(command, options)).processor
    return sum
  }
  const own = (/** @type {readonly string[]} */ ...args) => sumOf([[process.execPath, bin, ...args]])
  writeFileSync(join(work, 'predicate.json'), '{}')
  /** @param {string} reference */
  const listPeers = (reference) => [
    [wasmTools, 'print', 'app.wasm', '-o', 'app.wat'],
    [oras, 'push', '--plain-http', reference, 'app.wasm:application/wasm'],
    [cosign, 'sign', '--allow-http-registry', ...signing, reference],
  ]
  /** @param {string} reference */
  const attest = (reference) => [
    cosign,
    'attest',
    '--allow-http-registry',
    '--predicate',
    'predicate.json',
    ...signing,
    reference,
  ]
  const PEERS = 'wasm-tools print + oras push + cosign sign'
  const times = await runInTurn(
    [
      ['wasmpack push --keyless', () => own('push', fresh(), 'app.wasm', '--keyless', ...signing)],
      [PEERS, () => sumOf(listPeers(fresh()))],
      [
        `${PEERS} + cosign attest`,
        () => {
          const reference = fresh()
          return sumOf([...listPeers(reference), attest(reference)])
        },
      ],
      ['wasmpack push, unsigned', () => own('push', fresh(), 'app.wasm')],
      ['wasmpack push --dry-run', () => own('push', '--dry-run', fresh(), 'app.wasm')],
      ['node -e 0', () => sumOf([[process.execPath, '-e', '0']])],
    ],
    ROUNDS,
  )
  const rows = [...times].map(([name, list]) => ({ name, time: median(list) }))
  const theirs = rows.find(({ name }) => name === PEERS)?.time ?? Number.NaN
  console.log(`\n# A push of 1 MiB signed by an identity (${machine}, medians of ${ROUNDS})\n`)
  table(
    ['', 'processor time', 'ratio', 'target'],
    rows.map(({ name, time }, at) => [
      name,
      `${time.toFixed(0)} ms`,
      (time / theirs).toFixed(2),
      at === 0 ? `<= ${TARGET}` : '',
    ]),
  )
}
