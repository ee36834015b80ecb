import { copyFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { runChild } from '../support/child.ts'
import { fixtureNames, FIXTURES, fixturePath } from '../support/fixtures.ts'
import { freshRepository, generateKeyPair, pushModule } from './artifacts.ts'
import { needsCommand, needsPeers } from './peer.ts'
import { registry, useWorkbench, type Workbench } from './workbench.ts'

needsPeers('distribution', 'wkg')

const LANGUAGES = fixtureNames().filter((name) => !name.startsWith('edge/'))

/** Validates, pushes with a key, and pulls with every check and with wkg: all three files must be the same. */
async function roundTrip(bench: Workbench, name: string): Promise<void> {
  const { host } = registry('distribution-bearer')
  const file = `${name}.wasm`
  if (!bench.exists('signer.key')) await generateKeyPair(bench, 'signer')
  await bench.wasmpack('validate', file)
  const { tagged } = await pushModule(
    bench,
    freshRepository(registry('distribution-bearer')),
    file,
    '--key',
    'signer.key',
  )
  await bench.wasmpack('pull', tagged, '--key', 'signer.pub', '-o', 'pulled.wasm')
  await bench.peer('wkg', 'oci', 'pull', '--insecure', host, tagged, '-o', 'by-wkg.wasm')
  const original = bench.read(file)
  expect(bench.read('pulled.wasm').equals(original)).toBe(true)
  expect(bench.read('by-wkg.wasm').equals(original)).toBe(true)
}

describe('fixtures', () => {
  const bench = useWorkbench(() => registry('distribution-bearer'))

  test.each(LANGUAGES)('%s goes to a registry and back unchanged', async (name) => {
    for (const extension of ['.wasm', '.capabilities.yaml'])
      copyFileSync(fixturePath(name, extension), bench.path(`${name}${extension}`))
    await roundTrip(bench, name)
  })
})

describe('Go', () => {
  needsCommand('go')
  const bench = useWorkbench(() => registry('distribution-bearer'))

  test('go-hello, freshly built, goes to a registry and back unchanged', async () => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' }
    const build = [join(FIXTURES, 'build.sh'), '-o', bench.path('.'), 'go-hello']
    expect(await runChild('bash', build, { env })).toMatchObject({ exit: 0 })
    copyFileSync(fixturePath('go-hello', '.capabilities.yaml'), bench.path('go-hello.capabilities.yaml'))
    await roundTrip(bench, 'go-hello')
  })
})
