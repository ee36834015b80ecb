import type { Profile } from './profile.ts'

/** File trees: https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md, and Docker's twins. */
const TAR_LAYERS: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.layer.v1.tar',
  'application/vnd.oci.image.layer.v1.tar+gzip',
  'application/vnd.oci.image.layer.v1.tar+zstd',
  'application/vnd.docker.image.rootfs.diff.tar',
  'application/vnd.docker.image.rootfs.diff.tar.gzip',
])

/** An OCI image, whose last layer is a tree that holds the module. */
export const IMAGE: Profile = {
  form: 'image',
  recognise: ({ layers }) => {
    const last = layers.at(-1)
    return last !== undefined && TAR_LAYERS.has(last.mediaType) ? last : undefined
  },
}
