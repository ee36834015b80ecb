import { gzipSync } from 'node:zlib'

import { describe, expect, it } from 'vitest'

import { packWasm } from '../../src/artifact/profiles/wasm.ts'
import { findModule } from '../../src/artifact/find-module.ts'
import { computeDigest } from '../../src/oci/digest.ts'
import type { Descriptor } from '../../src/oci/descriptor.ts'
import { describeManifest, type Index, type Manifest, parseManifest } from '../../src/oci/manifest.ts'
import { writeTarHeader } from '../../src/tar/writing.ts'
import { MemoryTarget } from '../support/memory-target.ts'
import { moduleInspection } from './inspections.ts'

const EMPTY_CONFIG = {
  digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
  size: 2,
}
const DIGESTS = ['1', '2', '3', '4'].map((digit) => `sha256:${digit.repeat(64)}`)

interface Layer {
  readonly type: string
  readonly title?: string
}

/** A manifest as other tools write it: no mediaType in the body unless one is given. */
function manifestOf(configType: string, layers: readonly Layer[], more: object = {}): Manifest {
  const body = {
    schemaVersion: 2,
    config: { mediaType: configType, ...EMPTY_CONFIG },
    layers: layers.map(({ type, title }, at) => ({
      mediaType: type,
      digest: DIGESTS[at],
      size: 100 + at,
      ...(title === undefined ? {} : { annotations: { 'org.opencontainers.image.title': title } }),
    })),
    ...more,
  }
  return parseManifest(new TextEncoder().encode(JSON.stringify(body)), undefined) as Manifest
}

const nowhere = new MemoryTarget()

const D = 'application/vnd.wasm.config.v0+json'
const IMAGE = 'application/vnd.oci.image.config.v1+json'
const DOCKER_IMAGE = 'application/vnd.docker.container.image.v1+json'
const EMPTY = 'application/vnd.oci.empty.v1+json'
const B_CONFIG = 'application/vnd.module.wasm.config.v1+json'
const B = 'application/vnd.module.wasm.content.layer.v1+wasm'
const A = 'application/vnd.wasm.content.layer.v1+wasm'
const TAR = 'application/vnd.oci.image.layer.v1.tar'

