import { expect, test } from 'vitest'

import { generateKeyPair, pushFresh, pushModule, writeModule } from './artifacts.ts'
import { openWitness } from './witness.ts'
import { onEachRegistry, useWorkbench } from './workbench.ts'

onEachRegistry(
  (registry) => {
    const bench = useWorkbench(registry)

    test('a tag that was pulled before costs one conditional request, and one that moved is noticed', async () => {
      const pushed = await pushFresh(bench, registry())
      const witness = await openWitness(bench.home, registry())
      const pull = async (): Promise<readonly string[]> => {
        const flags = ['-o', 'out.wasm', '--cache', 'cache', '--insecure-ignore-signature']
        await bench.wasmpack('pull', witness.past(pushed.tagged), ...flags)
        expect(bench.read('out.wasm').equals(bench.read(pushed.file))).toBe(true)
        // Credentials are sent when they are asked for.
        const answered = witness.fresh().filter((line) => !line.endsWith(' 401'))
        return answered.map((line) => line.replace(/sha256:\w+/, 'DIGEST'))
      }
      const path = `/v2/${pushed.repository.slice(registry().host.length + 1)}`
      const [first, second] = [await pull(), await pull()]
      expect(first.filter((line) => line.includes('/blobs/'))).toEqual([`GET ${path}/blobs/DIGEST 200`])
      expect(second).toEqual([`GET ${path}/manifests/1.0.0 304`])
      await writeModule(bench, pushed.file)
      await pushModule(bench, pushed.repository, pushed.file)
      expect(await pull()).toEqual([`GET ${path}/manifests/1.0.0 200`, `GET ${path}/blobs/DIGEST 200`])
    })

    test('verify reads signatures anew each time, and what they sign from the cache', async () => {
      await generateKeyPair(bench, 'signer')
      const pushed = await pushFresh(bench, registry(), '--key', 'signer.key')
      const witness = await openWitness(bench.home, registry())
      const verify = async (): Promise<readonly string[]> => {
        const flags = ['--key', 'signer.pub', '--cache', 'cache']
        await bench.wasmpack('verify', witness.past(pushed.pinned), ...flags)
        return witness.fresh().filter((line) => !line.endsWith(' 401'))
      }
      await verify()
      const again = await verify()
      expect(again.length).toBeGreaterThan(0)
      for (const line of again) expect(line).toMatch(/^GET \S+\/(?:referrers\/sha256:|manifests\/sha256-)/)
    })
  },
  ['distribution', 'distribution-basic', 'docker-registry'],
)
