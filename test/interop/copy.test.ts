import { describe, expect, test } from 'vitest'

import { freshRepository, generateKeyPair, pushFresh, pushModule, writeModule } from './artifacts.ts'
import { cosignSign, cosignVerify } from './cosign.ts'
import { largeModule } from './modules.ts'
import { needsPeers } from './peer.ts'
import { openValve } from './valve.ts'
import { openWitness } from './witness.ts'
import { registry, useWorkbench } from './workbench.ts'

needsPeers('distribution', 'docker-registry', 'ggcr-registry', 'cosign', 'oras')

const CAPABILITIES = 'https://wasmpack.dev/attestation/capabilities/v1'
/** The form that cosign had before bundles: a tag made of the digest. */
const LEGACY = ['--new-bundle-format=false', '--allow-http-registry']

const bench = useWorkbench()

const isWrite = (line: string): boolean => !/^(?:GET|HEAD) /.test(line)

/** What oras finds attached, by the referrers API or by the fallback tag. */
async function digestsReferringTo(pinned: string): Promise<readonly string[]> {
  const discover = ['discover', '--plain-http', '--format', 'json', pinned]
  const { referrers } = JSON.parse((await bench.peer('oras', ...discover)).stdout) as {
    readonly referrers: readonly { readonly digest: string }[]
  }
  return referrers.map(({ digest }) => digest).toSorted()
}

