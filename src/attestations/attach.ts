import { createBlob, type Blob } from '../oci/descriptor.ts'
import { type Digest, computeDigest } from '../oci/digest.ts'
import { describeManifest, type Index, type Manifest, parseManifest } from '../oci/manifest.ts'
import { OCI_EMPTY, OCI_MANIFEST } from '../oci/media-types.ts'
import type { Operation, ReadOnlyTarget, Target } from '../oci/target.ts'
import { BUNDLE } from '../signing/bundle.ts'
import type { Witness } from '../signing/witness.ts'
import { ANNOTATION_PREDICATE_TYPE } from './discover.ts'

const ANNOTATION_CONTENT = 'dev.sigstore.bundle.content'
const ANNOTATION_CREATED = 'org.opencontainers.image.created'

/** How a signed statement is attached. */
export interface AttachOptions {
  /** RFC 3339, for the annotation of the attached manifest. */
  readonly created: string
  /** Where existing statements are looked up; a memory of the target saves requests. Default: the target. */
  readonly lookIn?: ReadOnlyTarget | undefined
  /** Services that confirm the signature. Default: none. */
  readonly witnesses?: readonly Witness[] | undefined
  /** Signs although the same signer has signed the same before: a policy may refuse what is old. */
  readonly again?: boolean | undefined
}

/** A signed statement that is attached to an artifact. */
export interface AttachResult {
  /** Of the manifest that attaches the bundle to the artifact. */
  readonly digest: Digest
  /** False if the same signer had attached the same statement before: that one is kept. */
  readonly written: boolean
}

export interface Attachment {
  readonly bundle: Uint8Array
  readonly predicateType: string
  /** RFC 3339. */
  readonly created: string
}

/**
 * Makes a bundle a referrer of the artifact, as cosign 3 does it. Returns the referrer's manifest, which is the same for the
 * same attachment.
 * https://github.com/sigstore/cosign/blob/main/specs/BUNDLE_SPEC.md
 */
export async function attachBundle(
  target: Target,
  subject: Manifest | Index,
  { bundle, predicateType, created }: Attachment,
  operation?: Operation,
): Promise<Manifest> {
  const config = toBlob(Buffer.from('{}'), OCI_EMPTY)
  const layer = toBlob(bundle, BUNDLE)
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

const toBlob = (bytes: Uint8Array, mediaType: string): Blob =>
  createBlob(bytes, { mediaType, digest: computeDigest(bytes), size: bytes.length })
