import { expect, test } from 'vitest'

import { generateKeyPair, pushFresh } from './artifacts.ts'
import { cosignVerify } from './cosign.ts'
import { needsPeers } from './peer.ts'
import { onEachRegistry, useWorkbench } from './workbench.ts'

needsPeers('cosign')

const ROUNDS = 4
const KEYS = ['red', 'green', 'blue']

onEachRegistry(
  (registry) => {
    const bench = useWorkbench(registry)

    // Without the referrers API all of them write the one fallback tag, and a registry has no compare-and-swap.
    test('signatures of several processes at once are all found', async () => {
      await Promise.all(KEYS.map((key) => generateKeyPair(bench, key)))
      for (let round = 1; round <= ROUNDS; round += 1) {
        const { pinned } = await pushFresh(bench, registry())
        await Promise.all(KEYS.map((key) => bench.wasmpack('sign', pinned, '--key', `${key}.key`)))
        for (const key of KEYS) {
          expect(await bench.attempt(['verify', pinned, '--key', `${key}.pub`])).toMatchObject({ exit: 0 })
          expect(await cosignVerify(bench, pinned, `${key}.pub`)).toMatchObject({ exit: 0 })
        }
      }
    })
  },
  ['distribution', 'docker-registry', 'ggcr-registry'],
)
