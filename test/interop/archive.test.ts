import { execFileSync } from 'node:child_process'

import { describe, expect, test } from 'vitest'

import { freshRepository, generateKeyPair, pushFresh, pushModule, writeModule } from './artifacts.ts'
import { cosignVerify } from './cosign.ts'
import { needsPeers } from './peer.ts'
import { registry, useWorkbench } from './workbench.ts'

needsPeers('distribution', 'oras', 'regctl', 'cosign')

const bench = useWorkbench()

/** An archive of a fresh module that is signed, by the way of a layout. */
async function signedArchive(name: string): Promise<{ readonly file: string; readonly digest: string }> {
  const file = `${name}.wasm`
  await writeModule(bench, file)
  if (!bench.exists('signer.key')) await generateKeyPair(bench, 'signer')
  const pushed = await pushModule(bench, `oci-layout:${name}`, file, '--key', 'signer.key')
  await bench.wasmpack('copy', pushed.tagged, `oci-archive:${name}.tar`)
  return { file, digest: pushed.digest }
}

const plain = (host: string): Promise<unknown> =>
  bench.peer('regctl', 'registry', 'set', host, '--tls', 'disabled')

test('an artifact crosses an air gap in one file, and cosign verifies it on the other side', async () => {
  await generateKeyPair(bench, 'outside')
  const pushed = await pushFresh(bench, registry('distribution'), '--key', 'outside.key')
  const check = ['--verify', '--key', 'outside.pub']
  await bench.wasmpack('copy', pushed.tagged, 'oci-archive:carried.tar', ...check)
  const inside = freshRepository(registry('distribution'))
  await bench.wasmpack('copy', 'oci-archive:carried.tar:1.0.0', inside, ...check)
  const { stdout } = await bench.wasmpack('resolve', `${inside}:1.0.0`)
  expect(stdout.trim()).toBe(`${inside}@${pushed.digest}`)
  expect(await cosignVerify(bench, `${inside}:1.0.0`, 'outside.pub')).toMatchObject({ exit: 0 })
})

test('an archive is the same, byte for byte, from a registry and from what oras copied of it', async () => {
  const endpoint = registry('distribution')
  if (!bench.exists('signer.key')) await generateKeyPair(bench, 'signer')
  const pushed = await pushFresh(bench, endpoint, '--key', 'signer.key')
  await bench.wasmpack('copy', pushed.tagged, 'oci-archive:direct.tar')
  const copy = ['cp', '-r', '--from-plain-http', '--to-oci-layout', pushed.tagged, 'by-oras:1.0.0']
  await bench.peer('oras', ...copy)
  await bench.wasmpack('copy', 'oci-layout:by-oras:1.0.0', 'oci-archive:indirect.tar')
  expect(bench.read('indirect.tar').equals(bench.read('direct.tar'))).toBe(true)
})

describe('ours', () => {
  test('is copied by oras into a registry, with its signatures', async () => {
    const { digest } = await signedArchive('for-oras')
    const repository = freshRepository(registry('distribution'))
    const copy = ['cp', '-r', '--from-oci-layout', '--to-plain-http', 'for-oras.tar:1.0.0']
    await bench.peer('oras', ...copy, `${repository}:1.0.0`)
    await bench.wasmpack('verify', `${repository}@${digest}`, '--key', 'signer.pub')
    expect(await cosignVerify(bench, `${repository}:1.0.0`, 'signer.pub')).toMatchObject({ exit: 0 })
  })

  test('is imported by regctl into a registry, which leaves the signatures behind', async () => {
    const { digest, file } = await signedArchive('for-regctl')
    const endpoint = registry('distribution')
    const repository = freshRepository(endpoint)
    await plain(endpoint.host)
    await bench.peer('regctl', 'image', 'import', `${repository}:1.0.0`, 'for-regctl.tar')
    const pull = ['pull', `${repository}@${digest}`, '--insecure-ignore-signature', '-o', 'imported.wasm']
    await bench.wasmpack(...pull)
    expect(bench.read('imported.wasm')).toEqual(bench.read(file))
    const verify = await bench.attempt(['verify', `${repository}:1.0.0`, '--key', 'signer.pub'])
    expect(verify).toMatchObject({ exit: 4, stderr: expect.stringContaining('SIGNATURE_MISSING') })
    // They are in the file all the same.
    await bench.wasmpack('copy', 'oci-archive:for-regctl.tar:1.0.0', repository)
    await bench.wasmpack('verify', `${repository}:1.0.0`, '--key', 'signer.pub')
  })
})

describe('theirs', () => {
  test("regctl's export is pulled and copied; it has no signatures, and says no word of them", async () => {
    if (!bench.exists('signer.key')) await generateKeyPair(bench, 'signer')
    const endpoint = registry('distribution')
    const pushed = await pushFresh(bench, endpoint, '--key', 'signer.key')
    await plain(endpoint.host)
    const said = await bench.peer('regctl', 'image', 'export', pushed.tagged, 'exported.tar')
    expect(said.stderr).toBe('')
    const archive = 'oci-archive:exported.tar:1.0.0'
    await bench.wasmpack('pull', archive, '--insecure-ignore-signature', '-o', 'exported.wasm')
    expect(bench.read('exported.wasm')).toEqual(bench.read(pushed.file))
    const verify = await bench.attempt(['verify', archive, '--key', 'signer.pub'])
    expect(verify).toMatchObject({ exit: 4, stderr: expect.stringContaining('SIGNATURE_MISSING') })
    const repository = freshRepository(endpoint)
    await bench.wasmpack('copy', archive, repository)
    const { stdout } = await bench.wasmpack('resolve', `${repository}:1.0.0`)
    expect(stdout.trim()).toBe(`${repository}@${pushed.digest}`)
  })

  test('of --compress is refused, with what helps', async () => {
    const { digest } = await signedArchive('compressed')
    const from = 'ocidir://compressed:1.0.0'
    await bench.peer('regctl', 'image', 'export', '--compress', from, 'small.tar.gz')
    const run = await bench.attempt(['resolve', 'oci-archive:small.tar.gz:1.0.0'])
    expect(run).toMatchObject({ exit: 5, stderr: expect.stringContaining('gunzip it first') })
    execFileSync('gunzip', [bench.path('small.tar.gz')])
    const { stdout } = await bench.wasmpack('resolve', 'oci-archive:small.tar:1.0.0')
    expect(stdout).toContain(digest)
  })

  test('what tar makes of a layout that oras wrote is verified with its signatures', async () => {
    const { file } = await signedArchive('ours')
    const both = ['cp', '-r', '--from-oci-layout', '--to-oci-layout']
    await bench.peer('oras', ...both, 'ours.tar:1.0.0', 'copied:1.0.0')
    execFileSync('tar', ['-C', bench.path('copied'), '-cf', bench.path('copied.tar'), '.'])
    const pull = ['pull', 'oci-archive:copied.tar:1.0.0', '--key', 'signer.pub', '-o', 'copied.wasm']
    await bench.wasmpack(...pull)
    expect(bench.read('copied.wasm')).toEqual(bench.read(file))
  })
})
