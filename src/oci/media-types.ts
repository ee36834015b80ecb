/** https://github.com/opencontainers/image-spec/blob/v1.1.1/media-types.md */
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
export const OCI_EMPTY = 'application/vnd.oci.empty.v1+json'
/** Docker's equivalents, accepted on read. */
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
export const DOCKER_INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json'

/** A file's name: https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md */
export const ANNOTATION_TITLE = 'org.opencontainers.image.title'
/** A tag in an OCI layout's index.json. */
export const ANNOTATION_REF_NAME = 'org.opencontainers.image.ref.name'

/** Larger manifests are refused unread; registries accept no larger ones, per the distribution specification. In bytes. */
export const MANIFEST_SIZE_LIMIT = 4 * 1024 * 1024
