import { afterEach, expect, test } from 'vitest'

import { freshRepository, writeModule } from './artifacts.ts'
import { largeModule } from './modules.ts'
import { needsPeers } from './peer.ts'
import { openValve, type Valve } from './valve.ts'
import { onEachRegistry, useWorkbench } from './workbench.ts'

needsPeers('oras')

/** Above what is hashed while it is sent. */
const SIZE = 65 << 20
const HALF = SIZE / 2

onEachRegistry(
  (registry, name) => {
    const bench = useWorkbench()
    const valves: Valve[] = []
    afterEach(() => Promise.all(valves.splice(0).map((valve) => valve.close())))

    /** `repository` by way of a valve that cuts one connection half-way. */
    async function throughValve(
      repository: string,
      direction: 'to registry' | 'from registry',
    ): Promise<string> {
      const valve = await openValve(registry().host, direction, HALF, 'cut')
      valves.push(valve)
      return repository.replace(registry().host, valve.host)
    }

    /** The answers to what sends or fetches blobs, as `STATUS METHOD`. A slow upload asks in between whether it is needed. */
    const answers = (stderr: string): readonly string[] =>
      [...stderr.matchAll(/^debug: < (\d+ (?!HEAD)[A-Z]+) \S+\/blobs\//gm)].map(([, answer]) => answer!)

    test('push hashes a large module while one PATCH sends it', async () => {
      await writeModule(bench, 'large.wasm', largeModule(SIZE))
      const repository = freshRepository(registry())
      const run = await bench.wasmpack('push', `${repository}:1.0.0`, 'large.wasm', '--debug')
      // The config is sent as soon as its digest is known, beside the last of the layer.
      const sent = answers(run.stderr).toSorted()
      expect(sent).toEqual(['201 PUT', '201 PUT', '202 PATCH', '202 POST', '202 POST'])
      await bench.peer('oras', 'pull', '--plain-http', `${repository}:1.0.0`, '-o', 'by-oras')
      expect(bench.read('by-oras/large.wasm').equals(bench.read('large.wasm'))).toBe(true)
    })

    test('push goes on where it was cut off', async () => {
      await writeModule(bench, 'cut.wasm', largeModule(SIZE))
      const repository = freshRepository(registry())
      const cut = await throughValve(repository, 'to registry')
      const run = await bench.wasmpack('push', `${cut}:1.0.0`, 'cut.wasm', '--debug')
      // Only distribution 3 knows after a break how much it has; the others lose the session with the connection.
      const begun = { distribution: ['202 POST', '204 GET'], 'docker-registry': ['202 POST', '404 GET'] }
      const found = answers(run.stderr)
      expect(found.slice(0, 2)).toEqual(begun[name as keyof typeof begun] ?? ['202 POST', '400 GET'])
      expect(found.slice(-4).toSorted()).toEqual(['201 PUT', '201 PUT', '202 PATCH', '202 POST'])
      await bench.peer('oras', 'pull', '--plain-http', `${repository}:1.0.0`, '-o', 'by-oras')
      expect(bench.read('by-oras/cut.wasm').equals(bench.read('cut.wasm'))).toBe(true)
    })

    test('pull goes on where it was cut off', async () => {
      await writeModule(bench, 'down.wasm', largeModule(SIZE))
      const repository = freshRepository(registry())
      await bench.wasmpack('push', `${repository}:1.0.0`, 'down.wasm')
      const cut = await throughValve(repository, 'from registry')
      const flags = ['-o', 'out.wasm', '--insecure-ignore-signature', '--debug']
      const run = await bench.wasmpack('pull', `${cut}:1.0.0`, ...flags)
      // This version of go-containerregistry's server reads a Range without an end as one that ends at once.
      const rest = name === 'ggcr-registry' ? ['416 GET', '200 GET'] : ['206 GET']
      expect(answers(run.stderr)).toEqual(['200 GET', ...rest])
      expect(bench.read('out.wasm').equals(bench.read('down.wasm'))).toBe(true)
    })
  },
  ['distribution', 'docker-registry', 'ggcr-registry'],
)
