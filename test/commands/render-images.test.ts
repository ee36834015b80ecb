import { gzipSync } from 'node:zlib'

import tar from 'tar-stream'
import { expect, test } from 'vitest'

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

type File = readonly [header: Parameters<tar.Pack['entry']>[0], content?: Uint8Array]

async function layer(files: readonly File[]): Promise<Uint8Array> {
  const pack = tar.pack()
  for (const [header, content] of files) {
    if (content === undefined) pack.entry(header)
    else pack.entry(header, Buffer.from(content))
  }
  pack.finalize()
  const parts: Buffer[] = []
  for await (const part of pack as unknown as AsyncIterable<Buffer>) parts.push(part)
  return gzipSync(Buffer.concat(parts))
}

/** Renders an image with these layers and what its config starts. */
async function renderImage(layers: readonly (readonly File[])[], entrypoint: string): Promise<InProcessRun> {
  const { registry, options } = await opened()
  const target = openRegistry({ kind: 'registry', registry: registry.host, repository: 'team/app' }, options)
  const put = async (mediaType: string, bytes: Uint8Array): Promise<object> => {
    const blob = createBlob(bytes, { mediaType, digest: computeDigest(bytes), size: bytes.length })
    await target.push(blob, {})
    return blob.descriptor
  }
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: { Entrypoint: [entrypoint] },
    rootfs: { type: 'layers', diff_ids: [] },
  }
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: await put('application/vnd.oci.image.config.v1+json', Buffer.from(JSON.stringify(config))),
    layers: [] as object[],
    annotations: { [ANNOTATION_CAPABILITIES]: canonicalJson(capabilitiesOf('hello-component')) },
  }
  for (const files of layers)
    manifest.layers.push(await put('application/vnd.oci.image.layer.v1.tar+gzip', await layer(files)))
  await target.pushManifest(parseManifest(Buffer.from(JSON.stringify(manifest)), OCI_MANIFEST), '1', {})
  return runCommand([
    'render',
    `${registry.host}/team/app:1`,
    '--target',
    'image-volume',
    '--allow-unenforced',
    'env',
    '--insecure-ignore-signature',
  ])
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
