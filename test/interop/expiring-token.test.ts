import { setTimeout as delay } from 'node:timers/promises'

import { describe, expect, test } from 'vitest'

import { PUSHER, serverOf, startRegistry } from '../stack/registries.ts'
import { startTokenServer } from '../stack/token-server.ts'
import { storeCredentials } from '../support/cli.ts'
import { freshRepository, writeModule } from './artifacts.ts'
import { largeModule } from './modules.ts'
import { needsPeers } from './peer.ts'
import { useServed } from './served.ts'
import { openValve } from './valve.ts'
import { useWorkbench } from './workbench.ts'

needsPeers('oras')

/** For how many seconds distribution and docker-registry take a token after its end: registry/auth/token/token.go, Leeway. */
const LEEWAY = 60
/** For how many seconds the first token is taken. */
const TAKEN = 5

describe.each(['distribution-bearer', 'docker-registry-bearer'] as const)('%s', (name) => {
  let issued = 0
  const server = useServed([serverOf(name)], async (directory) => {
    const users = { [PUSHER.username]: { password: PUSHER.password, actions: ['pull', 'push'] } }
    // The service says of every token that it lasts for long: only the registry's refusal tells.
    const tokens = await startTokenServer(users, () => (issued++ === 0 ? TAKEN - LEEWAY : 300))
    const { endpoint, process } = await startRegistry(name, directory, tokens)
    return { endpoint, stop: async () => void (await Promise.all([process.kill(), tokens.stop()])) }
  })
  const bench = useWorkbench(() => server().endpoint)

  test('a token that ends while a module is sent is renewed, and what was sent is kept', async () => {
    await writeModule(bench, 'large.wasm', largeModule(65 << 20))
    const repository = freshRepository(server().endpoint)
    const valve = await openValve(server().endpoint.host, 'to registry', 8 << 20)
    try {
      storeCredentials(bench.home, valve.host, PUSHER.username, PUSHER.password)
      const throughValve = repository.replace(server().endpoint.host, valve.host)
      const push = bench.attempt(['push', `${throughValve}:1.0.0`, 'large.wasm', '--debug'])
      await valve.shut
      await delay(TAKEN * 1000 + 1000)
      valve.reopen()
      const run = await push
      expect(run).toMatchObject({ exit: 0 })
      const answers = [...run.stderr.matchAll(/^debug: < (\d+ [A-Z]+) \S+\/blobs\/uploads\//gm)].map(
        ([, each]) => each,
      )
      // The end of the token is heard by whoever asks first: the layer's PUT, the config, or the look ahead whether the layer is there.
      const taken = answers.filter((answer) => !answer!.startsWith('401'))
      expect(taken.toSorted()).toEqual(['201 PUT', '201 PUT', '202 PATCH', '202 POST', '202 POST'])
      expect(run.stderr).toMatch(/^debug: < 401 (?:PUT|POST|HEAD) /m)
    } finally {
      await valve.close()
    }
    expect(issued).toBeGreaterThan(1)
    storeCredentials(bench.home, server().endpoint.host, PUSHER.username, PUSHER.password)
    await bench.peer('oras', 'pull', '--plain-http', `${repository}:1.0.0`, '-o', 'by-oras')
    expect(bench.read('by-oras/large.wasm').equals(bench.read('large.wasm'))).toBe(true)
  })
})
