import type { Descriptor } from '../../oci/descriptor.ts'
import type { Manifest } from '../../oci/manifest.ts'

/**
 * The ways in which the ecosystem lays out a module: as the CNCF artifact, as a file tree in an OCI image, for Proxy-Wasm
 * hosts, as wasm-to-oci did, as runwasi does by default, or as a plain file that oras pushed.
 */
export type ArtifactForm = 'wasm' | 'image' | 'proxy-wasm' | 'legacy' | 'bytecodealliance' | 'file'

/** One of these ways. */
export interface Profile {
  readonly form: ArtifactForm
  /** The layer type that only modules have, where there is one: such a layer is the module itself. */
  readonly layerType?: string
  /** The layer of an artifact of this form that holds the module; undefined if it is of another form. */
  readonly recognise: (manifest: Manifest) => Descriptor | undefined
}

/** The first layer of a type. */
export const findLayer = ({ layers }: Manifest, type: string): Descriptor | undefined =>
  layers.find(({ mediaType }) => mediaType === type)
