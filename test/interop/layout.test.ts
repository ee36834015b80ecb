import { mkdirSync } from 'node:fs'

import { describe, expect, test } from 'vitest'

import { generateKeyPair, pushFresh, pushModule, writeModule } from './artifacts.ts'
import { needsPeers } from './peer.ts'
import { registry, useWorkbench } from './workbench.ts'

needsPeers('oras', 'regctl')

const bench = useWorkbench()

/** Pushes a fresh signed module into a layout of that name. */
async function signedLayout(name: string): Promise<{ readonly file: string; readonly digest: string }> {
  const file = `${name}.wasm`
  await writeModule(bench, file)
  if (!bench.exists('signer.key')) await generateKeyPair(bench, 'signer')
  return pushModule(bench, `oci-layout:${name}`, file, '--key', 'signer.key')
}

test('oras pull --oci-layout reads the layout that push wrote', async () => {
  const { file } = await signedLayout('pull')
  await bench.peer('oras', 'pull', '--oci-layout', 'pull:1.0.0', '-o', 'pulled')
  expect(bench.read(`pulled/${file}`)).toEqual(bench.read(file))
})

test('oras discover --oci-layout sees the signature in the layout', async () => {
  await signedLayout('discover')
  const run = await bench.peer('oras', 'discover', '--oci-layout', '--format', 'json', 'discover:1.0.0')
  const { referrers } = JSON.parse(run.stdout) as { readonly referrers: readonly { artifactType: string }[] }
  const types = new Set(referrers.map((referrer) => referrer.artifactType))
  expect([...types]).toEqual(['application/vnd.dev.sigstore.bundle.v0.3+json'])
})

test("regctl's ocidir reads the layout that push wrote", async () => {
  const { file, digest } = await signedLayout('regctl')
  const resolved = await bench.peer('regctl', 'manifest', 'head', 'ocidir://regctl:1.0.0')
  expect(resolved.stdout).toContain(digest)
  mkdirSync(bench.path('got'))
  await bench.peer('regctl', 'artifact', 'get', 'ocidir://regctl:1.0.0', '--output', 'got')
  expect(bench.read(`got/${file}`)).toEqual(bench.read(file))
  const listed = await bench.peer('regctl', 'tag', 'ls', 'ocidir://regctl')
  expect(listed.stdout.split('\n')).toContain('1.0.0')
})

test('pull reads a layout that oras wrote', async () => {
  await writeModule(bench, 'oras.wasm')
  await bench.peer('oras', 'push', '--oci-layout', 'from-oras:1', 'oras.wasm:application/wasm')
  const pull = ['pull', 'oci-layout:from-oras:1', '-o', 'from-oras.wasm', '-c', 'oras.capabilities.yaml']
  await bench.wasmpack(...pull, '--insecure-ignore-signature')
  expect(bench.read('from-oras.wasm')).toEqual(bench.read('oras.wasm'))
})

test('verify and pull read a signed layout that oras cp -r wrote from one of ours', async () => {
  const { file } = await signedLayout('source')
  const both = ['--from-oci-layout', '--to-oci-layout']
  await bench.peer('oras', 'cp', '-r', ...both, 'source:1.0.0', 'copied:1.0.0')
  await bench.wasmpack('verify', 'oci-layout:copied:1.0.0', '--key', 'signer.pub')
  await bench.wasmpack('pull', 'oci-layout:copied:1.0.0', '--key', 'signer.pub', '-o', 'copied.wasm')
  expect(bench.read('copied.wasm')).toEqual(bench.read(file))
})

describe('copies from a registry', () => {
  needsPeers('distribution')

  // oras lists referrers in the layout's index, regctl under the fallback tag.
  test.each([
    ['oras', (from: string) => ['cp', '-r', '--from-plain-http', '--to-oci-layout', from, 'by-oras:1.0.0']],
    ['regctl', (from: string) => ['image', 'copy', '--referrers', from, 'ocidir://by-regctl:1.0.0']],
  ] as const)('verify and pull read the signed layout that %s wrote', async (by, copy) => {
    if (!bench.exists('signer.key')) await generateKeyPair(bench, 'signer')
    const endpoint = registry('distribution')
    const { tagged, file } = await pushFresh(bench, endpoint, '--key', 'signer.key')
    await bench.peer('regctl', 'registry', 'set', endpoint.host, '--tls', 'disabled')
    await bench.peer(by, ...copy(tagged))
    await bench.wasmpack('verify', `oci-layout:by-${by}:1.0.0`, '--key', 'signer.pub')
    const pull = ['pull', `oci-layout:by-${by}:1.0.0`, '--key', 'signer.pub', '-o', `by-${by}.wasm`]
    await bench.wasmpack(...pull)
    expect(bench.read(`by-${by}.wasm`)).toEqual(bench.read(file))
  })
})
