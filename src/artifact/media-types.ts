/** CNCF Wasm artifact: https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/ */
export const WASM_CONFIG = 'application/vnd.wasm.config.v0+json'
export const WASM_LAYER = 'application/wasm'

/** wasm-to-oci, Kubewarden, cosign: https://github.com/engineerd/wasm-to-oci; one digit and one word from the above. */
export const LEGACY_CONFIG = 'application/vnd.wasm.config.v1+json'
export const LEGACY_LAYER = 'application/vnd.wasm.content.layer.v1+wasm'

/** Proxy-Wasm: https://github.com/solo-io/wasm/blob/master/spec/spec.md */
export const PROXY_WASM_CONFIG = 'application/vnd.module.wasm.config.v1+json'
export const PROXY_WASM_LAYER = 'application/vnd.module.wasm.content.layer.v1+wasm'

/** runwasi: https://github.com/containerd/runwasi/blob/main/crates/oci-tar-builder/README.md */
export const BYTECODE_ALLIANCE_LAYER = 'application/vnd.bytecodealliance.wasm.component.layer.v0+wasm'

/** Spin applications: https://github.com/spinframework/spin/blob/main/crates/oci/src/client.rs */
export const SPIN_APPLICATION = 'application/vnd.fermyon.spin.application.v1+config'

/** wasmCloud provider archives, which hold native code: https://github.com/wasmCloud/wasmCloud */
export const PROVIDER_ARCHIVE_CONFIG = 'application/vnd.wasmcloud.provider.archive.config'
export const PROVIDER_ARCHIVE_LAYER = 'application/vnd.wasmcloud.provider.archive.layer.v1+par'

/** File trees: https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md, and Docker's twins. */
export const TAR_LAYERS: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.layer.v1.tar',
  'application/vnd.oci.image.layer.v1.tar+gzip',
  'application/vnd.oci.image.layer.v1.tar+zstd',
  'application/vnd.docker.image.rootfs.diff.tar',
  'application/vnd.docker.image.rootfs.diff.tar.gzip',
])

/** The capability manifest as canonical JSON, in the annotations of the OCI manifest. */
export const ANNOTATION_CAPABILITIES = 'dev.wasmpack.capabilities'
/** In bytes, of that JSON. */
export const CAPABILITIES_SIZE_LIMIT = 64 * 1024
/** Of the annotations that only wasmpack itself writes. */
export const ANNOTATION_PREFIX = 'dev.wasmpack.'
