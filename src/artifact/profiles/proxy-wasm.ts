import { findLayer, type Profile } from './profile.ts'

/** https://github.com/solo-io/wasm/blob/master/spec/spec.md */
const PROXY_WASM_LAYER = 'application/vnd.module.wasm.content.layer.v1+wasm'

export const PROXY_WASM: Profile = {
  form: 'proxy-wasm',
  layerType: PROXY_WASM_LAYER,
  recognise: (manifest) => findLayer(manifest, PROXY_WASM_LAYER),
}