describe('unpack', () => {
  it.each<[string, string, readonly Layer[], string, number, string | undefined]>([
    ['wkg, wash', D, [{ type: 'application/wasm', title: 'app.wasm' }], 'wasm', 0, 'app.wasm'],
    ['a CNCF artifact without a title', D, [{ type: 'application/wasm' }], 'wasm', 0, undefined],
    [
      'wasm-to-oci',
      'application/vnd.wasm.config.v1+json',
      [{ type: A, title: 'test.wasm' }],
      'legacy',
      0,
      'test.wasm',
    ],
    ['cosign upload wasm', 'application/vnd.wasm.config.v1+json', [{ type: A }], 'legacy', 0, undefined],
    [
      'wasme',
      B_CONFIG,
      [
        { type: B_CONFIG, title: 'runtime-config.json' },
        { type: B, title: 'filter.wasm' },
      ],
      'proxy-wasm',
      1,
      'filter.wasm',
    ],
    [
      'a Trivy module',
      EMPTY,
      [{ type: B, title: 'spring4shell.wasm' }],
      'proxy-wasm',
      0,
      'spring4shell.wasm',
    ],
    [
      'runwasi',
      IMAGE,
      [{ type: 'application/vnd.bytecodealliance.wasm.component.layer.v0+wasm' }],
      'bytecodealliance',
      0,
      undefined,
    ],
    ['buildah', IMAGE, [{ type: `${TAR}+gzip` }], 'image', 0, undefined],
    ['runwasi with a plain tar', IMAGE, [{ type: TAR }], 'image', 0, undefined],
    [
      'docker',
      DOCKER_IMAGE,
      [{ type: 'application/vnd.docker.image.rootfs.diff.tar.gzip' }],
      'image',
      0,
      undefined,
    ],
    [
      'an image of several layers',
      IMAGE,
      [{ type: `${TAR}+gzip` }, { type: `${TAR}+gzip` }],
      'image',
      1,
      undefined,
    ],
    [
      'hgctl',
      IMAGE,
      [{ type: 'application/vnd.module.wasm.spec.v1+yaml' }, { type: `${TAR}+gzip`, title: 'plugin.tar.gz' }],
      'image',
      1,
      undefined,
    ],
    [
      'oras push FILE:application/wasm',
      EMPTY,
      [{ type: 'application/wasm', title: 'a.wasm' }],
      'file',
      0,
      'a.wasm',
    ],
    ['oras push FILE', EMPTY, [{ type: TAR, title: 'a.wasm' }], 'file', 0, 'a.wasm'],
    [
      'oras push of several files',
      EMPTY,
      [
        { type: TAR, title: 'README.md' },
        { type: TAR, title: 'a.wasm' },
      ],
      'file',
      1,
      'a.wasm',
    ],
    ['a file of unknown type', EMPTY, [{ type: 'application/octet-stream' }], 'file', 0, undefined],
  ])('finds the module of %s', async (_, config, layers, form, at, title) => {
    const manifest = manifestOf(config, layers)
    const source = await findModule(manifest, nowhere)
    expect(source).toMatchObject({ form, title, manifest, capabilities: undefined })
    expect(source.layer).toBe(manifest.layers[at])
  })

  it('finds what packWasm wrapped, with its capability manifest', async () => {
    const packed = packWasm({
      inspection: moduleInspection,
      module: { digest: computeDigest(new Uint8Array(8)), size: 8 },
      title: 'app.wasm',
      capabilities: '{"kind":"CapabilityManifest"}',
      annotations: {},
      created: '1970-01-01T00:00:00Z',
    })
    expect(await findModule(packed.manifest, nowhere)).toMatchObject({
      form: 'wasm',
      title: 'app.wasm',
      layer: { digest: packed.layer.digest },
      capabilities: '{"kind":"CapabilityManifest"}',
    })
  })

  it.each<[string, string, readonly Layer[], RegExp]>([
    [
      'two modules',
      D,
      [{ type: 'application/wasm' }, { type: 'application/wasm' }],
      /has 2 layers, 2 of them modules/,
    ],
    [
      'a module and something else',
      D,
      [{ type: 'application/wasm' }, { type: 'image/png' }],
      /has 2 layers, 1 of them/,
    ],
    ['no layers', D, [], /has 0 layers/],
    ['two old modules', EMPTY, [{ type: A }, { type: B }], /2 of them modules/],
    [
      'a Spin application',
      IMAGE,
      [{ type: A }, { type: 'application/vnd.fermyon.spin.application.v1+config' }],
      /is a Spin application/,
    ],
    [
      'a provider archive',
      'application/vnd.wasmcloud.provider.archive.config',
      [{ type: 'application/vnd.wasmcloud.provider.archive.layer.v1+par' }],
      /is a wasmCloud provider archive/,
    ],
    [
      'a signature',
      EMPTY,
      [{ type: 'application/vnd.dev.sigstore.bundle.v0.3+json' }],
      /holds no module: .* of type application\/vnd.dev.sigstore.bundle/,
    ],
    [
      'a Helm chart',
      'application/vnd.cncf.helm.config.v1+json',
      [{ type: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip' }],
      /holds no module/,
    ],
    ['nothing', EMPTY, [], /its layers of type none/],
  ])('refuses %s', async (_, config, layers, message) => {
    await expect(findModule(manifestOf(config, layers), nowhere)).rejects.toMatchObject({
      code: 'ARTIFACT_MALFORMED',
      message: expect.stringMatching(message),
      hint: expect.any(String),
    })
  })

  it('refuses an embedded capability manifest above 64 KiB', async () => {
    const annotations = { 'dev.wasmpack.capabilities': 'x'.repeat(65_537) }
    const manifest = manifestOf(D, [{ type: 'application/wasm' }], { annotations })
    await expect(findModule(manifest, nowhere)).rejects.toMatchObject({ code: 'CAPABILITY_MANIFEST_INVALID' })
  })

  it('gives the bytes of a raw layer as they are, whatever they are', async () => {
    const { moduleBytes } = await findModule(manifestOf(D, [{ type: 'application/wasm' }]), nowhere)
    const gzip = new Uint8Array([0x1f, 0x8b, 8, 0])
    const open = async function* (): AsyncGenerator<Uint8Array> {
      yield gzip
    }
    for await (const chunk of moduleBytes(open)) expect(chunk).toBe(gzip)
    expect.assertions(1)
  })
})

describe('unpack of an index', () => {
  const wasm = manifestOf(D, [{ type: 'application/wasm', title: 'a.wasm' }])
  const other = manifestOf(D, [{ type: 'application/wasm', title: 'b.wasm' }])
  const image = manifestOf(IMAGE, [{ type: `${TAR}+gzip` }])
  const attestation = manifestOf(EMPTY, [{ type: 'application/vnd.in-toto+json' }])

  /** Children by what the index says of their platform; only their manifests are there. */
  const indexOf = (
    ...children: readonly (readonly [Manifest | Index, string?])[]
  ): [Index, Pick<MemoryTarget, 'manifest'>] => {
    const body = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: children.map(([child, architecture]) => ({
        ...describeManifest(child),
        ...(architecture === undefined ? {} : { platform: { architecture, os: 'any' } }),
      })),
    }
    const byDigest = new Map<string, Manifest | Index>(children.map(([child]) => [child.digest, child]))
    return [
      parseManifest(new TextEncoder().encode(JSON.stringify(body)), undefined) as Index,
      { manifest: async (digest) => byDigest.get(digest)! },
    ]
  }

  it.each([
    ['the only one', indexOf([wasm])],
    ['the only one beside an attestation', indexOf([wasm, 'amd64'], [attestation, 'unknown'])],
    ['the one that is listed for two platforms', indexOf([wasm, 'wasm'], [wasm, 'WASM'])],
  ])('chooses %s', async (_, [index, target]) => {
    expect((await findModule(index, target)).manifest).toBe(wasm)
  })

  it('chooses the only one in a nested index', async () => {
    const [inner, below] = indexOf([wasm])
    const [outer, above] = indexOf([inner], [attestation])
    const target = { manifest: async (name: string) => (await above.manifest(name)) ?? below.manifest(name) }
    expect((await findModule(outer, target)).manifest).toBe(wasm)
  })

  it('refuses a second module in a nested index', async () => {
    const [inner, below] = indexOf([other, 'amd64'])
    const [outer, above] = indexOf([inner], [wasm, 'wasm'])
    const target = { manifest: async (name: string) => (await above.manifest(name)) ?? below.manifest(name) }
    await expect(findModule(outer, target)).rejects.toMatchObject({
      code: 'ARTIFACT_MALFORMED',
      message: expect.stringMatching(/has 2 manifests that can hold a module/),
    })
  })

  it('refuses an index whose attestation is a module by its bytes', async () => {
    const [index, target] = indexOf([wasm], [attestation, 'unknown'])
    const { moduleBytes } = await findModule(index, target)
    const read = async (document: string): Promise<void> => {
      const open = async function* ({ size }: Descriptor): AsyncGenerator<Uint8Array> {
        yield Buffer.from(size === EMPTY_CONFIG.size ? '{}' : document)
      }
      for await (const _ of moduleBytes(open));
    }
    await read('{"_type": "https://in-toto.io/Statement/v1"}')
    for (const document of ['\0asm\u0001\0\0\0', '(module)', 'a\0b'])
      await expect(read(document)).rejects.toMatchObject({
        code: 'ARTIFACT_MALFORMED',
        message: expect.stringMatching(/neither a text document nor a signature/),
      })
  })

  it('refuses an index whose signature is a tar with a name that begins as COSE does, or packed', async () => {
    const [index, target] = indexOf([wasm], [attestation, 'unknown'])
    const { moduleBytes } = await findModule(index, target)
    const read = async (document: Uint8Array): Promise<void> => {
      const open = async function* ({ size }: Descriptor): AsyncGenerator<Uint8Array> {
        yield size === EMPTY_CONFIG.size ? Buffer.from('{}') : document
      }
      for await (const _ of moduleBytes(open));
    }
    const signature = Buffer.concat([Buffer.from([0xd2, 0x84, 0x43, 0xa1, 0x01, 0x26]), Buffer.alloc(600)])
    await read(signature)
    const tree = Buffer.from(writeTarHeader('plugin.wasm', 0))
    signature.copy(tree, 0, 0, 6)
    const sum = tree.reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 32 : byte), 0)
    tree.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    for (const document of [tree, gzipSync(tree)])
      await expect(read(document)).rejects.toMatchObject({
        code: 'ARTIFACT_MALFORMED',
        message: expect.stringMatching(/neither a text document nor a signature/),
      })
  })

  it.each([
    ['two for wasm', indexOf([wasm, 'wasm'], [other, 'wasm']), /has 2 manifests that can hold a module/],
    [
      'one for wasm and one for another platform',
      indexOf([other, 'amd64'], [wasm, 'wasm']),
      /has 2 manifests/,
    ],
    ['one for wasm in capitals', indexOf([other, 'WASM'], [wasm, 'wasm']), /has 2 manifests/],
    ['one of unknown platform', indexOf([other, 'unknown'], [wasm, 'wasm']), /has 2 manifests/],
    ['an image beside the module', indexOf([image, 'amd64'], [wasm, 'wasm']), /has 2 manifests/],
    ['no module', indexOf([attestation, 'arm64']), /has 0 manifests/],
    ['nothing', indexOf(), /has 0 manifests/],
  ])('refuses one with %s', async (_, [index, target], message) => {
    await expect(findModule(index, target)).rejects.toMatchObject({
      code: 'ARTIFACT_MALFORMED',
      message: expect.stringMatching(message),
    })
  })
})
