// Sets wasmpack beside its peers under faults: a proxy in front of a real registry lets the same thing go wrong for each of them.
// Prints a table in Markdown; `--write` puts it into docs/reliability.md.
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { bundleSource } from '../scripts/bundle-source.mjs'
import { clients, run, versionOf, WASMPACK, writeArtifact } from './fault-clients.mjs'
import { FAULTS } from './fault-list.mjs'
import { startFaultProxy } from './fault-proxy.mjs'
import { programOf } from './programs.mjs'

/**
 * @typedef {import('./fault-clients.mjs').Client} Client
 * @typedef {import('./fault-list.mjs').Fault} Fault
 */

const PAGE = new URL('../docs/reliability.md', import.meta.url).pathname
/** In milliseconds: who has not ended by then hangs. */
const LIMIT = 60_000
const MIB = 1024 * 1024

/** A registry with an artifact in it, and how to try a client on a fault. */
export async function openTrial() {
  /** @type {typeof import('../test/stack/servers.ts')} */
  const { startStack, endpointOf } = await import(await bundleSource('test/stack/servers.ts'))
  const stack = await startStack(['distribution'])
  const { host } = endpointOf(stack, 'distribution')
  const directory = join(stack.directory, 'artifact')
  mkdirSync(directory)
  const bytes = programOf({ code: MIB / 2, data: MIB / 2, debug: MIB })
  writeArtifact(directory, bytes)
  const digest = createHash('sha256').update(bytes).digest('hex')
  await run(WASMPACK, 'push', { host, repository: 'trial/pulled', directory, limit: LIMIT })
  return {
    /**
     * What the client makes of the fault, in a word.
     * @param {Client} client
     * @param {Fault} fault
     */
    async try(client, fault) {
      const proxy = await startFaultProxy(host, fault)
      const repository = fault.command === 'pull' ? 'trial/pulled' : `trial/${randomBytes(6).toString('hex')}`
      try {
        const place = { host: proxy.host, repository, directory, limit: LIMIT }
        const { exit, files } = await run(client, fault.command, place)
        if (fault.credentials) return proxy.leaked ? '**yes**' : 'no'
        return fault.command === 'pull'
          ? ofPull(exit, files, { digest, hostile: fault.hostile })
          : ofPush(exit, await stateOf(host, repository), fault.hostile)
      } finally {
        await proxy.close()
      }
    },
    stop: () => stack.stop(),
  }
}

/**
 * @param {number | undefined} exit
 * @param {readonly { readonly name: string, readonly bytes: Uint8Array }[]} files
 * @param {{ readonly digest: string, readonly hostile?: boolean | undefined }} expected
 */
function ofPull(exit, files, { digest, hostile }) {
  const hashed = files.map(({ name, bytes }) => ({
    name,
    found: createHash('sha256').update(bytes).digest('hex'),
  }))
  const whole = hashed.some(({ found }) => found === digest)
  // In an image layout every blob has its digest for a name; what else is there says nothing of the module.
  const damaged = hashed.some(({ name, found }) =>
    /^[0-9a-f]{64}$/.test(name) ? found !== name : name.endsWith('.wasm') && found !== digest,
  )
  if (exit === 0) return whole ? 'succeeds' : '**succeeds with wrong bytes**'
  const how = exit === undefined ? '**hangs**' : hostile ? 'refuses' : 'fails'
  return damaged ? `${how}, **leaves a file**` : how
}

/**
 * @param {number | undefined} exit
 * @param {'absent' | 'broken' | 'whole'} state
 * @param {boolean | undefined} hostile
 */
function ofPush(exit, state, hostile) {
  if (exit === 0) return state === 'whole' ? 'succeeds' : '**succeeds with nothing stored**'
  const how = exit === undefined ? '**hangs**' : hostile ? 'refuses' : 'fails'
  return state === 'absent'
    ? how
    : `${how}, ${state === 'whole' ? 'though stored' : '**leaves a broken tag**'}`
}

/**
 * What the registry itself has under the tag.
 * @param {string} host
 * @param {string} repository
 * @returns {Promise<'absent' | 'broken' | 'whole'>}
 */
async function stateOf(host, repository) {
  const accept = 'application/vnd.oci.image.manifest.v1+json'
  const response = await fetch(`http://${host}/v2/${repository}/manifests/1`, { headers: { accept } })
  if (response.status !== 200) return 'absent'
  const { config, layers } =
    /** @type {Record<'config', { digest: string }> & Record<'layers', { digest: string }[]>} */ (
      await response.json()
    )
  for (const { digest } of [config, ...layers]) {
    const blob = await fetch(`http://${host}/v2/${repository}/blobs/${digest}`, { method: 'HEAD' })
    if (blob.status !== 200) return 'broken'
  }
  return 'whole'
}

async function compare() {
  const found = clients()
  const trial = await openTrial()
  const rows = []
  try {
    for (const fault of FAULTS) {
      const outcomes = []
      // One after the other where time matters to nobody; side by side where all wait.
      if (fault.slow) outcomes.push(...(await Promise.all(found.map((client) => trial.try(client, fault)))))
      else for (const client of found) outcomes.push(await trial.try(client, fault))
      const row = [`${fault.command}: ${fault.name}`, ...outcomes]
      rows.push(row)
      console.error(row.join(' | '))
    }
  } finally {
    await trial.stop()
  }
  const head = ['fault', ...found.map((client) => `${client.name} ${versionOf(client)}`)]
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const text = await compare()
  console.log(text)
  if (process.argv.includes('--write')) {
    const page = readFileSync(PAGE, 'utf8')
    const marked = /(<!-- faults -->\n)[\s\S]*(<!-- end of faults -->)/
    if (!marked.test(page)) throw new Error(`${PAGE} has no place for the table`)
    writeFileSync(
      PAGE,
      page.replace(marked, (_, before, after) => `${before}${text}\n${after}`),
    )
  }
}
