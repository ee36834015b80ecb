import { ANNOTATION_TITLE } from '../../oci/media-types.ts'
import { describeModuleLayer, packArtifact, type PackedArtifact, type PackRequest } from './pack.ts'
import { findLayer, type Profile } from './profile.ts'

/** https://github.com/solo-io/wasm/blob/master/spec/spec.md */
const PROXY_WASM_CONFIG = 'application/vnd.module.wasm.config.v1+json'
const PROXY_WASM_LAYER = 'application/vnd.module.wasm.content.layer.v1+wasm'

export const PROXY_WASM: Profile = {
  form: 'proxy-wasm',
  layerType: PROXY_WASM_LAYER,
  recognise: (manifest) => findLayer(manifest, PROXY_WASM_LAYER),
}

/** Wraps a filter in the two layers that Istio and Envoy Gateway read: its config, which is the artifact's too, and the module. */
export const packProxyWasm = (request: PackRequest, abiVersions: readonly string[]): PackedArtifact =>
  packArtifact(request, {
    config: {
      mediaType: PROXY_WASM_CONFIG,
      content: { type: 'envoy_proxy', abiVersions, config: { rootIds: [''] } },
    },
    layers: (config) => [
      { ...config, annotations: { [ANNOTATION_TITLE]: 'runtime-config.json' } },
      describeModuleLayer(request, PROXY_WASM_LAYER),
    ],
  })
