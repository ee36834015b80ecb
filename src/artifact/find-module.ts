import { WasmpackError } from '../errors.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import type { Index, Manifest } from '../oci/manifest.ts'
import { ANNOTATION_TITLE } from '../oci/media-types.ts'
import type { Operation, ReadOnlyTarget } from '../oci/target.ts'
import { ANNOTATION_CAPABILITIES, CAPABILITIES_SIZE_LIMIT } from './annotations.ts'
import { chooseWasmManifest } from './choose-manifest.ts'
import type { ArtifactForm } from './profiles/profile.ts'
import { isTreeLayer } from './profiles/image.ts'
import { MODULE_LAYERS, PROFILES } from './profiles/profiles.ts'
import { WASM_CONFIG } from './profiles/wasm.ts'
import { findExecutableContent } from './text-document.ts'
import { extractModule } from './extract-module.ts'
import type { OpenBlob } from './open-blob.ts'

/** Where in an artifact its module is. Nothing here is believed about the module: only its bytes tell what it is. */
export interface ModuleSource {
  readonly form: ArtifactForm
  /** The one that lists the layer: the artifact's own, or the one that was chosen from its index. */
  readonly manifest: Manifest
  readonly layer: Descriptor
  /** In bytes, of all layers: each is read, since another one could hold a second module. */
  readonly size: number
  /** The module's file name as the artifact gives it; not safe to use as it is. */
  readonly title: string | undefined
  /** The embedded capability manifest as JSON: the publisher's own claim. */
  readonly capabilities: string | undefined
  /**
   * The module's bytes out of the layers', which `open` gives. They are read to their ends, so that they are known to be whole and
   * to hold one module; nothing that was read counts before that.
   */
  moduleBytes(open: OpenBlob): AsyncIterable<Uint8Array>
}

/** Finds the module in an artifact of any known form. Throws ARTIFACT_MALFORMED for one that holds none, or several. */
export async function findModule(
  artifact: Manifest | Index,
  target: Pick<ReadOnlyTarget, 'manifest'>,
  operation?: Operation,
): Promise<ModuleSource> {
  const { manifest, documents } =
    artifact.kind === 'index'
      ? await chooseWasmManifest(artifact, target, operation)
      : { manifest: artifact, documents: [] }
  const { form, layer } = recognise(manifest)
  const title = layer.annotations?.[ANNOTATION_TITLE]
  return {
    form,
    manifest,
    layer,
    size: manifest.layers.reduce((sum, { size }) => sum + size, 0),
    title: form === 'image' ? undefined : title,
    capabilities: embeddedCapabilities(manifest),
    moduleBytes: (open) => extractOnlyModule(manifest, documents, open),
  }
}

/**
 * Whether an artifact can hold a file tree, or several manifests, of which two readers could run different modules; a manifest whose
 * layers are modules by their types cannot.
 */
export const needsContentCheck = (artifact: Manifest | Index): boolean =>
  artifact.kind === 'index' ||
  artifact.layers.some(isTreeLayer) ||
  (findForm(artifact)?.form === 'file' &&
    !artifact.layers.every(({ mediaType }) => MODULE_LAYERS.has(mediaType)))

/** Reads what stands beside the module in an index, too: its type alone does not show that it is a document. */
async function* extractOnlyModule(
  manifest: Manifest,
  documents: readonly Manifest[],
  open: OpenBlob,
): AsyncGenerator<Uint8Array> {
  yield* extractModule(manifest, open)
  for (const document of documents) {
    const problem = await findExecutableContent(document, open)
    if (problem !== undefined)
      throw malformed(document, `is part of the same index and ${problem}`, 'name the artifact by its digest')
  }
}

function recognise(manifest: Manifest): Pick<ModuleSource, 'form' | 'layer'> {
  const { config, layers } = manifest
  refuseKnownStrangers(manifest)
  const modules = layers.filter(({ mediaType }) => MODULE_LAYERS.has(mediaType))
  if (modules.length > 1 || (config.mediaType === WASM_CONFIG && layers.length !== 1))
    throw malformed(
      manifest,
      `has ${layers.length} layers, ${modules.length} of them modules`,
      'a Wasm artifact has exactly one',
    )
  const found = findForm(manifest)
  if (found !== undefined) return found
  const types = [...new Set(layers.map(({ mediaType }) => mediaType))].slice(0, 4).join(', ')
  throw malformed(
    manifest,
    `holds no module: its config is of type ${config.mediaType}, its layers of type ${types || 'none'}`,
    'check the reference: it may name a signature, a chart or a container image',
  )
}

function findForm(manifest: Manifest): Pick<ModuleSource, 'form' | 'layer'> | undefined {
  for (const profile of PROFILES) {
    const layer = profile.recognise(manifest)
    if (layer !== undefined) return { form: profile.form, layer }
  }
  return undefined
}

/** Spin applications: https://github.com/spinframework/spin/blob/main/crates/oci/src/client.rs */
const SPIN_APPLICATION = 'application/vnd.fermyon.spin.application.v1+config'

/** wasmCloud provider archives, which hold native code: https://github.com/wasmCloud/wasmCloud */
const PROVIDER_ARCHIVE_CONFIG = 'application/vnd.wasmcloud.provider.archive.config'
const PROVIDER_ARCHIVE_LAYER = 'application/vnd.wasmcloud.provider.archive.layer.v1+par'

/** Refuses artifacts of the WebAssembly ecosystem that hold no single module. */
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
      'its imports cannot be checked; use it with wash',
    )
}

function embeddedCapabilities(manifest: Manifest): string | undefined {
  const text = manifest.annotations[ANNOTATION_CAPABILITIES]
  if (text === undefined || Buffer.byteLength(text) <= CAPABILITIES_SIZE_LIMIT) return text
  throw new WasmpackError(
    'CAPABILITY_MANIFEST_INVALID',
    `the capability manifest in artifact ${manifest.digest} is larger than ${CAPABILITIES_SIZE_LIMIT} bytes`,
    { hint: 'the artifact is not from wasmpack, or it was tampered with' },
  )
}

const malformed = (manifest: Manifest, problem: string, hint: string): WasmpackError =>
  new WasmpackError('ARTIFACT_MALFORMED', `artifact ${manifest.digest} ${problem}`, { hint })
