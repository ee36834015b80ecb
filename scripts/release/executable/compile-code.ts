import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { startRegistry } from '../../../test/support/registry/registry.ts'
import { runProgram } from '../run-program.ts'

const RECORDER = resolve('scripts/release/executable/record-code.cjs')
const MODULE = resolve('fixtures/rust-hello.wasm')
const CAPABILITIES = resolve('fixtures/rust-hello.capabilities.yaml')

/** What most runs do: the functions that they call are compiled ahead. */
const listRuns = (registry: string): readonly string[] => [
  '--version',
  '--help',
  `init ${MODULE} -o init.yaml`,
  `validate ${MODULE}`,
  `inspect ${MODULE}`,
  `diff ${MODULE} ${MODULE}`,
  'explain wasi:filesystem/types@0.2.3',
  'generate-key-pair',
  `push oci-layout:oci:1 ${MODULE} -c ${CAPABILITIES} --key cosign.key`,
  `pull oci-layout:oci:1 --key cosign.pub -o layout.wasm`,
  `push ${registry}/team/app:1 ${MODULE} -c ${CAPABILITIES} --key cosign.key`,
  `push ${registry}/team/app:2 ${MODULE} -c ${CAPABILITIES}`,
  `resolve ${registry}/team/app:1`,
  `verify ${registry}/team/app:1 --key cosign.pub`,
  `pull ${registry}/team/app:1 --key cosign.pub -o registry.wasm`,
  `discover ${registry}/team/app:1`,
  `ls ${registry}/team/app`,
  `tag ${registry}/team/app:1 latest`,
  `copy ${registry}/team/app:1 ${registry}/team/other:1`,
  `render ${registry}/team/app:1 --target wasmtime --key cosign.pub`,
]

/** The same runs compile to the same bytes: with fixed seeds, and without compilers that V8 starts by its own clock. */
const FLAGS = [
  '--hash-seed=1',
  '--random-seed=1',
  '--no-flush-bytecode',
  '--no-sparkplug',
  '--no-maglev',
  '--no-opt',
]

/**
 * Runs wasmpack under Node with the chunks in `assets`, and writes the code that V8 compiled beside each as `.code`. Node must be
 * that of the executable: V8 accepts only its own code.
 */
export async function compileCode(node: string, assets: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'wasmpack-code-'))
  const registry = await startRegistry()
  try {
    const env = { HOME: work, DOCKER_CONFIG: work, COSIGN_PASSWORD: 'none', NODE_OPTIONS: '' }
    for (const line of listRuns(registry.host))
      await runProgram(node, [...FLAGS, RECORDER, assets, ...line.split(' ')], { cwd: work, env })
    await acceptUnderDefaultFlags(node, assets)
  } finally {
    await registry.close()
    await rm(work, { recursive: true, force: true })
  }
}

/** Where the header of V8's cached data has the hash of the flags that it was made under. */
const FLAG_HASH = { start: 12, end: 16 } as const

/** V8 refuses code that was compiled under other flags. Seeds have no part in code: it is hashed anew when it is loaded. */
async function acceptUnderDefaultFlags(node: string, assets: string): Promise<void> {
  const own = await runProgram(node, ['-p', "new vm.Script('0').createCachedData().toString('base64')"])
  const header = Buffer.from(own, 'base64').subarray(0, FLAG_HASH.end)
  for (const file of await readdir(assets, { recursive: true })) {
    if (!file.endsWith('.code')) continue
    const path = join(assets, file)
    const code = await readFile(path)
    header.copy(code, FLAG_HASH.start, FLAG_HASH.start)
    await writeFile(path, code)
    await requireAccepted(node, path)
  }
}

async function requireAccepted(node: string, path: string): Promise<void> {
  const script = `const read = require('node:fs').readFileSync, [chunk] = process.argv.slice(1)
    const script = new vm.Script(read(chunk, 'latin1'), { cachedData: read(chunk + '.code') })
    process.exit(script.cachedDataRejected ? 1 : 0)`
  await runProgram(node, ['-e', script, path.replace(/\.code$/, '')])
}
