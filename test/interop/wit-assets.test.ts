import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { runChild, transcript } from '../support/child.ts'
import { needsPeers } from './peer.ts'

needsPeers('wasm-tools')

const ROOT = join(import.meta.dirname, '../..')
const ASSETS = join(ROOT, 'assets/wit')

test('the bundled worlds are what the script makes of their sources', async (context) => {
  const output = mkdtempSync(join(tmpdir(), 'wasmpack-wit-'))
  context.onTestFinished(() => rmSync(output, { recursive: true, force: true }))
  const run = await runChild('bash', [join(ROOT, 'scripts/encode-wit.sh'), output], {
    env: process.env as Record<string, string>,
  })
  expect(run.exit, transcript(run)).toBe(0)
  const files = readdirSync(ASSETS).filter((name) => name.endsWith('.wasm'))
  expect(readdirSync(output).sort()).toEqual(files.sort())
  for (const name of files)
    expect(readFileSync(join(output, name)).equals(readFileSync(join(ASSETS, name))), name).toBe(true)
})
