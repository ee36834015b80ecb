import { WasmpackError } from '../../errors.ts'
import { canonicalJson } from '../../json.ts'
import { type Blob, createBlob, type Descriptor } from '../../oci/descriptor.ts'
import { type Digest, computeDigest } from '../../oci/digest.ts'
import { type Manifest, parseManifest } from '../../oci/manifest.ts'
import { ANNOTATION_TITLE, OCI_MANIFEST } from '../../oci/media-types.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'
import { ANNOTATION_CAPABILITIES, ANNOTATION_PREFIX, CAPABILITIES_SIZE_LIMIT } from '../annotations.ts'

export interface PackRequest {
  readonly inspection: Inspection
  /** Of the module's bytes. */
  readonly module: { readonly digest: Digest; readonly size: number }
  /** The module's file name, under which other tools write it. */
  readonly title: string
  /** The capability manifest as canonical JSON. */
  readonly capabilities?: string | undefined
  /** The user's own; they override those that come from the module. */
  readonly annotations: Readonly<Record<string, string>>
  /** RFC 3339. */
  readonly created: string
  /** Of the manifest, in place of the profile's own if it has one. */
  readonly artifactType?: string | undefined
}

export interface PackedArtifact {
  /** Of a `proxy-wasm` artifact it is its first layer too. */
  readonly config: Blob
  /** The layer that is the module or holds it. */
  readonly layer: Descriptor
  readonly manifest: Manifest
}

/** What a profile makes of a request: everything else is the same in all of them. */
interface Layout {
  readonly config: { readonly mediaType: string; readonly content: object }
  /** In order; the last one holds the module. */
  readonly layers: (config: Descriptor) => readonly [...Descriptor[], Descriptor]
  /** What readers tell the profile by: they override those of the request. */
  readonly annotations?: Readonly<Record<string, string>>
}

/**
 * Lays out a manifest and its config; the same request always gives the same bytes. Throws USAGE for a reserved annotation,
 * CAPABILITY_MANIFEST_INVALID for a capability manifest above 64 KiB.
 */
export function packArtifact(request: PackRequest, { config, layers, annotations }: Layout): PackedArtifact {
  const content = encode(JSON.stringify(config.content))
  const described = { mediaType: config.mediaType, digest: computeDigest(content), size: content.length }
  const all = { ...annotationsOf(request), ...annotations }
  const listed = layers(described)
  const manifest = canonicalJson({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: request.artifactType,
    config: described,
    layers: listed,
    annotations: Object.keys(all).length === 0 ? undefined : all,
  })
  return {
    config: createBlob(content, described),
    layer: listed.at(-1)!,
    manifest: parseManifest(encode(manifest), OCI_MANIFEST) as Manifest,
  }
}

/** The module's bytes as they are, as a layer of a type of their own. */
export const describeModuleLayer = ({ module, title }: PackRequest, mediaType: string): Descriptor => ({
  mediaType,
  digest: module.digest,
  size: module.size,
  annotations: { [ANNOTATION_TITLE]: title },
})

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/**
 * What the module says of itself, by the names that `wkg publish` and `wash push` give it.
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md
 */
const METADATA_ANNOTATIONS: ReadonlyMap<string, string> = new Map([
  ['version', 'org.opencontainers.image.version'],
  ['description', 'org.opencontainers.image.description'],
  ['licenses', 'org.opencontainers.image.licenses'],
  ['source', 'org.opencontainers.image.source'],
  ['homepage', 'org.opencontainers.image.url'],
  ['authors', 'org.opencontainers.image.authors'],
  ['revision', 'org.opencontainers.image.revision'],
])
/** In characters; a longer one is no description but a document, and registries bound what they take. */
const METADATA_LIMIT = 4096

function annotationsOf({
  inspection,
  annotations,
  capabilities,
}: PackRequest): Readonly<Record<string, string>> {
  const all: Record<string, string> = Object.create(null)
  for (const [field, key] of METADATA_ANNOTATIONS) {
    const value = inspection.metadata[field]
    if (value !== undefined && value !== '' && value.length <= METADATA_LIMIT) all[key] = value
  }
  for (const [key, value] of Object.entries(annotations)) {
    if (key === '' || key.startsWith(ANNOTATION_PREFIX))
      throw new WasmpackError('USAGE', `annotation ${JSON.stringify(key)} cannot be set`, {
        hint: `use a non-empty name; names that begin with ${ANNOTATION_PREFIX} are reserved for wasmpack`,
      })
    all[key] = value
  }
  if (capabilities !== undefined) {
    const size = encode(capabilities).length
    if (size > CAPABILITIES_SIZE_LIMIT)
      throw new WasmpackError(
        'CAPABILITY_MANIFEST_INVALID',
        `the capability manifest has ${size} bytes, the limit in an artifact is ${CAPABILITIES_SIZE_LIMIT}`,
        { hint: 'shorten its lists, for example use patterns instead of single hosts' },
      )
    all[ANNOTATION_CAPABILITIES] = capabilities
  }
  return all
}
