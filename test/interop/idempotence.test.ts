import { expect, test } from 'vitest'

import { generateKeyPair, pushFresh } from './artifacts.ts'
import { onEachRegistry, useWorkbench } from './workbench.ts'

onEachRegistry((registry) => {
  const bench = useWorkbench(registry)

  test('a second push of a signed artifact writes nothing', async () => {
    await generateKeyPair(bench, 'again')
    const { tagged, pinned, file } = await pushFresh(bench, registry(), '--key', 'again.key')
    const first = await bench.wasmpack('discover', pinned)
    const second = await bench.wasmpack('push', tagged, file, '--key', 'again.key', '--format', 'json')
    expect(JSON.parse(second.stdout)).toMatchObject({ written: false, signature: { written: false } })
    expect((await bench.wasmpack('discover', pinned)).stdout).toBe(first.stdout)
  })

  test('a second push with a key signs what was pushed without one', async () => {
    await generateKeyPair(bench, 'later')
    const { tagged, digest, file } = await pushFresh(bench, registry())
    const second = await bench.wasmpack('push', tagged, file, '--key', 'later.key', '--format', 'json')
    expect(JSON.parse(second.stdout)).toMatchObject({ digest, written: false, signature: { written: true } })
    await bench.wasmpack('verify', tagged, '--key', 'later.pub')
  })

  test('push writes every tag of a list, and what --dry-run said is what is pushed', async () => {
    const { repository, file, digest } = await pushFresh(bench, registry())
    const push = ['push', `${repository}:1.0.1,latest`, file, '--format', 'json']
    expect(JSON.parse((await bench.wasmpack(...push, '--dry-run')).stdout)).toMatchObject({ digest })
    expect((await bench.attempt(['resolve', `${repository}:latest`])).exit).toBe(6)
    await bench.wasmpack(...push)
    for (const tag of ['1.0.1', 'latest'])
      expect((await bench.wasmpack('resolve', `${repository}:${tag}`)).stdout.trim()).toBe(
        `${repository}@${digest}`,
      )
  })
})
