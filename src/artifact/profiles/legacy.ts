import { findLayer, type Profile } from './profile.ts'

/** wasm-to-oci, Kubewarden, cosign: https://github.com/engineerd/wasm-to-oci; one word from the CNCF type. */
const LEGACY_LAYER = 'application/vnd.wasm.content.layer.v1+wasm'

export const LEGACY: Profile = {
  form: 'legacy',
  layerType: LEGACY_LAYER,
  recognise: (manifest) => findLayer(manifest, LEGACY_LAYER),
}
