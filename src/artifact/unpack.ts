import { WasmpackError } from '../errors.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import type { Index, Manifest } from '../oci/manifest.ts'
import { ANNOTATION_TITLE } from '../oci/media-types.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import { chooseManifest } from './choose.ts'
import { moduleInTree } from './tree.ts'
import {
  ANNOTATION_CAPABILITIES,
  BYTECODE_ALLIANCE_LAYER,
  CAPABILITIES_SIZE_LIMIT,
  LEGACY_LAYER,
  PROVIDER_ARCHIVE_CONFIG,
  PROVIDER_ARCHIVE_LAYER,
  PROXY_WASM_LAYER,
  SPIN_APPLICATION,
  TAR_LAYERS,
  WASM_CONFIG,
  WASM_LAYER,
} from './media-types.ts'

/**
 * The ways in which the ecosystem lays out a module: as the CNCF artifact, as a file tree in an OCI image, for Proxy-Wasm
 * hosts, as wasm-to-oci did, as runwasi does by default, or as a plain file that oras pushed.
 */
export type ArtifactForm = 'wasm' | 'image' | 'proxy-wasm' | 'legacy' | 'bytecodealliance' | 'file'

/** Where in an artifact its module is. Nothing here is believed about the module: only its bytes tell what it is. */
export interface ModuleSource {
  readonly form: ArtifactForm
  /** The one that lists the layer: the artifact's own, or the one that was chosen from its index. */
  readonly manifest: Manifest
  readonly layer: Descriptor
  /** The module's file name as the artifact gives it; not safe to use as it is. */
  readonly title: string | undefined
  /** The embedded capability manifest as JSON: the publisher's own claim. */
  readonly capabilities: string | undefined
  /**
   * The module's bytes out of the layer's. The layer is read to its end, so that it is known to be whole; nothing that
   * was read counts before that.
   */
  moduleBytes(layer: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
}

/** Finds the module in an artifact of any known form. Throws ARTIFACT_MALFORMED for one that holds none, or several. */
export async function unpack(
  artifact: Manifest | Index,
  target: Pick<ReadOnlyTarget, 'manifest'>,
  operation?: Operation,
): Promise<ModuleSource> {
  const manifest = artifact.kind === 'index' ? await chooseManifest(artifact, target, operation) : artifact
  const { form, layer } = moduleLayer(manifest)
  const title = layer.annotations?.[ANNOTATION_TITLE]
  return {
    form,
    manifest,
    layer,
    title: form === 'image' ? undefined : title,
    capabilities: embeddedCapabilities(manifest),
    moduleBytes: (chunks) => (RAW_LAYERS.has(layer.mediaType) ? chunks : moduleInTree(chunks)),
  }
}

/** The layers that are the module itself. */
const RAW_LAYERS: ReadonlyMap<string, ArtifactForm> = new Map([
  [WASM_LAYER, 'wasm'],
  [LEGACY_LAYER, 'legacy'],
  [PROXY_WASM_LAYER, 'proxy-wasm'],
  [BYTECODE_ALLIANCE_LAYER, 'bytecodealliance'],
])

function moduleLayer(manifest: Manifest): { readonly form: ArtifactForm; readonly layer: Descriptor } {
  const { config, layers } = manifest
  refuseKnownStrangers(manifest)
  const raw = layers.filter(({ mediaType }) => RAW_LAYERS.has(mediaType))
  if (raw.length > 1 || (config.mediaType === WASM_CONFIG && layers.length !== 1))
    throw malformed(
      manifest,
      `has ${layers.length} layers, ${raw.length} of them modules`,
      'a Wasm artifact has exactly one',
    )
  if (raw[0] !== undefined) {
    const form = RAW_LAYERS.get(raw[0].mediaType)!
    return { form: form === 'wasm' && config.mediaType !== WASM_CONFIG ? 'file' : form, layer: raw[0] }
  }
  const titled = layers.filter(({ annotations }) => annotations?.[ANNOTATION_TITLE]?.endsWith('.wasm'))
  if (titled.length === 1) return { form: 'file', layer: titled[0]! }
  const last = layers.at(-1)
  if (last !== undefined && TAR_LAYERS.has(last.mediaType)) return { form: 'image', layer: last }
  if (layers.length === 1 && last!.mediaType === 'application/octet-stream')
    return { form: 'file', layer: last! }
  const types = [...new Set(layers.map(({ mediaType }) => mediaType))].slice(0, 4).join(', ')
  throw malformed(
    manifest,
    `holds no module: its config is of type ${config.mediaType}, its layers of type ${types || 'none'}`,
    'check the reference: it may name a signature, a chart or a container image',
  )
}

/** What is often met where WebAssembly is, and is no module. */
function refuseKnownStrangers(manifest: Manifest): void {
  const types = new Set([manifest.config, ...manifest.layers].map(({ mediaType }) => mediaType))
  if (types.has(SPIN_APPLICATION))
    throw malformed(
      manifest,
      'is a Spin application: several components with a configuration of their own, not one module',
      'run it with: spin up --from REFERENCE',
    )
  if (types.has(PROVIDER_ARCHIVE_CONFIG) || types.has(PROVIDER_ARCHIVE_LAYER))
    throw malformed(
      manifest,
      'is a wasmCloud provider archive: native code, not WebAssembly',
      'what it imports cannot be checked; use it with wash',
    )
}

function embeddedCapabilities(manifest: Manifest): string | undefined {
  const text = manifest.annotations[ANNOTATION_CAPABILITIES]
  if (text === undefined || Buffer.byteLength(text) <= CAPABILITIES_SIZE_LIMIT) return text
  throw new WasmpackError(
    'CAPABILITY_MANIFEST_INVALID',
    `the capability manifest in artifact ${manifest.digest} is larger than ${CAPABILITIES_SIZE_LIMIT} bytes`,
    { hint: 'the artifact was not written by wasmpack, or it was tampered with' },
  )
}

const malformed = (manifest: Manifest, problem: string, hint: string): WasmpackError =>
  new WasmpackError('ARTIFACT_MALFORMED', `artifact ${manifest.digest} ${problem}`, { hint })
