import { describe, expect, test } from 'vitest'

import { freshRepository, generateKeyPair, pushFresh, writeModule } from './artifacts.ts'
import { cosignSign } from './cosign.ts'
import { importingModule } from './modules.ts'
import { needsPeers } from './peer.ts'
import { onEachRegistry, useWorkbench } from './workbench.ts'

needsPeers('oras')

interface Discovered {
  readonly referrers?: readonly { readonly digest: string; readonly artifactType: string }[]
}

const digests = (referrers: Discovered['referrers'] = []): readonly string[] =>
  referrers.map((referrer) => referrer.digest).sort()

onEachRegistry((registry) => {
  const bench = useWorkbench(registry)

  test('oras pull yields the same bytes under the same name', async () => {
    const pushed = await pushFresh(bench, registry())
    await bench.peer('oras', 'pull', '--plain-http', pushed.tagged, '-o', 'by-oras')
    expect(bench.read(`by-oras/${pushed.file}`)).toEqual(bench.read(pushed.file))
  })

  test('oras discover and discover list the same referrers', async () => {
    await generateKeyPair(bench, 'signer')
    const pushed = await pushFresh(bench, registry(), '--key', 'signer.key')
    const discover = ['discover', '--plain-http', '--format', 'json', pushed.pinned]
    const { referrers } = JSON.parse((await bench.peer('oras', ...discover)).stdout) as Discovered
    const listed = await bench.wasmpack('discover', pushed.pinned, '--format', 'json')
    const ours = (JSON.parse(listed.stdout) as Discovered).referrers ?? []
    expect(ours.length).toBeGreaterThan(0)
    expect(digests(referrers)).toEqual(digests(ours))
  })

  test.each([
    ['with the media type', ':application/wasm'],
    ['without a media type', ''],
  ])('pull reads what oras push wrote %s', async (_, mediaType) => {
    const tagged = `${freshRepository(registry())}:1`
    await writeModule(bench, 'theirs.wasm')
    await bench.peer('oras', 'push', '--plain-http', tagged, `theirs.wasm${mediaType}`)
    const pull = ['pull', tagged, '-o', 'pulled.wasm', '-c', 'theirs.capabilities.yaml']
    await bench.wasmpack(...pull, '--insecure-ignore-signature')
    expect(bench.read('pulled.wasm')).toEqual(bench.read('theirs.wasm'))
  })

  test('resolve and oras resolve agree, and so they do on a tag that wasmpack added', async () => {
    const pushed = await pushFresh(bench, registry())
    expect((await bench.wasmpack('resolve', pushed.tagged)).stdout.trim()).toBe(pushed.pinned)
    await bench.wasmpack('tag', pushed.pinned, 'latest')
    const resolved = await bench.peer('oras', 'resolve', '--plain-http', `${pushed.repository}:latest`)
    expect(resolved.stdout.trim()).toBe(pushed.digest)
  })
})

describe('imports against the embedded capability manifest', () => {
  needsPeers('cosign')

  onEachRegistry(
    (registry) => {
      const bench = useWorkbench(registry)

      test('pull refuses a signed artifact whose bytes import more than it was pushed with', async () => {
        const key = 'dev.wasmpack.capabilities'
        await generateKeyPair(bench, 'signer')
        const modest = await pushFresh(bench, registry())
        const fetched = await bench.peer('oras', 'manifest', 'fetch', '--plain-http', modest.pinned)
        const { annotations } = JSON.parse(fetched.stdout) as {
          annotations: Readonly<Record<string, string>>
        }
        const annotation = `${key}=${annotations[key] ?? ''}`

        const repository = freshRepository(registry())
        bench.write('greedy.wasm', importingModule('wasi_snapshot_preview1', 'sock_accept'))
        const push = ['push', '--plain-http', '--annotation', annotation, `${repository}:1`]
        await bench.peer('oras', ...push, 'greedy.wasm:application/wasm')
        const digest = (await bench.peer('oras', 'resolve', '--plain-http', `${repository}:1`)).stdout.trim()
        await cosignSign(bench, `${repository}@${digest}`, 'signer.key')

        await bench.wasmpack('verify', `${repository}:1`, '--key', 'signer.pub')
        const pull = await bench.attempt([
          'pull',
          `${repository}:1`,
          '--key',
          'signer.pub',
          '-o',
          'pulled.wasm',
        ])
        expect(pull).toMatchObject({ exit: 3, stderr: expect.stringContaining('sock_accept') })
        expect(bench.files().filter((file) => file.includes('pulled'))).toEqual([])
      })
    },
    ['distribution-bearer', 'ggcr-registry'],
  )
})
