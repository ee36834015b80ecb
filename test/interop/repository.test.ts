import { describe, expect, test } from 'vitest'

import { serverOf, startRegistry } from '../stack/registries.ts'
import { generateKeyPair, pushFresh } from './artifacts.ts'
import { cosignSign } from './cosign.ts'
import { needsPeers } from './peer.ts'
import { useServed } from './served.ts'
import { onEachRegistry, useWorkbench } from './workbench.ts'

needsPeers('cosign', 'oras')

interface Listing {
  readonly tags: readonly { readonly tag: string; readonly digest: string; readonly signature: string }[]
}

onEachRegistry((registry, name) => {
  const bench = useWorkbench(registry)

  test('ls lists the tags that oras lists, and what cosign and wasmpack have signed', async () => {
    const pushed = await pushFresh(bench, registry())
    await bench.wasmpack('tag', pushed.pinned, '1', 'latest')
    const listed = async (): Promise<Listing['tags']> => {
      const run = await bench.wasmpack('ls', pushed.repository, '--format', 'json')
      return (JSON.parse(run.stdout) as Listing).tags
    }
    const { stdout } = await bench.peer('oras', 'repo', 'tags', '--plain-http', pushed.repository)
    expect((await listed()).map(({ tag }) => tag)).toEqual(stdout.trim().split('\n').toSorted())
    expect(new Set((await listed()).map(({ signature }) => signature))).toEqual(new Set(['none']))
    await bench.peer('cosign', 'generate-key-pair')
    await cosignSign(bench, pushed.pinned, 'cosign.key')
    expect(await listed()).toEqual(
      ['1', '1.0.0', 'latest'].map((tag) =>
        expect.objectContaining({ tag, digest: pushed.digest, signature: 'bundle' }),
      ),
    )
  })

  test('delete takes away the artifact with its signatures, which oras then finds no more', async () => {
    await generateKeyPair(bench, 'signer')
    const pushed = await pushFresh(bench, registry(), '--key', 'signer.key')
    const discover = ['discover', '--plain-http', '--format', 'json', pushed.pinned]
    const { referrers } = JSON.parse((await bench.peer('oras', ...discover)).stdout) as {
      readonly referrers: readonly { readonly digest: string }[]
    }
    expect(referrers).toHaveLength(2)
    await bench.wasmpack('delete', pushed.pinned, '--with-referrers', '--yes')
    for (const digest of [pushed.digest, ...referrers.map((each) => each.digest)]) {
      const resolve = ['resolve', '--plain-http', `${pushed.repository}@${digest}`]
      expect((await bench.attemptPeer('oras', resolve)).exit).not.toBe(0)
    }
    expect((await bench.attempt(['pull', pushed.tagged, '-o', 'x.wasm', '--key', 'signer.pub'])).exit).toBe(6)
    const fallback = `${pushed.repository}:${pushed.digest.replace(':', '-')}`
    const list = await bench.attemptPeer('oras', ['manifest', 'fetch', '--plain-http', fallback])
    // It keeps a tag whose manifest is deleted by its digest, so the list is emptied.
    if (name.startsWith('ggcr')) expect(JSON.parse(list.stdout)).toMatchObject({ manifests: [] })
    else expect(list.exit).not.toBe(0)
  })

  test('delete takes away a tag alone, also where the registry deletes manifests only', async () => {
    const pushed = await pushFresh(bench, registry())
    await bench.wasmpack('tag', pushed.pinned, 'other')
    await bench.wasmpack('delete', pushed.tagged, '--yes')
    expect((await bench.attempt(['resolve', pushed.tagged])).exit).toBe(6)
    expect((await bench.wasmpack('resolve', `${pushed.repository}:other`)).stdout.trim()).toBe(pushed.pinned)
  })
})

describe.each(['distribution', 'docker-registry'] as const)('%s without deletion', (name) => {
  const server = useServed([serverOf(name)], async (directory) => {
    const { endpoint, process } = await startRegistry(name, directory, undefined, { deletes: false })
    return { endpoint, stop: () => process.kill() }
  })
  const bench = useWorkbench()

  test('delete by digest is exit 8, says whom to ask, and takes nothing away', async () => {
    const pushed = await pushFresh(bench, server().endpoint)
    const run = await bench.attempt(['delete', pushed.pinned, '--yes'])
    expect(run).toMatchObject({ exit: 8, stdout: '' })
    expect(run.stderr).toContain('deletion may be disabled in the registry: ask its administrator')
    expect((await bench.peer('oras', 'resolve', '--plain-http', pushed.tagged)).stdout.trim()).toBe(
      pushed.digest,
    )
  })
})
