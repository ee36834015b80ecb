import { WasmpackError } from '../../../errors.ts'
import { isDigest } from '../../digest.ts'
import type { Operation } from '../../target.ts'
import type { RegistryConnection } from '../connection.ts'
import { rejectHtml } from '../errors/reject-html.ts'

/** A repeated or concurrent deletion gets 404, which is a success too. */
const GONE: ReadonlySet<number> = new Set([200, 202, 204, 404])
/** Statuses of registries that delete by digest only, or not at all. */
const UNSUPPORTED: ReadonlySet<number> = new Set([400, 405])

/**
 * Deletes a tag, or a manifest by its digest; a missing one is not an error. Throws REGISTRY_REFUSED if the registry does not support
 * that. https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#deleting-manifests
 */
export async function deleteManifest(
  connection: RegistryConnection,
  reference: string,
  { signal }: Operation = {},
): Promise<void> {
  const response = await connection.request({
    method: 'DELETE',
    at: `manifests/${reference}`,
    action: 'delete',
    signal,
  })
  const byTag = !isDigest(reference)
  const what = `deletion of ${connection.name}${byTag ? ':' : '@'}${reference}`
  if (GONE.has(response.status)) {
    await rejectHtml(response, connection, `the response to the ${what}`)
    return await response.discard()
  }
  const failure = await connection.toError(response, { what })
  if (!UNSUPPORTED.has(response.status)) throw failure
  throw new WasmpackError('REGISTRY_REFUSED', failure.message, {
    hint: byTag
      ? 'the registry deletes no tag alone: delete the artifact by its digest, which takes all its tags along, or move the tag with wasmpack tag'
      : 'deletion may be disabled in the registry: ask its administrator',
    details: { ...failure.details, unsupported: true },
    cause: failure,
  })
}

/** Whether the registry does not delete at all, or no tags alone. */
export const isDeletionUnsupported = (error: unknown): error is WasmpackError =>
  error instanceof WasmpackError && error.details?.['unsupported'] === true