describe('copy', () => {
  test('takes an artifact with what cosign and wasmpack have signed through three registries and a layout', async () => {
    await generateKeyPair(bench, 'signer')
    await bench.peer('cosign', 'generate-key-pair')
    const pushed = await pushFresh(bench, registry('distribution'), '--key', 'signer.key')
    await cosignSign(bench, pushed.pinned, 'cosign.key')
    const flags = [...LEGACY, '--use-signing-config=false', '--tlog-upload=false', '--yes']
    await bench.peer('cosign', 'sign', ...flags, '--key', 'cosign.key', pushed.pinned)

    const referrers = await digestsReferringTo(pushed.pinned)
    expect(referrers).toHaveLength(3)
    let source = pushed.repository
    for (const destination of [
      freshRepository(registry('docker-registry')),
      'oci-layout:carried',
      freshRepository(registry('ggcr-registry')),
      freshRepository(registry('distribution')),
    ]) {
      await bench.wasmpack('copy', `${source}:1.0.0`, destination, '--verify', '--key', 'signer.pub')
      source = destination
      const { stdout } = await bench.wasmpack('resolve', `${destination}:1.0.0`)
      expect(stdout.trim()).toBe(`${destination}@${pushed.digest}`)
      if (destination.startsWith('oci-layout:')) continue
      const pinned = `${destination}@${pushed.digest}`
      expect(await digestsReferringTo(pinned)).toEqual(referrers)
      for (const key of ['signer.pub', 'cosign.pub'])
        expect(await cosignVerify(bench, pinned, key)).toMatchObject({ exit: 0 })
      const verify = ['verify-attestation', '--allow-http-registry', '--insecure-ignore-tlog']
      await bench.peer('cosign', ...verify, '--type', CAPABILITIES, '--key', 'signer.pub', pinned)
      const legacy = ['verify', ...LEGACY, '--insecure-ignore-tlog', '--key', 'cosign.pub']
      await bench.peer('cosign', ...legacy, pinned)
      await bench.peer('oras', 'pull', '--plain-http', pinned, '-o', 'by-oras')
      expect(bench.read(`by-oras/${pushed.file}`).equals(bench.read(pushed.file))).toBe(true)
    }
  })

  test('with --verify writes nothing of what nobody trusted has signed', async () => {
    await generateKeyPair(bench, 'other')
    const pushed = await pushFresh(bench, registry('distribution'))
    const destination = freshRepository(registry('docker-registry'))
    const witness = await openWitness(bench.home, registry('docker-registry'))
    const copy = ['copy', pushed.tagged, witness.past(destination)]
    const run = await bench.attempt([...copy, '--verify', '--key', 'other.pub'])
    expect(run.exit).toBe(4)
    expect(witness.fresh().filter(isWrite)).toEqual([])
  })

  test.each(['distribution', 'docker-registry'] as const)('mounts blobs within %s', async (name) => {
    await generateKeyPair(bench, `signer-${name}`)
    const pushed = await pushFresh(bench, registry(name), '--key', `signer-${name}.key`)
    const destination = freshRepository(registry(name))
    const witness = await openWitness(bench.home, registry(name))
    await bench.wasmpack('copy', witness.past(pushed.tagged), witness.past(destination))
    const blobs = witness.fresh().filter((line) => isWrite(line) && line.includes('/blobs/'))
    expect(blobs.length).toBeGreaterThan(2)
    for (const line of blobs) expect(line).toMatch(/^POST \S*\?(?=.*mount=)(?=.*from=test)\S* 201$/)
    expect(await cosignVerify(bench, `${destination}@${pushed.digest}`, `signer-${name}.pub`)).toMatchObject({
      exit: 0,
    })
  })

  test('push --mount takes a module over from the repository that is named', async () => {
    const pushed = await pushFresh(bench, registry('distribution'))
    const destination = freshRepository(registry('distribution'))
    const from = pushed.repository.slice(pushed.repository.indexOf('/') + 1)
    const witness = await openWitness(bench.home, registry('distribution'))
    await pushModule(bench, witness.past(destination), pushed.file, '--mount', from)
    const uploads = witness.fresh().filter((line) => line.includes('/blobs/'))
    expect(uploads.filter((line) => line.includes('mount='))).toEqual([expect.stringMatching(/ 201$/)])
    // The config alone is sent.
    expect(uploads.filter((line) => line.startsWith('PUT '))).toHaveLength(1)
  })

  test('touches nothing where cosign copy has left bundles behind and taken the fallback tag, until that is deleted', async () => {
    await generateKeyPair(bench, 'left')
    const pushed = await pushFresh(bench, registry('distribution'), '--key', 'left.key')
    const destination = freshRepository(registry('distribution'))
    const pinned = `${destination}@${pushed.digest}`
    await bench.peer('cosign', 'copy', '--allow-http-registry', pushed.tagged, `${destination}:1.0.0`)
    expect((await cosignVerify(bench, pinned, 'left.pub')).exit).not.toBe(0)
    expect((await bench.attempt(['verify', pinned, '--key', 'left.pub'])).exit).toBe(4)
    const fallback = `${destination}:${pushed.digest.replace(':', '-')}`
    expect((await bench.peer('oras', 'resolve', '--plain-http', fallback)).stdout.trim()).toBe(pushed.digest)

    const refused = await bench.attempt(['copy', pushed.tagged, destination])
    expect(refused).toMatchObject({ exit: 5, stderr: expect.stringContaining('is not a referrers index') })
    await bench.wasmpack('delete', fallback, '--yes')
    await bench.wasmpack('copy', pushed.tagged, destination)
    await bench.wasmpack('verify', pinned, '--key', 'left.pub')
    expect(await cosignVerify(bench, pinned, 'left.pub')).toMatchObject({ exit: 0 })
    expect(await digestsReferringTo(pinned)).toEqual(await digestsReferringTo(pushed.pinned))
  })

  test('makes every copy of a list', async () => {
    const copies = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const { tagged, digest } = await pushFresh(bench, registry('distribution'))
        return (['docker-registry', 'ggcr-registry'] as const).map((name) => {
          return { tagged, digest, destination: freshRepository(registry(name)) }
        })
      }),
    )
    const entries = copies.flat()
    expect(entries).toHaveLength(20)
    bench.write('list', entries.map(({ tagged, destination }) => `${tagged} ${destination}\n`).join(''))
    await bench.wasmpack('copy', '--from-file', 'list')
    for (const { destination, digest } of entries) {
      const resolve = ['resolve', '--plain-http', `${destination}:1.0.0`]
      expect((await bench.peer('oras', ...resolve)).stdout.trim()).toBe(digest)
    }
  })

  test('leaves no tag when it is broken off, and is completed by the next run', async () => {
    await writeModule(bench, 'large.wasm', largeModule(8 << 20))
    const pushed = await pushModule(bench, freshRepository(registry('distribution')), 'large.wasm')
    const destination = freshRepository(registry('docker-registry'))
    const valve = await openValve(registry('docker-registry').host, 'to registry', 4 << 20)
    try {
      const path = destination.slice(destination.indexOf('/') + 1)
      const args = ['copy', pushed.tagged, `${valve.host}/${path}:1.0.0`, '--timeout', '3s', '--retries', '0']
      expect((await bench.attempt(args)).exit).toBe(9)
    } finally {
      await valve.close()
    }
    expect((await bench.attempt(['resolve', `${destination}:1.0.0`])).exit).toBe(6)
    await bench.wasmpack('copy', pushed.tagged, destination)
    await bench.peer('oras', 'pull', '--plain-http', `${destination}:1.0.0`, '-o', 'whole')
    expect(bench.read('whole/large.wasm').equals(bench.read('large.wasm'))).toBe(true)
  })
})
