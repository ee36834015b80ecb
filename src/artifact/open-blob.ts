import type { Descriptor } from '../oci/descriptor.ts'

/** Opens a blob of an artifact; its digest is verified at its end. */
export type OpenBlob = (descriptor: Descriptor) => AsyncIterable<Uint8Array>
