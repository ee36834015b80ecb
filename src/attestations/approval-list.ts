import { createBlob } from '../oci/descriptor.ts'
import { computeDigest } from '../oci/digest.ts'
import { type Manifest, parseManifest } from '../oci/manifest.ts'
import { OCI_EMPTY, OCI_MANIFEST } from '../oci/media-types.ts'
import { type Operation, type Target, undefinedIfNotFound } from '../oci/target.ts'

/** Names the list in its repository, so that no registry deletes it. */
export const APPROVAL_LIST_TAG = 'capability-approvals'

const EMPTY = Buffer.from('{}')
const BLOB = createBlob(EMPTY, { mediaType: OCI_EMPTY, digest: computeDigest(EMPTY), size: EMPTY.length })

/**
 * An artifact that is the same in every repository, and whose referrers are the approvals for its repository: they are found in one
 * look-up, whatever versions and tags there are.
 */
export const APPROVAL_LIST = parseManifest(
  Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      artifactType: 'application/vnd.wasmpack.capability-approvals.v1',
      config: BLOB.descriptor,
      layers: [BLOB.descriptor],
    }),
  ),
  OCI_MANIFEST,
  'the list of approvals',
) as Manifest

/** Writes the list to a repository that has none. */
export async function createApprovalList(target: Target, operation: Operation): Promise<void> {
  const found = await undefinedIfNotFound(target.resolve(APPROVAL_LIST_TAG, operation))
  if (found?.digest === APPROVAL_LIST.digest) return
  await target.push(BLOB, operation)
  await target.pushManifest(APPROVAL_LIST, APPROVAL_LIST_TAG, operation)
}
