import { WasmpackError } from '../../errors.ts'
import { streamBytes } from '../descriptor.ts'
import { computeDigest } from '../digest.ts'
import { type Index, type Manifest, parseManifest } from '../manifest.ts'
import { OCI_EMPTY, OCI_MANIFEST } from '../media-types.ts'
import type { Operation } from '../target.ts'
import { pushBlob } from './blobs/upload.ts'
import type { RegistryConnection } from './connection.ts'
import { deleteManifest, isDeletionUnsupported } from './manifests/delete-manifest.ts'
import { writeManifest } from './manifests/write-manifest.ts'

/** What a tag names while it is deleted. */
const PLACEHOLDER_TYPE = 'application/vnd.wasmpack.deleted-tag.v1'
const EMPTY = Buffer.from('{}')
const EMPTY_BLOB = { mediaType: OCI_EMPTY, digest: computeDigest(EMPTY), size: EMPTY.length }

/**
 * Deletes a tag and leaves the manifest that it names. Harbor deletes manifests only, with all their tags: there the tag is moved to a
 * manifest of its own first, as regctl does. It is moved back if that manifest cannot be deleted. Throws REGISTRY_REFUSED if the
 * registry does not support deletion.
 */
export async function deleteTag(
  connection: RegistryConnection,
  tag: string,
  named: Manifest | Index,
  operation: Operation,
): Promise<void> {
  const refused = await deleteManifest(connection, tag, operation).then(
    () => undefined,
    (cause: unknown) => {
      if (isDeletionUnsupported(cause)) return cause
      throw cause
    },
  )
  if (refused === undefined) return
  const placeholder = buildPlaceholder(tag)
  // Before the tag is moved: a missing manifest is no error where manifests can be deleted.
  await deleteManifest(connection, placeholder.digest, operation).catch((cause: unknown) => {
    throw isDeletionUnsupported(cause) ? refused : cause
  })
  await pushBlob(connection, { descriptor: EMPTY_BLOB, open: () => streamBytes(EMPTY) }, operation)
  connection.transport.debug(
    `* ${connection.name}:${tag} is moved to ${placeholder.digest}, which is then deleted`,
  )
  await writeManifest(connection, placeholder, tag, operation)
  await deleteManifest(connection, placeholder.digest, operation).catch(async (cause: unknown) => {
    const isBack = await writeManifest(connection, named, tag).then(
      () => true,
      () => false,
    )
    throw isBack || !(cause instanceof WasmpackError) ? cause : addLoss(cause, tag, named)
  })
}

/** Unique for the tag, so that its deletion takes no other tag along. */
const buildPlaceholder = (tag: string): Manifest =>
  parseManifest(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        artifactType: PLACEHOLDER_TYPE,
        config: EMPTY_BLOB,
        layers: [EMPTY_BLOB],
        annotations: { 'dev.wasmpack.tag': tag },
      }),
    ),
    OCI_MANIFEST,
  ) as Manifest

const addLoss = (cause: WasmpackError, tag: string, { digest }: Manifest | Index): WasmpackError =>
  new WasmpackError(
    cause.code,
    `the tag ${tag} names an empty artifact now, which cannot be deleted: ${cause.message}`,
    {
      hint: `it named ${digest} before: point it there again with wasmpack tag, or run the same command again`,
      details: { ...cause.details, digest },
      cause,
    },
  )
