import { expect, test } from 'vitest'

import { until } from '../support/time.ts'
import { generateKeyPair, pushFresh } from './artifacts.ts'
import { cosignVerify } from './cosign.ts'
import { needsPeers } from './peer.ts'
import { type Gate, openWitness } from './witness.ts'
import { onEachRegistry, useWorkbench } from './workbench.ts'

needsPeers('cosign')

const ROUNDS = 4
const KEYS = ['red', 'green', 'blue']

/**
 * What writers of a fallback tag count on, each by waiting: that none of them is between its reading and its writing when
 * another one looks whether its own entry is still there. Here such a look is held until it is so, however slow the machine.
 */
class Turns {
  readonly #between = new Set<string>()

  gateOf(writer: string): Gate {
    let wrote = false
    const isList = (url: string): boolean => url.includes('/manifests/sha256-')
    return {
      before: async (method, url) => {
        if (method !== 'GET' || !isList(url)) return
        if (wrote) await until(() => this.#between.size === 0)
        else this.#between.add(writer)
        wrote = false
      },
      after: (method, url) => {
        if (method !== 'PUT' || !isList(url)) return
        this.leave(writer)
        wrote = true
      },
    }
  }

  leave(writer: string): void {
    this.#between.delete(writer)
  }
}

onEachRegistry(
  (registry) => {
    const bench = useWorkbench(registry)

    // Without the referrers API all of them write the one fallback tag, and a registry has no compare-and-swap.
    test('signatures of several processes at once are all found', async () => {
      await Promise.all(KEYS.map((key) => generateKeyPair(bench, key)))
      for (let round = 1; round <= ROUNDS; round += 1) {
        const { pinned } = await pushFresh(bench, registry())
        const turns = new Turns()
        await Promise.all(
          KEYS.map(async (key) => {
            const witness = await openWitness(bench.home, registry(), turns.gateOf(key))
            await bench.wasmpack('sign', witness.past(pinned), '--key', `${key}.key`)
            turns.leave(key)
          }),
        )
        for (const key of KEYS) {
          expect(await bench.attempt(['verify', pinned, '--key', `${key}.pub`])).toMatchObject({ exit: 0 })
          expect(await cosignVerify(bench, pinned, `${key}.pub`)).toMatchObject({ exit: 0 })
        }
      }
    })
  },
  ['distribution', 'docker-registry', 'ggcr-registry'],
)
