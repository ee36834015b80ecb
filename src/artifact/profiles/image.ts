import type { Descriptor } from '../../oci/descriptor.ts'
import type { Profile } from './profile.ts'

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md, and Docker's twin. */
export const IMAGE_CONFIGS: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
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
