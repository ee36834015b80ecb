import type { Descriptor } from '../../oci/descriptor.ts'
import { computeDigest, type Digest } from '../../oci/digest.ts'
import { packArtifact, type PackedArtifact, type PackRequest } from './pack.ts'
import type { Profile } from './profile.ts'

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md, and Docker's twin. */
const OCI_IMAGE_CONFIG = 'application/vnd.oci.image.config.v1+json'
const OCI_IMAGE_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
export const IMAGE_CONFIGS: ReadonlySet<string> = new Set([
  OCI_IMAGE_CONFIG,
  'application/vnd.docker.container.image.v1+json',
])

/** File trees in whatever compression: https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md, and Docker's twins. */
export const isTreeLayer = ({ mediaType }: Descriptor): boolean =>
  /^application\/vnd\.(?:oci\.image\.layer|docker\.image\.rootfs)\./.test(mediaType)

/** An OCI image: its layers are file trees, one of which holds the module. The last one stands for all of them. */
export const IMAGE: Profile = {
  form: 'image',
  recognise: ({ layers }) => layers.findLast(isTreeLayer),
}

/** The name that Istio and Envoy Gateway look for in the root of the tree. */
export const PLUGIN_FILE = 'plugin.wasm'

/** A tar that holds the module alone. */
export interface PluginTree {
  /** Of the tar before it is compressed. */
  readonly digest: Digest
  readonly compressed: Uint8Array
}

/** Of an image, as its config names them. */
export interface Platform {
  readonly os: string
  readonly architecture: string
}

/**
 * Wraps a file tree that holds nothing but the module as the compatible variant that Istio, Envoy Gateway and runwasi read.
 * https://github.com/solo-io/wasm/blob/master/spec/spec-compat.md
 */
export const packImage = (
  request: PackRequest,
  tree: PluginTree,
  { os, architecture }: Platform,
): PackedArtifact =>
  packArtifact(request, {
    config: {
      mediaType: OCI_IMAGE_CONFIG,
      content: {
        created: request.created,
        architecture,
        os,
        config: { Entrypoint: [`/${PLUGIN_FILE}`] },
        rootfs: { type: 'layers', diff_ids: [tree.digest] },
      },
    },
    layers: () => [
      { mediaType: OCI_IMAGE_LAYER, digest: computeDigest(tree.compressed), size: tree.compressed.length },
    ],
    annotations: { 'module.wasm.image/variant': 'compat' },
  })
