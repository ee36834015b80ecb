/** The capability manifest as canonical JSON, in the annotations of the OCI manifest. */
export const ANNOTATION_CAPABILITIES = 'dev.wasmpack.capabilities'
/** In bytes, of that JSON. */
export const CAPABILITIES_SIZE_LIMIT = 64 * 1024
/** Of the annotations that only wasmpack itself writes. */
export const ANNOTATION_PREFIX = 'dev.wasmpack.'
