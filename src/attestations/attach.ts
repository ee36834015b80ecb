import { blobOf, type Blob } from '../oci/descriptor.ts'
import { digestOf } from '../oci/digest.ts'
import { describeManifest, type Index, type Manifest, parseManifest } from '../oci/manifest.ts'
import { OCI_EMPTY, OCI_MANIFEST } from '../oci/media-types.ts'
import type { Operation, Target } from '../oci/target.ts'
import { BUNDLE } from '../signing/bundle.ts'
import { ANNOTATION_PREDICATE_TYPE } from './discover.ts'

const ANNOTATION_CONTENT = 'dev.sigstore.bundle.content'
const ANNOTATION_CREATED = 'org.opencontainers.image.created'

export interface Attachment {
  readonly bundle: Uint8Array
  readonly predicateType: string
  /** RFC 3339. */
  readonly created: string
}

/**
 * Makes a bundle a referrer of the artifact, as cosign 3 does it, and returns the referrer's manifest; the same
 * attachment always has the same one.
 * https://github.com/sigstore/cosign/blob/main/specs/BUNDLE_SPEC.md
 */
export async function attachBundle(
  target: Target,
  subject: Manifest | Index,
  { bundle, predicateType, created }: Attachment,
  operation?: Operation,
): Promise<Manifest> {
  const config = createBlob(Buffer.from('{}'), OCI_EMPTY)
  const layer = createBlob(bundle, BUNDLE)
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      artifactType: BUNDLE,
      config: config.descriptor,
      layers: [layer.descriptor],
      subject: describeManifest(subject),
      annotations: {
        [ANNOTATION_CONTENT]: 'dsse-envelope',
        [ANNOTATION_PREDICATE_TYPE]: predicateType,
        [ANNOTATION_CREATED]: created,
      },
    }),
  )
  const manifest = parseManifest(bytes, OCI_MANIFEST, 'the manifest of the bundle') as Manifest
  await Promise.all([target.push(config, operation), target.push(layer, operation)])
  await target.pushManifest(manifest, undefined, operation)
  return manifest
}

const createBlob = (bytes: Uint8Array, mediaType: string): Blob =>
  blobOf(bytes, { mediaType, digest: digestOf(bytes), size: bytes.length })
