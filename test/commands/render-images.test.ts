import { gzipSync } from 'node:zlib'

import tar from 'tar-stream'
import { describe, expect, test } from 'vitest'

import { ANNOTATION_CAPABILITIES } from '../../src/artifact/annotations.ts'
import { canonicalJson } from '../../src/json.ts'
import { createBlob } from '../../src/oci/descriptor.ts'
import { computeDigest } from '../../src/oci/digest.ts'
import { parseManifest } from '../../src/oci/manifest.ts'
import { OCI_MANIFEST } from '../../src/oci/media-types.ts'
import { openRegistry } from '../../src/oci/registry/registry-target.ts'
import { capabilitiesOf } from '../delivery/scene.ts'
import { readFixture } from '../support/fixtures.ts'
import { type InProcessRun, runCommand } from '../support/in-process.ts'
import { opened } from '../support/registry/opened.ts'

const GOOD = readFixture('hello-component')
const EVIL = readFixture('c-files')

const TREE = 'application/vnd.oci.image.layer.v1.tar+gzip'

type File = readonly [header: Parameters<tar.Pack['entry']>[0], content?: Uint8Array]

const layer = async (files: readonly File[]): Promise<Uint8Array> => gzipSync(await tree(files))

async function tree(files: readonly File[]): Promise<Uint8Array> {
  const pack = tar.pack()
  for (const [header, content] of files) {
    if (content === undefined) pack.entry(header)
    else pack.entry(header, Buffer.from(content))
  }
  pack.finalize()
  const parts: Buffer[] = []
  for await (const part of pack as unknown as AsyncIterable<Buffer>) parts.push(part)
  return Buffer.concat(parts)
}

/** Renders an image with these layers and what its config starts. */
const renderImage = async (
  layers: readonly (readonly File[])[],
  entrypoint: string,
): Promise<InProcessRun> => {
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: { Entrypoint: [entrypoint] },
    rootfs: { type: 'layers', diff_ids: [] },
  }
  return renderArtifact('hello-component', {
    config: ['application/vnd.oci.image.config.v1+json', config],
    layers: (await Promise.all(layers.map(layer))).map((bytes) => [TREE, bytes]),
    flags: ['--target', 'image-volume', '--allow-unenforced', 'env'],
  })
}

interface Artifact {
  readonly config: readonly [mediaType: string, content: object]
  readonly layers: readonly (readonly [mediaType: string, bytes: Uint8Array])[]
  readonly flags: readonly string[]
}

/** Renders an artifact that is made by hand, with the capability manifest of a fixture. */
async function renderArtifact(fixture: string, { config, layers, flags }: Artifact): Promise<InProcessRun> {
  const { registry, options } = await opened()
  const target = openRegistry({ kind: 'registry', registry: registry.host, repository: 'team/app' }, options)
  const put = async (mediaType: string, bytes: Uint8Array): Promise<object> => {
    const blob = createBlob(bytes, { mediaType, digest: computeDigest(bytes), size: bytes.length })
    await target.push(blob, {})
    return blob.descriptor
  }
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: await put(config[0], Buffer.from(JSON.stringify(config[1]))),
    layers: [] as object[],
    annotations: { [ANNOTATION_CAPABILITIES]: canonicalJson(capabilitiesOf(fixture)) },
  }
  for (const [mediaType, bytes] of layers) manifest.layers.push(await put(mediaType, bytes))
  await target.pushManifest(parseManifest(Buffer.from(JSON.stringify(manifest)), OCI_MANIFEST), '1', {})
  return runCommand(['render', `${registry.host}/team/app:1`, ...flags, '--insecure-ignore-signature'])
}

const plugin: File = [{ name: 'plugin.wasm' }, GOOD]

test('an image that holds one module and starts it is rendered', async () => {
  const { text, error } = await renderImage(
    [[plugin, [{ name: 'notes.txt' }, Buffer.from('plain')]]],
    '/plugin.wasm',
  )
  expect(error).toBeUndefined()
  expect(text).toMatch(/reference: \S+\/team\/app:1@sha256:[0-9a-f]{64}\n/)
})

test.each<[string, readonly (readonly File[])[], string, RegExp]>([
  [
    'starts another module beside the harmless one',
    [[plugin, [{ name: 'app' }, EVIL]]],
    '/app',
    /second module/,
  ],
  [
    'holds another module in a lower layer',
    [[[{ name: 'evil.wasm' }, EVIL]], [plugin]],
    '/evil.wasm',
    /second module/,
  ],
  [
    'starts a file that is not the module',
    [[plugin, [{ name: 'run.sh' }, Buffer.from('#!/bin/sh\n')]]],
    '/run.sh',
    /starts "\/run.sh"/,
  ],
  [
    'has a link in place of what it starts',
    [[plugin, [{ name: 'app', type: 'symlink', linkname: 'plugin.wasm' }]]],
    '/app',
    /./,
  ],
  [
    'takes its module away with a whiteout',
    [[plugin], [[{ name: '.wh.plugin.wasm' }, Buffer.from('')]]],
    '/plugin.wasm',
    /./,
  ],
])('an image that %s is not', async (_, layers, entrypoint, message) => {
  const { text, error } = await renderImage(layers, entrypoint)
  expect(error).toMatchObject({
    code: 'ARTIFACT_MALFORMED',
    exit: 5,
    message: expect.stringMatching(message),
  })
  expect(text).toBe('')
})

describe('an artifact of the right form that the target does not read as it is', () => {
  const MODULE = 'application/vnd.module.wasm.content.layer.v1+wasm'
  const filter = readFixture('proxy-filter')
  const image = ['application/vnd.oci.image.config.v1+json', { architecture: 'amd64', os: 'linux' }] as const
  const module = ['application/vnd.module.wasm.config.v1+json', { type: 'envoy_proxy' }] as const

  test.for(['istio', 'envoy-gateway'])('%s', async (target) => {
    const flags = ['--target', target, '--workload-selector', 'app=gateway']
    const artifacts: readonly Omit<Artifact, 'flags'>[] = [
      { config: module, layers: [[MODULE, filter]] },
      {
        config: image,
        layers: [[TREE.replace('+gzip', ''), await tree([[{ name: 'plugin.wasm' }, filter]])]],
      },
      {
        config: [image[0], { ...image[1], config: { Entrypoint: ['/app.wasm'] } }],
        layers: [[TREE, await layer([[{ name: 'app.wasm' }, filter]])]],
      },
    ]
    for (const artifact of artifacts)
      expect(await renderArtifact('proxy-filter', { ...artifact, flags })).toMatchObject({
        text: '',
        error: {
          code: 'USAGE',
          message: expect.stringContaining(`${target} does not read this artifact: `),
          hint: 'push the module with --profile image',
        },
      })
    const right = {
      config: image,
      layers: [[TREE, await layer([[{ name: 'plugin.wasm' }, filter]])]],
    } as const
    expect((await renderArtifact('proxy-filter', { ...right, flags })).error).toBeUndefined()
  })
})
