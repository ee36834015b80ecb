import { findLayer, type Profile } from './profile.ts'

/** runwasi: https://github.com/containerd/runwasi/blob/main/crates/oci-tar-builder/README.md */
const BYTECODE_ALLIANCE_LAYER = 'application/vnd.bytecodealliance.wasm.component.layer.v0+wasm'

export const BYTECODE_ALLIANCE: Profile = {
  form: 'bytecodealliance',
  layerType: BYTECODE_ALLIANCE_LAYER,
  recognise: (manifest) => findLayer(manifest, BYTECODE_ALLIANCE_LAYER),
}
