import { expect, test } from 'vitest'

import { generateKeyPair, pushFresh } from './artifacts.ts'
import { needsPeers } from './peer.ts'
import { onEachRegistry, useWorkbench } from './workbench.ts'

needsPeers('crane')

onEachRegistry((registry) => {
  const bench = useWorkbench(registry)

  test('crane validate --remote passes for what push wrote', async () => {
    await generateKeyPair(bench, 'signer')
    const pushed = await pushFresh(bench, registry(), '--key', 'signer.key')
    const validated = await bench.peer('crane', 'validate', '--remote', pushed.tagged)
    expect(validated.stdout + validated.stderr).toContain(`PASS: ${pushed.tagged}`)
  })

  test('crane digest is the digest that push printed', async () => {
    const pushed = await pushFresh(bench, registry())
    expect((await bench.peer('crane', 'digest', pushed.tagged)).stdout.trim()).toBe(pushed.digest)
  })
})
