import {
  appendFileSync,
  closeSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { WASM_CONFIG, WASM_LAYER } from '../../src/artifact/profiles/wasm.ts'
import { parseCapabilityManifest } from '../../src/capabilities/manifest/manifest-text.ts'
import { CAPABILITY_PREDICATE } from '../../src/attestations/predicates/capabilities.ts'
import { preparePush } from '../../src/delivery/prepare.ts'
import { publishArtifact } from '../../src/delivery/publish.ts'
import { collect } from '../../src/oci/descriptor.ts'
import { openLayout } from '../../src/oci/layout/layout.ts'
import { MemoryTarget } from '../support/memory-target.ts'
import type { Target } from '../../src/oci/target.ts'
import { undefinedIfNotFound } from '../../src/oci/target.ts'
import { SIGNATURE_PREDICATE } from '../../src/attestations/statement.ts'
import { verifySignatures } from '../../src/attestations/verify.ts'
import { readFixture } from '../support/fixtures.ts'
import { newSigner } from '../signing/scene.ts'
import {
  capabilitiesOf,
  EPOCH,
  NOTHING,
  noting,
  openFixture,
  openLarge,
  overriding,
  prepareFixture,
  temporaryDirectory,
  prepareWhole,
} from './scene.ts'

const request = { tags: ['1.0'], signedAt: EPOCH }

test('publish writes the manifest of an unsigned artifact once, by its tag, after its blobs', async () => {
  const { target, writes } = noting(new MemoryTarget('test/app'))
  const prepared = await prepareFixture('rust-hello')
  const publication = await publishArtifact(prepared, { ...request, target }, {})
  expect(publication).toEqual({ digest: prepared.manifest.digest, written: true })
  expect(writes.slice(0, 2).sort()).toEqual([
    'blob application/vnd.wasm.config.v0+json',
    'blob application/wasm',
  ])
  expect(writes.slice(2)).toEqual(['manifest as 1.0'])
  expect((await target.resolve('1.0')).digest).toBe(prepared.manifest.digest)
})

test('publish writes the tags after signature and attestation', async () => {
  const { target, writes } = noting(new MemoryTarget('test/app'))
  await publishArtifact(
    await prepareFixture('rust-hello'),
    { ...request, tags: ['1.0', 'latest'], target, signer: await newSigner() },
    {},
  )
  expect(writes.filter((write) => !write.startsWith('blob'))).toEqual([
    'manifest',
    `referrer ${SIGNATURE_PREDICATE}`,
    `referrer ${CAPABILITY_PREDICATE}`,
    'manifest as 1.0',
    'manifest as latest',
  ])
})

test('publish writes no tag when signing fails', async () => {
  const target = new MemoryTarget('test/app')
  const signer = { ...(await newSigner()), sign: () => Promise.reject(new Error('no signature today')) }
  await expect(
    publishArtifact(await prepareFixture('rust-hello'), { ...request, target, signer }, {}),
  ).rejects.toThrow('no signature today')
  expect(await target.tags()).toEqual([])
})

test('publish writes nothing when every tag names the artifact and the signer has signed it', async () => {
  const { target, writes } = noting(new MemoryTarget('test/app'))
  const prepared = await prepareFixture('zig-hello')
  const signer = await newSigner()
  await publishArtifact(prepared, { ...request, target, signer }, {})
  writes.length = 0
  const again = await publishArtifact(prepared, { ...request, target, signer }, {})
  expect(writes).toEqual([])
  expect(again.written).toBe(false)
  expect(again.signature?.written).toBe(false)
  expect(again.attestation?.written).toBe(false)
})

test('publish gives an unchanged artifact the signature it lacks, and leaves its tag alone', async () => {
  const { target, writes } = noting(new MemoryTarget('test/app'))
  const prepared = await prepareFixture('zig-hello')
  await publishArtifact(prepared, { ...request, target }, {})
  writes.length = 0
  const signer = await newSigner()
  await publishArtifact(prepared, { ...request, target, signer }, {})
  expect(writes.filter((write) => write.startsWith('manifest'))).toEqual([])
  const { signatures } = await verifySignatures(target, prepared.manifest.digest, signer.verifier)
  expect(signatures).toHaveLength(1)
})

test('publish adds only the tag that is missing', async () => {
  const { target, writes } = noting(new MemoryTarget('test/app'))
  const prepared = await prepareFixture('zig-hello')
  await publishArtifact(prepared, { ...request, target }, {})
  writes.length = 0
  await publishArtifact(prepared, { ...request, target, tags: ['1.0', '1'] }, {})
  expect(writes).toEqual(['manifest as 1'])
})

test('publish stops with MODULE_CHANGED when the file is another one at the upload, and writes no manifest', async () => {
  const module = await openFixture('as-hello')
  const prepared = await prepareWhole(module, {
    title: 'a.wasm',
    capabilities: capabilitiesOf('as-hello'),
    annotations: {},
    created: EPOCH,
  })
  for (const change of [
    () => appendFileSync(module.path, '\0'),
    () => writeFileSync(module.path, readFixture('zig-hello')),
  ]) {
    change()
    const target = new MemoryTarget('test/app')
    await expect(publishArtifact(prepared, { ...request, target }, {})).rejects.toMatchObject({
      code: 'MODULE_CHANGED',
      exit: 5,
    })
    expect(await target.tags()).toEqual([])
    expect(await target.exists(prepared.layer.descriptor)).toBe(false)
  }
})

describe('a large module', () => {
  const options = { title: 'a.wasm', capabilities: NOTHING, annotations: {}, created: EPOCH }

  /** The target, with the ways that blobs come in by noted. */
  function waysInto(target: Target): { readonly target: Target; readonly ways: string[] } {
    const ways: string[] = []
    const noted = overriding(target, {
      push(blob, operation) {
        const from = operation?.from === undefined ? '' : ` from ${operation.from}`
        ways.push(blob.descriptor.mediaType + from)
        return target.push(blob, operation)
      },
      pushUnhashed(source, operation) {
        ways.push('a source')
        return target.pushUnhashed(source, operation)
      },
    })
    return { target: noted, ways }
  }

  test('is hashed while it is sent where no tag names anything, and makes the same artifact', async () => {
    const module = await openLarge()
    const { target, ways } = waysInto(new MemoryTarget('test/app'))
    const prepared = await preparePush(module, options)
    expect(prepared.unread).toBe(true)
    const { digest, written } = await publishArtifact(prepared, { ...request, target }, {})
    expect(ways).toEqual(['a source', WASM_CONFIG])
    expect(written).toBe(true)
    expect(digest).toBe((await prepareWhole(module, options)).manifest.digest)
    expect((await target.resolve('1.0')).digest).toBe(digest)
  })

  test('is hashed first where a tag names something or a repository to mount from is named', async () => {
    const module = await openLarge()
    const { target, ways } = waysInto(new MemoryTarget('test/app'))
    await publishArtifact(await prepareFixture('as-hello'), { ...request, target }, {})
    ways.length = 0
    await publishArtifact(await preparePush(module, options), { ...request, target }, {})
    expect(ways.toSorted()).toEqual([WASM_LAYER, WASM_CONFIG].toSorted())
    ways.length = 0
    const from = { ...request, tags: ['2'], target, mountFrom: 'team/base' }
    await publishArtifact(await preparePush(module, options), from, {})
    expect(ways.toSorted()).toEqual([`${WASM_LAYER} from team/base`, WASM_CONFIG].toSorted())
  })

  test('that is judged by its instructions is read whole at once', async () => {
    const capabilities = parseCapabilityManifest(
      'apiVersion: wasmpack.dev/v1alpha1\nkind: CapabilityManifest\nmetadata: { name: a }\nspec: { grants: {}, features: { baseline: wasm-2.0 } }\n',
      'a.yaml',
    )
    expect((await preparePush(await openLarge(), { ...options, capabilities })).unread).toBe(false)
  })

  test.each<[string, (path: string) => void]>([
    ['has grown', (path) => appendFileSync(path, '\0asm')],
    ['is shorter', (path) => truncateSync(path, 1000)],
    ['has another section', (path) => overwrite(path, 'date', 14)],
    ['is no module any more', (path) => overwrite(path, '!', 0)],
  ])('that %s is not published', async (_, change) => {
    for (const exists of [false, true]) {
      const module = await openLarge()
      const target = new MemoryTarget('test/app')
      if (exists) await publishArtifact(await prepareFixture('as-hello'), { ...request, target }, {})
      const before = await undefinedIfNotFound(target.resolve('1.0'))
      const prepared = await preparePush(module, options)
      change(module.path)
      await expect(publishArtifact(prepared, { ...request, target }, {})).rejects.toMatchObject({
        code: 'MODULE_CHANGED',
        exit: 5,
      })
      expect(await undefinedIfNotFound(target.resolve('1.0'))).toEqual(before)
    }
  })

  test('that cannot be wrapped is told before anything is sent', async () => {
    const annotations = { 'dev.wasmpack.capabilities': '{}' }
    await expect(preparePush(await openLarge(), { ...options, annotations })).rejects.toMatchObject({
      code: 'USAGE',
    })
  })

  function overwrite(path: string, text: string, at: number): void {
    const file = openSync(path, 'r+')
    writeSync(file, text, at)
    closeSync(file)
  }
})

test('publish takes no module that was refused', async () => {
  const prepared = await prepareFixture('rust-hello', NOTHING)
  expect(prepared.verdict.allowed).toBe(false)
  await expect(
    publishArtifact(prepared, { ...request, target: new MemoryTarget('test/app') }, {}),
  ).rejects.toThrow()
})

test('prepare gives the same digest for the same input, and another for another title or capability manifest', async () => {
  const [one, same] = [await prepareFixture('cpp-files'), await prepareFixture('cpp-files')]
  expect(same.manifest.digest).toBe(one.manifest.digest)
  const module = await openFixture('cpp-files')
  const options = {
    title: 'cpp-files.wasm',
    capabilities: capabilitiesOf('cpp-files'),
    annotations: {},
    created: EPOCH,
  }
  const digests = await Promise.all(
    [
      options,
      { ...options, title: 'other.wasm' },
      { ...options, capabilities: NOTHING },
      { ...options, annotations: { a: 'b' } },
    ].map(async (options) => (await prepareWhole(module, options)).manifest.digest),
  )
  expect(digests[0]).toBe(one.manifest.digest)
  expect(new Set(digests).size).toBe(4)
})

test('publish repairs what a tag names: a layer that was lost or damaged is written again', async () => {
  const prepared = await prepareFixture('zig-hello')
  const { digest } = prepared.layer.descriptor
  for (const harm of [
    (path: string) => rmSync(path),
    (path: string) => writeFileSync(path, Buffer.alloc(statSync(path).size)),
  ]) {
    const path = join(temporaryDirectory(), 'oci')
    const target = await openLayout(path, { create: true })
    await publishArtifact(prepared, { ...request, target }, {})
    harm(join(path, 'blobs', digest.replace(':', '/')))
    const again = await publishArtifact(prepared, { ...request, target, tags: ['1.0', '1'] }, {})
    expect(again.written).toBe(true)
    const bytes = await collect(
      target.fetch(prepared.layer.descriptor),
      prepared.layer.descriptor.size,
      'layer',
    )
    expect(Buffer.from(bytes).equals(readFixture('zig-hello'))).toBe(true)
  }
})
