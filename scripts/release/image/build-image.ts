import { rm } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'

import { collectUpTo } from '../../../src/collect.ts'
import { canonicalJson } from '../../../src/json.ts'
import { createBlob, type Descriptor } from '../../../src/oci/descriptor.ts'
import { type Digest, computeDigest } from '../../../src/oci/digest.ts'
import { openLayout } from '../../../src/oci/layout/layout.ts'
import { describeManifest, type Index, type Manifest, parseManifest } from '../../../src/oci/manifest.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../../../src/oci/media-types.ts'
import type { Target } from '../../../src/oci/target.ts'
import { type Entry, packEntries, readEntries } from '../archive.ts'
import type { Staged } from '../platforms.ts'
import { fetchDebianPackages } from './debian-packages.ts'
import { buildSystemLayer, USER } from './system-layer.ts'

const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
/** Larger than any layer, which is held in memory. */
const LAYER_LIMIT = 2 ** 30

/** Writes an image index of the staged Linux platforms into an OCI layout at `path`, tagged with the version. Returns its digest. */
export async function buildImage(staged: readonly Staged[], path: string, version: string): Promise<Digest> {
  await rm(path, { recursive: true, force: true })
  const target = await openLayout(path, { create: true })
  const manifests: Descriptor[] = []
  for (const { platform, directory } of staged) {
    const architecture = platform.architecture!
    const system = await buildSystemLayer(await fetchDebianPackages(architecture))
    const layers = [await pushLayer(target, system), await pushLayer(target, await listOwn(directory))]
    const config = await pushJson(target, CONFIG, describeImage(architecture, version, layers))
    const manifest = encodeManifest(OCI_MANIFEST, {
      config,
      layers: layers.map(({ descriptor }) => descriptor),
    })
    await target.pushManifest(manifest)
    manifests.push({ ...describeManifest(manifest), platform: { architecture, os: 'linux' } })
  }
  const index = encodeManifest(OCI_INDEX, { manifests })
  await target.pushManifest(index, version)
  return index.digest
}

/** The executable and its licences; the pages stay with the other release files. */
async function listOwn(directory: string): Promise<readonly Entry[]> {
  const moved: Readonly<Record<string, string>> = {
    wasmpack: 'usr/bin/wasmpack',
    LICENSE: 'usr/share/doc/wasmpack/LICENSE',
    'THIRD-PARTY-LICENSES.txt': 'usr/share/doc/wasmpack/THIRD-PARTY-LICENSES.txt',
    'sbom.cdx.json': 'usr/share/doc/wasmpack/sbom.cdx.json',
  }
  const entries = await readEntries(directory, '')
  return entries.flatMap((entry) => (moved[entry.name] ? [{ ...entry, name: moved[entry.name]! }] : []))
}

interface Layer {
  readonly descriptor: Descriptor
  /** The digest of the tar. */
  readonly diff: Digest
}

async function pushLayer(target: Target, entries: readonly Entry[]): Promise<Layer> {
  const tar = (await collectUpTo(packEntries(entries), LAYER_LIMIT))!
  const bytes = gzipSync(tar)
  const descriptor = { mediaType: LAYER, digest: computeDigest(bytes), size: bytes.length }
  await target.push(createBlob(bytes, descriptor))
  return { descriptor, diff: computeDigest(tar) }
}

async function pushJson(target: Target, mediaType: string, content: object): Promise<Descriptor> {
  const bytes = Buffer.from(canonicalJson(content))
  const descriptor = { mediaType, digest: computeDigest(bytes), size: bytes.length }
  await target.push(createBlob(bytes, descriptor))
  return descriptor
}

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md */
const describeImage = (architecture: string, version: string, layers: readonly Layer[]): object => ({
  architecture,
  os: 'linux',
  created: '1970-01-01T00:00:00Z',
  config: {
    User: `${USER}:${USER}`,
    Env: ['PATH=/usr/bin', 'HOME=/home/nonroot'],
    Entrypoint: ['/usr/bin/wasmpack'],
    WorkingDir: '/home/nonroot',
    Labels: {
      'org.opencontainers.image.title': 'wasmpack',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': 'Apache-2.0',
    },
  },
  rootfs: { type: 'layers', diff_ids: layers.map(({ diff }) => diff) },
})

const encodeManifest = (mediaType: string, content: object): Manifest | Index =>
  parseManifest(Buffer.from(canonicalJson({ schemaVersion: 2, mediaType, ...content })), mediaType)
