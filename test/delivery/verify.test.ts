import { gzipSync } from 'node:zlib'

import tar from 'tar-stream'
import { expect, test } from 'vitest'

import { signArtifact } from '../../src/attestations/sign.ts'
import { inspectArtifact } from '../../src/delivery/inspect-subject.ts'
import { verifyContents } from '../../src/delivery/admit.ts'
import { publishArtifact } from '../../src/delivery/publish.ts'
import { type Blob, createBlob } from '../../src/oci/descriptor.ts'
import { computeDigest } from '../../src/oci/digest.ts'
import { describeManifest, type Index, type Manifest, parseManifest } from '../../src/oci/manifest.ts'
import { OCI_INDEX } from '../../src/oci/media-types.ts'
import type { Signer } from '../../src/signing/signer.ts'
import { blobFrom, manifestOf } from '../oci/artifacts.ts'
import { readFixture } from '../support/fixtures.ts'
import { MemoryTarget } from '../support/memory-target.ts'
import { newSigner } from '../signing/scene.ts'
import { EPOCH, overriding, prepareFixture } from './scene.ts'

const IMAGE_CONFIG = 'application/vnd.oci.image.config.v1+json'
const TREE = 'application/vnd.oci.image.layer.v1.tar+gzip'
const MODULE = Buffer.from(readFixture('rust-hello'))

interface Content {
  readonly config?: string
  readonly configType?: string
  readonly layers: readonly (Blob & { readonly type: string })[]
}

const layer = (type: string, bytes: Buffer): Content['layers'][number] => ({
  ...createBlob(bytes, { mediaType: type, digest: computeDigest(bytes), size: bytes.length }),
  type,
})

async function tree(...names: readonly string[]): Promise<Content['layers'][number]> {
  const pack = tar.pack()
  for (const name of names) pack.entry({ name }, MODULE)
  pack.finalize()
  const parts: Buffer[] = []
  for await (const part of pack as unknown as AsyncIterable<Buffer>) parts.push(part)
  return layer(TREE, gzipSync(Buffer.concat(parts)))
}

async function store(target: MemoryTarget, { config = '{}', configType = IMAGE_CONFIG, layers }: Content) {
  const configBlob = blobFrom(config)
  for (const blob of [configBlob, ...layers]) await target.push(blob)
  const manifest = manifestOf({
    config: { ...configBlob.descriptor, mediaType: configType },
    layers: layers.map(({ descriptor, type }) => ({ ...descriptor, mediaType: type })),
  })
  await target.pushManifest(manifest)
  return manifest
}

async function signed(
  make: (target: MemoryTarget) => Promise<Manifest | Index>,
): Promise<{ target: MemoryTarget; signer: Signer }> {
  const [target, signer] = [new MemoryTarget('test/app'), await newSigner()]
  const artifact = await make(target)
  await target.pushManifest(artifact, '1')
  await signArtifact(target, artifact, signer, { created: EPOCH })
  return { target, signer }
}

const indexOf = (...children: readonly Manifest[]): Index =>
  parseManifest(
    Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: children.map(describeManifest) }),
    ),
    OCI_INDEX,
    'an index',
  ) as Index

const image = async (target: MemoryTarget, config: string, ...names: string[]): Promise<Manifest> =>
  store(target, { config, layers: [await tree(...names)] })

const REFUSED: readonly [string, (target: MemoryTarget) => Promise<Manifest | Index>, RegExp][] = [
  ['a file tree with two modules', (target) => image(target, '{}', 'plugin.wasm', 'b'), /a second module/],
  [
    'an image that starts something else',
    (target) => image(target, '{"config": {"Entrypoint": ["/bin/sh"]}}', 'plugin.wasm'),
    /starts "\/bin\/sh"/,
  ],
  [
    'a file tree in a layer whose type says that it is a plain file',
    async (target) => {
      const { descriptor, open } = await tree('plugin.wasm', 'b')
      return store(target, {
        configType: 'application/vnd.oci.empty.v1+json',
        layers: [{ descriptor, open, type: 'application/octet-stream' }],
      })
    },
    /a second module/,
  ],
  [
    'an index with two modules',
    async (target) =>
      indexOf(await image(target, '{}', 'a.wasm'), await image(target, '{"os": "linux"}', 'b.wasm')),
    /has 2 manifests that can hold a module/,
  ],
  [
    'an index whose only module is in an ambiguous file tree',
    async (target) => indexOf(await image(target, '{}', 'a.wasm', 'a.wasm')),
    /holds "a.wasm" twice/,
  ],
]

test.each(REFUSED)('verify and inspect refuse %s, although it is signed', async (_, make, message) => {
  const { target, signer } = await signed(make)
  const refused = { code: 'ARTIFACT_MALFORMED', message: expect.stringMatching(message) }
  await expect(verifyContents(target, '1', signer, {})).rejects.toMatchObject(refused)
  await expect(inspectArtifact(target, '1', { verifier: 'ignored' }, {})).rejects.toMatchObject(refused)
})

test('verify accepts a signed image and a signed index with one module', async () => {
  for (const make of [
    (target: MemoryTarget) => image(target, '{}', 'opt/app.wasm'),
    async (target: MemoryTarget) => indexOf(await image(target, '{}', 'app')),
  ]) {
    const { target, signer } = await signed(make)
    expect((await verifyContents(target, '1', signer, {})).verification?.signatures).toHaveLength(1)
  }
})

test('verify reports the missing signature of an ambiguous file tree, not its content', async () => {
  const { target } = await signed((to) => image(to, '{}', 'a.wasm', 'b.wasm'))
  const { verifier } = await newSigner()
  await expect(verifyContents(target, '1', { verifier }, {})).rejects.toMatchObject({
    code: 'SIGNATURE_UNTRUSTED',
  })
})

test('verify fetches no layer of a plain module, and none of an artifact that holds none', async () => {
  const [target, signer] = [new MemoryTarget('test/app'), await newSigner()]
  const prepared = await prepareFixture('rust-hello')
  await publishArtifact(prepared, { target, tags: ['1'], signer, signedAt: EPOCH }, {})
  const chart = await store(target, {
    configType: 'application/vnd.cncf.helm.config.v1+json',
    layers: [layer('application/vnd.cncf.helm.chart.content.v1.tar+gzip', gzipSync('chart'))],
  })
  await target.pushManifest(chart, 'chart')
  await signArtifact(target, chart, signer, { created: EPOCH })
  const fetched: string[] = []
  const watched = overriding(target, {
    fetch: (descriptor) => {
      fetched.push(descriptor.mediaType)
      return target.fetch(descriptor)
    },
  })
  for (const tag of ['1', 'chart']) await verifyContents(watched, tag, signer, {})
  expect(new Set(fetched)).toEqual(new Set(['application/vnd.dev.sigstore.bundle.v0.3+json']))
})
