import { ANNOTATION_TITLE } from '../../oci/media-types.ts'
import { findLayer, type Profile } from './profile.ts'
import { WASM_LAYER } from './wasm.ts'

/** A plain file that oras pushed: by its type, the one whose title ends in `.wasm`, or the only one of no type. */
export const FILE: Profile = {
  form: 'file',
  recognise: (manifest) => {
    const { layers } = manifest
    const titled = layers.filter(({ annotations }) => annotations?.[ANNOTATION_TITLE]?.endsWith('.wasm'))
    const only = layers.length === 1 ? findLayer(manifest, 'application/octet-stream') : undefined
    return findLayer(manifest, WASM_LAYER) ?? (titled.length === 1 ? titled[0] : only)
  },
}
