import { describe, expect, test } from 'vitest'

import { generateKeyPair, pushFresh } from './artifacts.ts'
import { cosignSign, cosignVerify } from './cosign.ts'
import { needsPeers } from './peer.ts'
import { onEachRegistry, useWorkbench } from './workbench.ts'

needsPeers('cosign')

onEachRegistry((registry) => {
  const bench = useWorkbench(registry)

  test('cosign verify accepts what push --key wrote, by digest and by tag', async () => {
    await generateKeyPair(bench, 'ours')
    const pushed = await pushFresh(bench, registry(), '--key', 'ours.key')
    for (const reference of [pushed.pinned, pushed.tagged]) {
      const verified = await cosignVerify(bench, reference, 'ours.pub')
      expect(verified).toMatchObject({ exit: 0, stdout: expect.stringContaining(pushed.digest) })
    }
  })

  test('cosign verify refuses what push --key wrote with another key', async () => {
    await generateKeyPair(bench, 'signer')
    await generateKeyPair(bench, 'stranger')
    const pushed = await pushFresh(bench, registry(), '--key', 'signer.key')
    expect((await cosignVerify(bench, pushed.pinned, 'stranger.pub')).exit).not.toBe(0)
  })

  test('verify and pull accept what cosign sign wrote', async () => {
    await bench.peer('cosign', 'generate-key-pair', '--output-key-prefix', 'theirs')
    const pushed = await pushFresh(bench, registry())
    expect((await bench.attempt(['verify', pushed.tagged, '--key', 'theirs.pub'])).exit).toBe(4)
    await cosignSign(bench, pushed.pinned, 'theirs.key')
    await bench.wasmpack('verify', pushed.tagged, '--key', 'theirs.pub')
    await bench.wasmpack('pull', pushed.tagged, '--key', 'theirs.pub', '-o', 'pulled.wasm')
    expect(bench.read('pulled.wasm')).toEqual(bench.read(pushed.file))
  })

  test('sign writes with a key file of cosign what cosign verify accepts, beside a signature of cosign', async () => {
    await bench.peer('cosign', 'generate-key-pair', '--output-key-prefix', 'first')
    await bench.peer('cosign', 'generate-key-pair', '--output-key-prefix', 'second')
    const pushed = await pushFresh(bench, registry())
    await cosignSign(bench, pushed.pinned, 'first.key')
    await bench.wasmpack('sign', pushed.pinned, '--key', 'second.key')
    for (const key of ['first.pub', 'second.pub']) {
      expect(await cosignVerify(bench, pushed.pinned, key)).toMatchObject({ exit: 0 })
      await bench.wasmpack('verify', pushed.pinned, '--key', key)
    }
  })

  test('cosign sign with a key file of wasmpack is what verify accepts, beside a signature of wasmpack', async () => {
    await generateKeyPair(bench, 'one')
    await generateKeyPair(bench, 'two')
    const pushed = await pushFresh(bench, registry(), '--key', 'one.key')
    await cosignSign(bench, pushed.pinned, 'two.key')
    for (const key of ['one.pub', 'two.pub']) {
      await bench.wasmpack('verify', pushed.pinned, '--key', key)
      expect(await cosignVerify(bench, pushed.pinned, key)).toMatchObject({ exit: 0 })
    }
  })

  test('sign keeps a signature that cosign made with the same key', async () => {
    await bench.peer('cosign', 'generate-key-pair', '--output-key-prefix', 'same')
    const pushed = await pushFresh(bench, registry())
    await cosignSign(bench, pushed.pinned, 'same.key')
    const run = await bench.wasmpack('sign', pushed.pinned, '--key', 'same.key', '--format', 'json')
    expect(JSON.parse(run.stdout)).toMatchObject({ written: false })
  })

  test('discover lists what cosign attached, and cosign tree what push --key attached', async () => {
    await generateKeyPair(bench, 'tree')
    const pushed = await pushFresh(bench, registry(), '--key', 'tree.key')
    const tree = await bench.peer('cosign', 'tree', '--allow-http-registry', pushed.pinned)
    expect(tree.stdout).toContain('https://sigstore.dev/cosign/sign/v1')
    await bench.peer('cosign', 'generate-key-pair', '--output-key-prefix', 'leaf')
    await cosignSign(bench, pushed.pinned, 'leaf.key')
    const listed = await bench.wasmpack('discover', pushed.pinned, '--format', 'json')
    const { referrers } = JSON.parse(listed.stdout) as { readonly referrers: readonly { kind: string }[] }
    expect(referrers.filter((referrer) => referrer.kind === 'signature')).toHaveLength(2)
  })
})

describe('key files', () => {
  const bench = useWorkbench()

  test('cosign reads the public key of a key file of wasmpack', async () => {
    await generateKeyPair(bench, 'ours')
    const shown = await bench.peer('cosign', 'public-key', '--key', 'ours.key')
    expect(shown.stdout.trim()).toBe(bench.read('ours.pub').toString().trim())
  })
})
