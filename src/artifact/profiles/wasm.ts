import { WasmpackError } from '../../errors.ts'
import { type Blob, createBlob, type Descriptor } from '../../oci/descriptor.ts'
import { type Digest, computeDigest } from '../../oci/digest.ts'
import { canonicalJson } from '../../json.ts'
import { type Manifest, parseManifest } from '../../oci/manifest.ts'
import { ANNOTATION_TITLE, OCI_MANIFEST } from '../../oci/media-types.ts'
import type { Inspection } from '../../wasm/types/inspection.ts'
import { ANNOTATION_CAPABILITIES, ANNOTATION_PREFIX, CAPABILITIES_SIZE_LIMIT } from '../annotations.ts'
import { findLayer, type Profile } from './profile.ts'

/** CNCF Wasm artifact: https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/ */
export const WASM_CONFIG = 'application/vnd.wasm.config.v0+json'
export const WASM_LAYER = 'application/wasm'

/** Without its config a layer of the type is a plain file. */
export const WASM: Profile = {
  form: 'wasm',
  layerType: WASM_LAYER,
  recognise: (manifest) =>
    manifest.config.mediaType === WASM_CONFIG ? findLayer(manifest, WASM_LAYER) : undefined,
}

export interface PackRequest {
  readonly inspection: Inspection
  /** Of the module's bytes, which are the layer as they are. */
  readonly layer: { readonly digest: Digest; readonly size: number }
  /** The module's file name, under which other tools write it. */
  readonly title: string
  /** The capability manifest as canonical JSON. */
  readonly capabilities?: string | undefined
  /** The user's own; they override those that come from the module. */
  readonly annotations: Readonly<Record<string, string>>
  /** RFC 3339. */
  readonly created: string
  /** Of the manifest; Harbor goes by it, and shows an artifact without one as UNKNOWN. */
  readonly artifactType?: string | undefined
}

export interface PackedArtifact {
  readonly config: Blob
  readonly layer: Descriptor
  readonly manifest: Manifest
}

/**
 * Wraps a module as a CNCF Wasm artifact; the same request always gives the same bytes. Throws USAGE for a reserved
 * annotation, CAPABILITY_MANIFEST_INVALID for a capability manifest above 64 KiB.
 * https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/
 */
export function packWasm(request: PackRequest): PackedArtifact {
  const config = encode(JSON.stringify(configOf(request)))
  const configDescriptor = { mediaType: WASM_CONFIG, digest: computeDigest(config), size: config.length }
  const layer: Descriptor = {
    mediaType: WASM_LAYER,
    digest: request.layer.digest,
    size: request.layer.size,
    annotations: { [ANNOTATION_TITLE]: request.title },
  }
  const annotations = annotationsOf(request)
  const manifest = canonicalJson({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: request.artifactType,
    config: configDescriptor,
    layers: [layer],
    annotations: Object.keys(annotations).length === 0 ? undefined : annotations,
  })
  return {
    config: createBlob(config, configDescriptor),
    layer,
    manifest: parseManifest(encode(manifest), OCI_MANIFEST) as Manifest,
  }
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The key order and the nulls are those of the oci-wasm crate, which most readers are built on. */
function configOf({ inspection, layer, created }: PackRequest): object {
  const isModule = inspection.kind === 'module'
  return {
    created,
    author: null,
    architecture: 'wasm',
    os: isModule ? 'wasip1' : 'wasip2',
    layerDigests: [layer.digest],
    component: isModule
      ? null
      : { exports: exportsOf(inspection), imports: importsOf(inspection), target: null },
  }
}

const exportsOf = (inspection: Exclude<Inspection, { kind: 'module' }>): readonly string[] =>
  inspection.kind === 'wit'
    ? [...inspection.exports].sort()
    : inspection.exports.map(({ name }) => name).sort()

const importsOf = (inspection: Exclude<Inspection, { kind: 'module' }>): readonly string[] =>
  inspection.kind === 'wit' ? [] : inspection.imports.map(({ name }) => name).sort()

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
