import { expect, test } from 'vitest'

import { freshRepository, writeModule } from './artifacts.ts'
import { onEachRegistry, useWorkbench } from './workbench.ts'

onEachRegistry(
  (registry, name) => {
    const bench = useWorkbench()

    /** The answers of a run, as `STATUS METHOD`. */
    async function answers(...args: readonly string[]): Promise<readonly string[]> {
      const { stderr } = await bench.wasmpack(...args, '--debug')
      return [...stderr.matchAll(/^debug: < (\d+ [A-Z]+) /gm)].map(([, answer]) => answer!)
    }

    test('a push of a small module takes 6, an unchanged one 2, a pull 2, and one from the cache 1', async () => {
      await writeModule(bench, 'small.wasm')
      const tagged = `${freshRepository(registry())}:1.0.0`
      const pull = ['pull', tagged, '-o', 'out.wasm', '--insecure-ignore-signature']
      expect(await answers('push', tagged, 'small.wasm')).toHaveLength(6)
      expect(await answers('push', tagged, 'small.wasm')).toEqual(['200 HEAD', '200 HEAD'])
      expect(await answers(...pull)).toEqual(['200 GET', '200 GET'])
      await bench.wasmpack(...pull, '--cache', 'cache')
      // go-containerregistry's registry knows no conditions and sends the manifest.
      const cached = name === 'ggcr-registry' ? '200 GET' : '304 GET'
      expect(await answers(...pull, '--cache', 'cache')).toEqual([cached])
    })
  },
  ['distribution', 'docker-registry', 'ggcr-registry'],
)
