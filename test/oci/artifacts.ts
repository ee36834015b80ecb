import { createBlob, type Blob, type Descriptor } from '../../src/oci/descriptor.ts'
import { computeDigest } from '../../src/oci/digest.ts'
import { describeManifest, type Index, type Manifest, parseManifest } from '../../src/oci/manifest.ts'
import { OCI_EMPTY, OCI_INDEX, OCI_MANIFEST } from '../../src/oci/media-types.ts'
import type { Target } from '../../src/oci/target.ts'

/** A blob of text, as a layer of a made-up type. */
export function blobFrom(text: string, mediaType = 'application/wasm'): Blob {
  const bytes = new TextEncoder().encode(text)
  return createBlob(bytes, { mediaType, digest: computeDigest(bytes), size: bytes.length })
}

export const emptyConfig = blobFrom('{}', OCI_EMPTY)

/** Indented on purpose: bytes that a re-serialisation would change. */
const serialise = (value: unknown): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(value, undefined, 3)}\n`)

interface ManifestFields {
  readonly layers: readonly Descriptor[]
  readonly config?: Descriptor
  readonly artifactType?: string
  readonly subject?: Descriptor
  readonly annotations?: Readonly<Record<string, string>>
}

export function manifestOf({
  layers,
  config = emptyConfig.descriptor,
  artifactType = 'application/vnd.example.thing',
  ...rest
}: ManifestFields): Manifest {
  const bytes = serialise({
    annotations: rest.annotations,
    layers,
    config,
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType,
    subject: rest.subject,
  })
  return parseManifest(bytes, OCI_MANIFEST) as Manifest
}

export const indexOf = (children: readonly (Manifest | Index)[]): Index =>
  parseManifest(
    serialise({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: children.map(describeManifest) }),
    OCI_INDEX,
  ) as Index

/** A manifest with one layer that holds `text`, with everything that it needs, in the target. */
export async function pushThing(target: Target, text: string, tag?: string): Promise<Manifest> {
  const layer = blobFrom(text)
  const manifest = manifestOf({ layers: [layer.descriptor] })
  await target.push(layer)
  await target.push(emptyConfig)
  await target.pushManifest(manifest, tag)
  return manifest
}

/** A referrer of `subject`; its blobs are in the target, it itself is not. */
export async function referrerOf(target: Target, subject: Manifest, text: string): Promise<Manifest> {
  const layer = blobFrom(text, 'application/vnd.example.signature')
  await target.push(layer)
  await target.push(emptyConfig)
  return manifestOf({
    layers: [layer.descriptor],
    artifactType: 'application/vnd.example.signature',
    subject: describeManifest(subject),
    annotations: { 'org.example.says': text },
  })
}
