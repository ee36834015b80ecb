import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { runChild, transcript } from '../support/child.ts'
import { needsPeers, needsToolchains } from './peer.ts'

needsPeers('wasm-tools')
needsToolchains('jco', 'jco-transpile')

const ROOT = join(import.meta.dirname, '../..')

test.each([
  ['assets/wit', 'bash', 'scripts/encode-wit.sh', '.wasm'],
  ['assets/wasm-tools', process.execPath, 'scripts/vendor-wasm-tools.mjs', ''],
])('%s is what its script makes', { timeout: 120_000 }, async (assets, command, script, extension) => {
  const output = mkdtempSync(join(tmpdir(), 'wasmpack-assets-'))
  onTestFinished(() => rmSync(output, { recursive: true, force: true }))
  const run = await runChild(command, [join(ROOT, script), output], {
    env: process.env as Record<string, string>,
  })
  expect(run.exit, transcript(run)).toBe(0)
  const files = readdirSync(join(ROOT, assets)).filter((name) => name.endsWith(extension))
  expect(readdirSync(output).sort()).toEqual(files.sort())
  for (const name of files)
    expect(readFileSync(join(output, name)).equals(readFileSync(join(ROOT, assets, name))), name).toBe(true)
})
