import { type Digest, parseDigest } from '../../oci/digest.ts'

/**
 * The digest of the catalogue, which identifies the rules behind a verdict across versions of wasmpack. It is written down, since to
 * compute it takes a tenth of the time of a signed push; a test compares it with the catalogue.
 */
export const CATALOG_DIGEST: Digest = parseDigest(
  'sha256:6f281ba8c1c8cc24968c2ee573d2c35224cfb0cce6bc80b1afcab7fc6935d319',
)
