import { describeModuleLayer, packArtifact, type PackedArtifact, type PackRequest } from './pack.ts'
import { findLayer, type Profile } from './profile.ts'

/** wasm-to-oci, Kubewarden, cosign: https://github.com/engineerd/wasm-to-oci; one word from the CNCF type. */
const LEGACY_CONFIG = 'application/vnd.wasm.config.v1+json'
const LEGACY_LAYER = 'application/vnd.wasm.content.layer.v1+wasm'

export const LEGACY: Profile = {
  form: 'legacy',
  layerType: LEGACY_LAYER,
  recognise: (manifest) => findLayer(manifest, LEGACY_LAYER),
}

/** Wraps a module as wasm-to-oci and Kubewarden do: the config is an empty object. */
export const packLegacy = (request: PackRequest): PackedArtifact =>
  packArtifact(request, {
    config: { mediaType: LEGACY_CONFIG, content: {} },
    layers: () => [describeModuleLayer(request, LEGACY_LAYER)],
  })
