import { randomBytes } from 'node:crypto'

import { expect, test } from 'vitest'

import type { RegistryEndpoint } from '../stack/registries.ts'
import { freshRepository, generateKeyPair, pushFresh, pushModule, writeModule } from './artifacts.ts'
import { needsPeers } from './peer.ts'
import { onEachRegistry, useWorkbench } from './workbench.ts'

needsPeers('wkg')

/** wkg's configuration for packages `test:NAME`, kept as `test/NAME` in a registry without TLS. */
const configuration = ({ host }: RegistryEndpoint): string => `
[namespace_registries]
test = "${host}"
[registry."${host}"]
type = "oci"
[registry."${host}".oci]
protocol = "http"
`

onEachRegistry((registry, name) => {
  const bench = useWorkbench(registry)

  test('wkg oci pull reads what push wrote', async () => {
    await generateKeyPair(bench, 'signer')
    const { tagged, file } = await pushFresh(bench, registry(), '--key', 'signer.key')
    await bench.peer('wkg', 'oci', 'pull', '--insecure', registry().host, tagged, '-o', 'by-wkg.wasm')
    expect(bench.read('by-wkg.wasm')).toEqual(bench.read(file))
  })

  test('wkg get finds and reads what push wrote, with the version and without', async () => {
    await generateKeyPair(bench, 'getter')
    bench.write('wkg.toml', configuration(registry()))
    await writeModule(bench, 'got.wasm')
    const title = `p${randomBytes(4).toString('hex')}`
    const pushed = await pushModule(
      bench,
      `${registry().host}/test/${title}`,
      'got.wasm',
      '--key',
      'getter.key',
    )
    const get = ['get', '--config', 'wkg.toml', '--format', 'wasm']
    await bench.peer('wkg', ...get, '--cache', 'one', `test:${title}@1.0.0`, '-o', './exact.wasm')
    await bench.peer('wkg', ...get, '--cache', 'two', `test:${title}`, '-o', './latest.wasm')
    expect(bench.read('exact.wasm')).toEqual(bench.read(pushed.file))
    expect(bench.read('latest.wasm')).toEqual(bench.read(pushed.file))
  })

  // wkg gives up on this registry's answer to an upload, which carries no Location.
  if (name === 'ggcr-registry') return

  test('pull reads what wkg oci push wrote', async () => {
    const tagged = `${freshRepository(registry())}:1.0.0`
    await writeModule(bench, 'theirs.wasm')
    await bench.peer('wkg', 'oci', 'push', '--insecure', registry().host, tagged, 'theirs.wasm')
    const pull = ['pull', tagged, '-o', 'pulled.wasm']
    expect(await bench.attempt([...pull, '-c', 'theirs.capabilities.yaml'])).toMatchObject({ exit: 4 })
    expect(await bench.attempt([...pull, '--insecure-ignore-signature'])).toMatchObject({ exit: 3 })
    expect(bench.exists('pulled.wasm')).toBe(false)
    await bench.wasmpack(...pull, '-c', 'theirs.capabilities.yaml', '--insecure-ignore-signature')
    expect(bench.read('pulled.wasm')).toEqual(bench.read('theirs.wasm'))
  })
})
